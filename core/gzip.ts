/**
 * Packing documents with gzip, and unpacking whatever begins as gzip does.
 *
 * The platform's own stream packs. It does not unpack: of data in several members, which is what
 * `cat a.gz b.gz` makes, some runtimes read all and others refuse the second. `node:zlib` reads all
 * members everywhere, and is loaded, with `node:stream`, only when there is something packed.
 *
 * @module
 */
import { ArchiveError } from "./errors.ts";
import { chunksOf, streamOf } from "./streams.ts";

/** How much is unpacked at a time, in bytes. */
const CHUNK = 64 << 10;

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
 * Unpacks what begins as gzip does, all of its members, and leaves everything else as it is.
 *
 * @param body Bytes, packed or not.
 * @param name What to call them in errors.
 * @throws {ArchiveError} `Corrupt`, while the chunks are taken, when they do not unpack to
 * the last byte.
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
    yield* inflated(chunks);
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

async function* inflated(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { promises } = process.getBuiltinModule("node:stream");
  const gunzip = process.getBuiltinModule("node:zlib").createGunzip({ chunkSize: CHUNK });
  const seen = { bytes: 0 };
  // It reads ahead and may fail before anybody waits for it; whoever takes the chunks is told.
  const fed = promises.pipeline(counted(chunks, seen), gunzip).then(() => undefined, asError);
  try {
    for await (const { buffer, byteOffset, length } of gunzip as AsyncIterable<Buffer>) {
      yield new Uint8Array(buffer, byteOffset, length);
    }
  } finally {
    gunzip.destroy();
    await fed;
  }
  const failure = await fed;
  if (failure !== undefined) throw failure;
  // It stops, content, at a zero behind a member, and so never looks at what follows.
  if (gunzip.bytesWritten < seen.bytes) throw new Error("there is more behind the gzip data");
}

async function* counted(
  chunks: AsyncGenerator<Uint8Array>,
  seen: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    seen.bytes += chunk.length;
    yield chunk;
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
