/**
 * Folders that only their user may look into, and that keep what was renamed in them.
 *
 * @module
 */
import { mkdir, open } from "node:fs/promises";
import { errorCode, fileError } from "./file_error.ts";

/**
 * Makes a folder and its missing parents, for this user alone (0700). One that exists keeps the
 * mode that its user gave it.
 *
 * @param path An absolute path.
 * @returns The same path.
 */
export async function makePrivateFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, "cannot make the folder", path);
  }
  return path;
}

/** What systems and network mounts answer that have no way to sync a folder. */
const CANNOT_SYNC = new Set([
  "EPERM",
  "EACCES",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EISDIR",
  "EBADF",
]);

/**
 * Makes names that were made, replaced or removed in a folder survive a power cut, where the system
 * can do that.
 *
 * @param path The folder.
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errorCode(error))) throw error;
  }
}
