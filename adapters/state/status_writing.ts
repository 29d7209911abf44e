/**
 * Writing the status; see `status.ts`. For the lock's holder alone.
 *
 * @module
 */
import { statusPath } from "./layout.ts";
import { replaceFile } from "./replace_file.ts";
import type { Status } from "./status.ts";

/** The last write of each folder: one after the other, so that the last one asked for stays. */
const writing = new Map<string, Promise<void>>();

/**
 * Puts a status in place of the one before. Readers see one or the other, also after a power cut.
 *
 * @param folder The state's folder.
 * @param status What to say.
 */
export function writeStatus(folder: string, status: Status): Promise<void> {
  const before = writing.get(folder) ?? Promise.resolve();
  const text = `${JSON.stringify(status)}\n`;
  const written = before.catch(() => undefined)
    .then(() => replaceFile(statusPath(folder), text));
  writing.set(folder, written);
  return written;
}
