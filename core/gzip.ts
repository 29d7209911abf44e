/**
 * Packing documents with gzip, and unpacking whatever begins as gzip does. The platform's own
 * streams do the work.
 *
 * @module
 */
import { ArchiveError } from "./errors.ts";
import { chunksOf, streamOf } from "./streams.ts";

/** Bytes that are plain, and whether they had to be unpacked for that. */
export interface PlainBytes {
  /** The plain bytes; can be taken once. */
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** Whether they came packed. */
  readonly compressed: boolean;
}

/**
 * Packs bytes.
 *
 * @param chunks Plain bytes.
 */
export function gzipped(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  return chunksOf(streamOf(chunks).pipeThrough(new CompressionStream("gzip")));
}

/**
 * Unpacks what begins as gzip does, and leaves everything else as it is.
 *
 * @param body Bytes, packed or not.
 * @param name What to call them in errors.
 * @throws {ArchiveError} `Corrupt`, while the chunks are taken, when they do not unpack.
 */
export async function plainBytes(
  body: ReadableStream<Uint8Array>,
  name: string,
): Promise<PlainBytes> {
  const chunks = chunksOf(body);
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  const [first, second] = head.flatMap((chunk) => [...chunk.subarray(0, 2)]);
  const whole = joined(head, chunks);
  const compressed = first === 0x1f && second === 0x8b;
  return { chunks: compressed ? unzipped(whole, name) : whole, compressed };
}

async function* joined(
  head: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* unzipped(
  chunks: AsyncGenerator<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(streamOf(chunks).pipeThrough(new DecompressionStream("gzip")));
  } catch (cause) {
    if (cause instanceof ArchiveError) throw cause;
    throw new ArchiveError(
      "Corrupt",
      `${name} is damaged: its gzip data does not unpack; archive its session again, or read ` +
        "another copy or version of it",
      { key: name, cause },
    );
  }
}
