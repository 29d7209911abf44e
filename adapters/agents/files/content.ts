/**
 * The bytes of a session's file, whether it lies there as it is or packed.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import type { FoundFile } from "./format.ts";
import { chunksIn } from "./lines.ts";
import { unpacked } from "./unpacked.ts";

/**
 * What a session's file holds, as far as it reached when it was looked at.
 *
 * @param handle Open for reading.
 * @param file What is known of it.
 * @param path Its absolute path.
 * @param most How many bytes are wanted at most; a few more may come of a packed one.
 * @returns Its bytes, each chunk an array that nobody writes to any more.
 * @throws {ArchiveError} `Transient` when it has become shorter; what {@linkcode unpacked} throws.
 */
export async function* contentIn(
  handle: Pick<FileHandle, "read">,
  { packed, size, modifiedMs }: FoundFile,
  path: string,
  most = Infinity,
): AsyncGenerator<Uint8Array> {
  if (packed === undefined) return yield* chunksIn(handle, Math.min(size, most));
  let taken = 0;
  for await (const chunk of unpacked(chunksIn(handle, size), { path, modifiedMs })) {
    yield chunk;
    taken += chunk.length;
    if (taken >= most) return;
  }
}
