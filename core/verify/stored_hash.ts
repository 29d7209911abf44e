/**
 * What a backend really holds, as a hash.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import { plainBytes } from "../gzip.ts";
import { sha256Of } from "../hash.ts";

/**
 * Reads an object whole.
 *
 * @param key Which.
 * @param backend Where.
 * @param signal Stops it.
 * @returns SHA-256 of its plain bytes, 64 hex digits.
 * @throws {ArchiveError} `NotFound`; `Corrupt` when it does not unpack; what the backend throws.
 */
export async function storedHash(
  key: string,
  backend: Backend,
  signal?: AbortSignal,
): Promise<string> {
  const { body } = await backend.get(key, { signal });
  return await plainHash(body, key);
}

/**
 * The SHA-256 of bytes, or of what is packed in them.
 *
 * @param body The bytes.
 * @param key Whose, for the message.
 * @throws {ArchiveError} `Corrupt` when they do not unpack.
 */
export async function plainHash(body: ReadableStream<Uint8Array>, key: string): Promise<string> {
  return await sha256Of((await plainBytes(body, key)).chunks);
}
