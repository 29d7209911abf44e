/**
 * Whether a disk is so full that nothing should be copied onto it unasked.
 *
 * @module
 */
import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../state/file_error.ts";

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
 * @returns One line; undefined when there is room.
 */
export async function scarceSpace(folder: string, own: string): Promise<string | undefined> {
  const there = await nearest(folder);
  try {
    const [target, home] = await Promise.all([stat(there), stat(own)]);
    if (target.dev !== home.dev) return undefined;
    if (!isNearlyFull(await statfs(there))) return undefined;
    return `less than ${LEFT_FREE * 100} % of the disk of ${folder} is free; make room on it`;
  } catch {
    // What is wrong with the folder is found, and told better, by storing in it.
    return undefined;
  }
}

async function nearest(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    const parent = dirname(path);
    return errorCode(error) === "ENOENT" && parent !== path ? await nearest(parent) : path;
  }
}
