/**
 * MD5, which most stores make the etag of a part.
 *
 * @module
 */
import type { Hash } from "node:crypto";

/**
 * A running MD5.
 *
 * @returns Nothing where the runtime refuses it, as Node does in FIPS mode.
 */
export function md5(): Hash | undefined {
  try {
    return process.getBuiltinModule("node:crypto").createHash("md5");
  } catch {
    return undefined;
  }
}
