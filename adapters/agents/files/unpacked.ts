/**
 * What a file that its agent has packed with zstd holds, read at constant memory.
 *
 * @module
 */
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { ArchiveError, isArchiveError } from "../../../core/errors.ts";
import { QUIET } from "./lines.ts";
import { ByteReader, CutOffError, frameIn } from "./zstd_frame.ts";

/** How much is unpacked at a time, in bytes. */
const CHUNK = 1 << 18;

/** A packed file. */
export interface PackedFile {
  /** Its absolute path. */
  readonly path: string;
  /** When it last changed, in milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** Makes what unpacks a frame. */
type Unpacker = typeof zlib.createZstdDecompress;

/**
 * Unpacks a file.
 *
 * @param packed Its bytes.
 * @param file Which it is.
 * @param unpacker What unpacks a frame; the runtime's own by default, null where it has none.
 * @returns What it holds, each chunk an array that nobody writes to any more.
 * @throws {ArchiveError} `NotSupported` where the runtime cannot unpack it; `Corrupt` when it is damaged
 * or was cut off, `Transient` when it was cut off and may still be written.
 */
export async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  file: PackedFile,
  unpacker: Unpacker | null = zlib.createZstdDecompress ?? null,
): AsyncGenerator<Uint8Array> {
  if (unpacker === null) throw cannotUnpack(file);
  const bytes = new ByteReader(packed);
  try {
    do yield* unpackedFrame(frameIn(bytes), unpacker); while (!await bytes.isOver());
  } catch (cause) {
    throw isArchiveError(cause) ? cause : damaged(file, cause);
  }
}

async function* unpackedFrame(
  frame: AsyncGenerator<Uint8Array>,
  unpacker: Unpacker,
): AsyncGenerator<Uint8Array> {
  const first = await frame.next();
  if (first.done) return;
  async function* all() {
    yield first.value;
    yield* frame;
  }
  const stream = unpacker({ chunkSize: CHUNK });
  // What goes wrong comes out of the stream. The file is read no more once this has ended.
  const fed = pipeline(all(), stream).catch(() => {});
  try {
    for await (const { buffer, byteOffset, length } of stream) {
      yield new Uint8Array(buffer, byteOffset, length);
    }
  } finally {
    stream.destroy();
    await fed;
  }
}

function cannotUnpack({ path }: PackedFile): ArchiveError {
  const message =
    `${path} is packed with zstd, which this runtime cannot unpack; use Node >= 22.15, ` +
    "Deno or Bun";
  return new ArchiveError("NotSupported", message);
}

function damaged({ path, modifiedMs }: PackedFile, cause: unknown): ArchiveError {
  if (!(cause instanceof CutOffError)) {
    const message =
      `${path} is damaged (${(cause as Error).message}); bring it back from a backup, ` +
      "or delete it";
    return new ArchiveError("Corrupt", message, { cause });
  }
  if (Date.now() - modifiedMs <= QUIET) {
    const message = `${path} is not whole yet; it is read again later`;
    return new ArchiveError("Transient", message, { cause });
  }
  const message = `${path} is cut off; bring it back from a backup, or delete it`;
  return new ArchiveError("Corrupt", message, { cause });
}
