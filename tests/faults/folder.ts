/**
 * A folder for the length of one run, in memory where the system has such a place: nothing that uses
 * it is about power cuts, and a disk in memory syncs at once.
 *
 * @module
 */
import { mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../remove_folder.ts";

const IN_MEMORY = "/dev/shm";

/**
 * Runs something with a folder of its own.
 *
 * @param play Uses it.
 */
export async function withFastFolder<T>(play: (folder: string) => Promise<T>): Promise<T> {
  const isThere = await stat(IN_MEMORY).then((found) => found.isDirectory(), () => false);
  const folder = await mkdtemp(join(isThere ? IN_MEMORY : tmpdir(), "archive-faults-"));
  try {
    return await play(folder);
  } finally {
    await removeFolder(folder);
  }
}
