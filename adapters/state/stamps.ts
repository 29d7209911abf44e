/**
 * Telling whether a file has changed without reading it.
 *
 * Used in the agent's own process, so nothing heavy is imported.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { DiskLooks } from "./disk_looks.ts";
import { errorCode } from "./file_error.ts";

/** The stamp of a file that is not there. */
export const MISSING = "missing";
/** The stamp of one whose disk does not answer. */
const SILENT = "silent";
/** How long a disk may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000;

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
 * Names the state of what access to a backend hangs on: of a file, also who may read it; of a folder,
 * which one it is and whether this user may write in it, whatever comes and goes there.
 *
 * @param path The path of the file or the folder.
 * @returns As {@linkcode configStamp}, with mode and owner; of a folder, with its disk in place of
 * time and size; `silent` where the disk does not answer within seconds.
 */
export function accessStamp(path: string): Promise<string> {
  return looks.at(path, () => stampOf(path, accessFacts), PATIENCE_MS);
}

const looks = new DiskLooks(SILENT);

async function accessFacts(found: Stats, path: string): Promise<Facts> {
  const { mtimeMs, size, ino, mode, uid, dev } = found;
  if (!found.isDirectory()) return [Math.trunc(mtimeMs), size, ino, mode, uid];
  // A disk that was mounted for reading only has the same mode.
  const refusal = await access(path, constants.W_OK).then(() => "", errorCode);
  return [dev, ino, mode, uid, refusal];
}

type Facts = readonly (number | string)[];

async function stampOf(
  path: string,
  facts: (found: Stats, path: string) => Facts | Promise<Facts>,
): Promise<string> {
  try {
    return (await facts(await stat(path), path)).join(":");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return MISSING;
    if (code === "") throw error;
    return code;
  }
}

/**
 * Whether any of some files or folders has changed. They are looked at one after the other, and no
 * further where a disk is silent: each look at it takes up a thread, and nothing is mended by that.
 *
 * @param files Their paths, each with its stamp of before.
 * @param stampOf Tells the stamp of now.
 */
export async function haveChanged(
  files: Readonly<Record<string, string>>,
  stampOf: (path: string) => Promise<string>,
): Promise<boolean> {
  for (const [path, stamp] of Object.entries(files)) {
    const now = await stampOf(path);
    if (now !== stamp) return now !== SILENT;
  }
  return false;
}
