/**
 * Whether a disk is so full that nothing should be copied onto it unasked.
 *
 * @module
 */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DiskLooks } from "../state/disk_looks.ts";
import { errorCode } from "../state/file_error.ts";

/** A disk that has not answered after this long is left alone, in milliseconds. */
const PATIENCE_MS = 15_000;

/** What tells of disks; see `node:fs/promises`. */
export interface Disk {
  /** Tells which disk something is on; rejects with `ENOENT` when it is not there. */
  stat(path: string): Promise<{ readonly dev: number }>;
  /** Tells how much room there is. */
  statfs(path: string): Promise<{ readonly bavail: number; readonly blocks: number }>;
}

/** The part of this machine's own disk that is left free. */
const LEFT_FREE = 0.05;

/**
 * Whether a disk of this machine is so full that nothing is stored on it unasked.
 *
 * @param blocks What `statfs` tells of it.
 */
export function isNearlyFull(
  { bavail, blocks }: { readonly bavail: number; readonly blocks: number },
): boolean {
  return blocks > 0 && bavail / blocks < LEFT_FREE;
}

/**
 * Why nothing should be stored in a folder now.
 *
 * @param folder Where archives would go; need not be there.
 * @param own A folder on this machine's own disk. Other disks may be filled.
 * @param disk What tells of disks.
 * @param patienceMs How long that may take, in milliseconds.
 * @returns One line; undefined when there is room.
 */
export async function scarceSpace(
  folder: string,
  own: string,
  disk: Disk = { stat, statfs },
  patienceMs = PATIENCE_MS,
): Promise<string | undefined> {
  const said = await looks.at(folder, () => look(folder, own, disk), patienceMs);
  if (said !== SILENT) return said;
  return `the disk of ${folder} does not answer; see whether it is still there`;
}

const SILENT = Symbol("silent");
const looks = new DiskLooks<string | undefined | typeof SILENT>(SILENT);

async function look(
  folder: string,
  own: string,
  { stat, statfs }: Disk,
): Promise<string | undefined> {
  try {
    const there = await nearest(folder, stat);
    const [target, home] = await Promise.all([stat(there), stat(own)]);
    if (target.dev !== home.dev) return undefined;
    if (!isNearlyFull(await statfs(there))) return undefined;
    return `less than ${LEFT_FREE * 100} % of the disk of ${folder} is free; make room on it`;
  } catch {
    // What is wrong with the folder is found, and told better, by storing in it.
    return undefined;
  }
}

async function nearest(path: string, stat: Disk["stat"]): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    const parent = dirname(path);
    return errorCode(error) === "ENOENT" && parent !== path ? await nearest(parent, stat) : path;
  }
}
