/**
 * The file system, loaded when it is first used: importing the library costs nothing for it, and
 * it is there synchronously, which the identity of a file backend needs.
 *
 * @module
 */

/** Reads and writes. */
export function disk(): typeof import("node:fs/promises") {
  return process.getBuiltinModule("node:fs/promises");
}

/** The same, synchronously, and the flags of `open`. */
export function diskSync(): typeof import("node:fs") {
  return process.getBuiltinModule("node:fs");
}

/** Paths as this system writes them. */
export function paths(): typeof import("node:path") {
  return process.getBuiltinModule("node:path");
}
