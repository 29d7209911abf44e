/**
 * Telling whether a file has changed without reading it.
 *
 * Used in the agent's own process, so nothing heavy is imported.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { errorCode } from "./file_error.ts";

/** The stamp of a file that is not there. */
export const MISSING = "missing";

/**
 * Names the state of a configuration file: two equal stamps mean the same content.
 *
 * @param path The file's path.
 * @returns `missing`; or its time in whole milliseconds, its size in bytes and its inode; or the
 * system's error code where it cannot even be looked at.
 */
export function configStamp(path: string): Promise<string> {
  return stampOf(path, ({ mtimeMs, size, ino }) => [Math.trunc(mtimeMs), size, ino]);
}

/**
 * Names the state of a file that credentials come from: differs also when who may read it does.
 *
 * @param path The file's path.
 * @returns As {@linkcode configStamp}, with mode and owner.
 */
export function accessStamp(path: string): Promise<string> {
  return stampOf(
    path,
    ({ mtimeMs, size, ino, mode, uid }) => [Math.trunc(mtimeMs), size, ino, mode, uid],
  );
}

async function stampOf(path: string, facts: (found: Stats) => readonly number[]): Promise<string> {
  try {
    return facts(await stat(path)).join(":");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return MISSING;
    if (code === "") throw error;
    return code;
  }
}

/**
 * Whether any of some files has changed.
 *
 * @param files Their paths, each with its stamp of before.
 * @param stampOf Tells the stamp of now.
 */
export async function haveChanged(
  files: Readonly<Record<string, string>>,
  stampOf: (path: string) => Promise<string>,
): Promise<boolean> {
  const looks = Object.entries(files).map(async ([path, stamp]) => await stampOf(path) !== stamp);
  return (await Promise.all(looks)).includes(true);
}
