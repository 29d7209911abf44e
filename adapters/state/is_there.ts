/**
 * Whether there is anything at a path.
 *
 * @module
 */
import { lstat } from "node:fs/promises";
import { errorCode, fileError } from "./file_error.ts";

/**
 * Looks. A link that leads nowhere is something, too.
 *
 * @param path Where.
 * @throws {ArchiveError} When it cannot be told.
 */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return false;
    throw fileError(error, "cannot look at", path);
  }
}
