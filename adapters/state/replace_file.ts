/**
 * Replaces small private files whole: readers see the old content or the new one, also after a power
 * cut.
 *
 * @module
 */
import { open, rename, rm } from "node:fs/promises";
import { fileError } from "./file_error.ts";

/**
 * Puts a file with a new content in place of the old one, or makes it; for this user alone (0600).
 * One caller at a time for each path.
 *
 * @param path Where; its folder must exist.
 * @param text The whole content.
 * @throws {ArchiveError} Naming the path; the old file is as it was then.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    // One that a killed process could not finish.
    await rm(temporary, { force: true });
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, "cannot write", path);
  }
}
