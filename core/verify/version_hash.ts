/**
 * The hash that names a kept version: that of the document which it was, or of its bytes where they
 * were none.
 *
 * @module
 */
import { isArchiveError } from "../errors.ts";
import { sha256Of } from "../hash.ts";
import { plainHash } from "./stored_hash.ts";
import { chunksOf } from "../streams.ts";

/**
 * Whether bytes have a hash: what is packed in them, or they themselves.
 *
 * @param sha256 The hash, or its beginning, as a version's name has it.
 * @param open Opens the bytes.
 * @param key The key of what they are, whose ending says whether they are packed.
 * @throws What opening and reading throw.
 */
export async function isOfHash(
  sha256: string,
  open: () => Promise<ReadableStream<Uint8Array>>,
  key: string,
): Promise<boolean> {
  if ((await hashIfPlain(open, key))?.startsWith(sha256)) return true;
  return (await sha256Of(chunksOf(await open()))).startsWith(sha256);
}

async function hashIfPlain(
  open: () => Promise<ReadableStream<Uint8Array>>,
  key: string,
): Promise<string | undefined> {
  try {
    return await plainHash(await open(), key);
  } catch (error) {
    // What does not unpack has no hash but that of its bytes.
    if (isArchiveError(error, "Corrupt")) return undefined;
    throw error;
  }
}
