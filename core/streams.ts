/**
 * Web streams as generators and back, letting go of the source however the reading ends.
 *
 * @module
 */

/**
 * A stream's chunks. Stopping early cancels the stream.
 *
 * @param stream What to read.
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) break;
      yield next.value;
    }
    ended = true;
  } finally {
    // After an error of its own the stream has nothing left to cancel, and says so by failing again.
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

/**
 * A stream of some chunks, read one by one as they are asked for.
 *
 * @param chunks What to stream.
 */
export function streamOf(
  chunks: AsyncGenerator<Uint8Array>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

/**
 * All bytes of a stream.
 *
 * @param stream What to read.
 */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/**
 * Lines of UTF-8 as text.
 *
 * @param lines Each whole.
 */
export async function* decodedLines(lines: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const line of lines) yield decoder.decode(line);
}
