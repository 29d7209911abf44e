/**
 * The bytes of an object on their way in: taken as fast as the consumer takes them, whole or an
 * error, and never waited for without end.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import { type Call, callError, describe, onStop } from "../support/call.ts";
import { within } from "../support/within.ts";
import { PassingBytes } from "./passing_bytes.ts";

/** An answer whose body begins to arrive. */
export interface Arriving {
  /** The bytes, as Node streams give them. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the request and closes its socket. */
  readonly end: () => void;
  /** How many bytes the store promised, if it did. */
  readonly length: number | undefined;
  /** How many bytes come before those that were asked for. */
  readonly skip: number;
  /** How many bytes were asked for. */
  readonly take: number;
}

/** A stream with nothing in it. */
export function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

/**
 * The bytes asked for, as a stream that ends the request when it is cancelled, fails or is stopped.
 *
 * @param arriving The answer.
 * @param call The call that reads it.
 * @param where What to call the store.
 * @param idleMs How long to wait for the next bytes, in milliseconds.
 */
export function arrivingStream(
  arriving: Arriving,
  call: Call,
  where: string,
  idleMs: number,
): ReadableStream<Uint8Array> {
  const chunks = arriving.body[Symbol.asyncIterator]();
  let at = -arriving.skip;
  const passing = new PassingBytes();
  let over = false;
  let forget = () => {};
  const leave = () => {
    over = true;
    forget();
  };
  const giveUp = () => {
    leave();
    arriving.end();
    // What is under way in there fails now, and that is nobody's concern.
    chunks.return?.().catch(() => undefined);
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      forget = onStop(call, (error) => {
        giveUp();
        controller.error(error);
      });
    },
    async pull(controller) {
      try {
        for (let given = false; !given && at < arriving.take;) {
          const next = await within(idleMs, chunks.next(), () => silent(idleMs, call, where));
          if (over) return;
          if (next.done) throw cutShort(at, arriving, call, where);
          const wanted = windowed(next.value, at, arriving.take);
          at += next.value.byteLength;
          passing.add(next.value.byteLength);
          if (wanted === undefined) continue;
          controller.enqueue(wanted);
          given = true;
        }
        if (at < arriving.take) return;
        const whole = await isAtItsEnd(arriving, at, chunks, idleMs, call, where);
        if (over) return;
        controller.close();
        if (whole) leave();
        else giveUp();
      } catch (error) {
        if (over) return;
        giveUp();
        throw isArchiveError(error) ? error : broken(error, call, where);
      }
    },
    cancel: giveUp,
  }, { highWaterMark: 0 });
}

/** The part of a chunk that lies in `[0, take)`, when it begins at `at`. */
function windowed(chunk: Uint8Array, at: number, take: number): Uint8Array | undefined {
  const from = Math.max(0, -at);
  const to = Math.min(chunk.byteLength, take - at);
  if (from >= to) return undefined;
  return new Uint8Array(chunk.buffer, chunk.byteOffset + from, to - from);
}

/**
 * Whether nothing of the body is left, so that its socket can be used again. Bytes past the promised
 * length are an error.
 */
async function isAtItsEnd(
  { length, skip }: Arriving,
  at: number,
  chunks: AsyncIterator<Uint8Array>,
  idleMs: number,
  call: Call,
  where: string,
): Promise<boolean> {
  if (length === undefined || at + skip < length) return false;
  const last = await within(idleMs, chunks.next(), () => silent(idleMs, call, where));
  if (last.done) return true;
  const message = `${describe(call)} failed: ${where} sent more bytes than it had announced`;
  throw callError(call, "Corrupt", message);
}

function silent(idleMs: number, call: Call, where: string) {
  const message = `${describe(call)} failed: no more bytes came from ${where} for ${
    idleMs / 1000
  } s; try again later`;
  return callError(call, "Timeout", message);
}

function cutShort(at: number, { take, skip, length }: Arriving, call: Call, where: string) {
  const message = `${describe(call)} failed: ${where} ended the object after ${at + skip} of ${
    length ?? take + skip
  } bytes; try again later`;
  return callError(call, "Transient", message);
}

function broken(cause: unknown, call: Call, where: string) {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `${describe(call)} failed: the connection to ${where} broke in the middle (${
    why.split("\n", 1)[0]
  }); try again later`;
  return callError(call, "Transient", message, new Error(why));
}
