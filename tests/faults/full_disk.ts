/**
 * Small disks of a test's own that are full.
 *
 * @module
 */
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Why a test that needs such a disk is skipped. */
export const NO_MOUNT = "no tmpfs can be mounted here, which takes root";

/**
 * Takes all room on a disk.
 *
 * @param disk Where it is mounted.
 * @returns How to free it.
 */
export async function fill(disk: string): Promise<() => Promise<void>> {
  const path = join(disk, "filler");
  const { bavail, bsize } = await statfs(disk);
  for (let blocks = bavail; blocks > 0; blocks--) {
    try {
      await writeFile(path, new Uint8Array(blocks * bsize));
      break;
    } catch (error) {
      // A file takes some room of its own.
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
  return () => rm(path);
}
