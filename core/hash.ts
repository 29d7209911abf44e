/**
 * SHA-256, the one hash of this project, without the price of loading it before it is needed.
 *
 * @module
 */
import type { Hash } from "node:crypto";

/**
 * A running SHA-256. Update it with bytes or text, `copy()` it to look at it half-way.
 *
 * @returns A new one.
 */
export function sha256(): Hash {
  // A static import of node:crypto costs some 16 ms at every start; this one waits for first use.
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}

/**
 * The SHA-256 of a text's UTF-8 bytes, as hex.
 *
 * @param text What to hash.
 */
export function sha256Hex(text: string): string {
  return sha256().update(text).digest("hex");
}

/**
 * The SHA-256 of bytes that come in chunks, as hex.
 *
 * @param chunks What to hash; read to their end.
 */
export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = sha256();
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
