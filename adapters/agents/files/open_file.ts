/**
 * Opening a file of a session's, which may be gone by then.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { ArchiveError } from "../../../core/errors.ts";
import { errorCode, fileError } from "../../state/file_error.ts";

/**
 * Reads something of a session's file.
 *
 * @param id The session's id.
 * @param path The file's absolute path.
 * @param read What.
 * @throws {ArchiveError} `NotFound` when it is gone; `Unauthorized` when it may not be read.
 */
export async function readingFile<T>(
  id: string,
  path: string,
  read: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await openFile(id, path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

/**
 * Opens something of a session's, to be closed by the caller.
 *
 * @param id The session's id.
 * @param path The file's absolute path.
 * @throws {ArchiveError} `NotFound` when it is gone; `Unauthorized` when it may not be read.
 */
export async function openFile(id: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(cause))) {
      throw new ArchiveError("NotFound", `session ${id} is gone: there is no ${path}`, {
        session: id,
      });
    }
    const { code, message } = fileError(cause, `session ${id} cannot be read:`, path);
    throw new ArchiveError(code, message, { session: id, cause });
  }
}
