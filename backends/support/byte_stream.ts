/**
 * A part of an object as a stream that reads only what its consumer takes.
 *
 * @module
 */
import type { Span } from "./byte_range.ts";
import { type Call, onStop } from "./call.ts";

/** How much is read at a time, in bytes. */
const CHUNK_BYTES = 256 * 1024;

/** Where the bytes come from. */
export interface ByteSource {
  /**
   * Reads exactly `[start, end)`, in an array of the reader's own.
   *
   * @param start The first byte.
   * @param end One past the last.
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Lets go of it; called once. */
  close(): Promise<void>;
}

/**
 * Streams a part of a source, and closes the source at the end, on cancel, on an error and when
 * the call is stopped.
 *
 * @param source The object, open.
 * @param span Which part of it.
 * @param call The call that reads it.
 */
export function byteStream(
  source: ByteSource,
  span: Span,
  call: Call,
): ReadableStream<Uint8Array> {
  let at = span.start;
  let forget = () => {};
  let idle: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= idle.then(() => {
      forget();
      return source.close();
    });
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      if (at === span.end) {
        controller.close();
        return await close();
      }
      forget = onStop(call, (error) => {
        controller.error(error);
        void close();
      });
    },
    async pull(controller) {
      const reading = source.read(at, Math.min(at + CHUNK_BYTES, span.end));
      // No handle is closed under a read. How that read ended is told below, not to `close`.
      idle = reading.then(() => undefined, () => undefined);
      try {
        const chunk = await reading;
        at += chunk.byteLength;
        if (closing !== undefined) return;
        controller.enqueue(chunk);
        if (at < span.end) return;
        controller.close();
        await close();
      } catch (error) {
        await close();
        throw error;
      }
    },
    cancel: close,
  });
}
