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
 * The same by the Web's own means. A process that hashes nothing else need not load `node:crypto` for
 * it, which takes some milliseconds.
 *
 * @param text What to hash.
 */
export async function webSha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
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
