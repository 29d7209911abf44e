/**
 * The keys of a folder tree in the order of their UTF-8 bytes, read folder by folder as they are
 * asked for.
 *
 * @module
 */
import type { Dirent } from "node:fs";
import type { ListOptions } from "../../core/backend.ts";
import { compareUtf8 } from "../../core/keys/object_key.ts";
import { disk } from "./builtins.ts";
import { errnoOf, isMissing } from "./errors.ts";
import { isFileKey } from "./names.ts";
import type { FileRoot } from "./root.ts";
import type { Entry } from "../support/list_pages.ts";

/** A folder on the way: what is still to come of it, last first. Folders end in a slash. */
type Level = string[];

/**
 * Walks a root. Symbolic links, devices and unfinished files are no objects and are passed over. A
 * folder counts as a prefix without a look inside: looking would open every folder of the archive,
 * and an empty one is rare, since deleting the last object of a folder removes it.
 *
 * @param root The folder.
 * @param options What to list; the limit is the caller's.
 */
export async function* walk(
  root: FileRoot,
  options: ListOptions,
): AsyncGenerator<Entry> {
  const { prefix = "", delimiter } = options;
  const levels: Level[] = [await firstLevel(root, prefix, options)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.pop();
    if (name === undefined) {
      levels.pop();
    } else if (!name.endsWith("/")) {
      yield { key: name };
    } else if (delimiter === undefined) {
      levels.push(await readLevel(root, name, options));
    } else {
      yield { prefix: name };
    }
  }
}

/** The folder that the prefix is in; nothing outside it can begin with the prefix. */
async function firstLevel(
  root: FileRoot,
  prefix: string,
  options: ListOptions,
): Promise<Level> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (folder === "") return await readLevel(root, folder, options);
  const path = folder.slice(0, -1);
  if (!isFileKey(path, process.platform)) return []; // no key can begin so
  const place = root.pathOf(path);
  const there = await root.isReal(place) && await root.isSpelledSo(place);
  return there ? await readLevel(root, folder, options) : [];
}

async function readLevel(root: FileRoot, folder: string, options: ListOptions): Promise<Level> {
  const names: string[] = [];
  for (const entry of await entriesIn(root, folder)) {
    const name = nameOf(folder, entry);
    if (name !== undefined && isWanted(name, options)) names.push(name);
  }
  // A folder sorts as its keys do, with its slash: "a-b" and "a.json" come before "a/b".
  return names.sort((a, b) => compareUtf8(b, a));
}

async function entriesIn(root: FileRoot, folder: string): Promise<Dirent[]> {
  try {
    return await disk().readdir(root.pathOf(folder), { withFileTypes: true });
  } catch (error) {
    // Nothing stored yet, or a folder that went while we walked. A root that is a file is neither.
    if (errnoOf(error) === "ENOENT" || (folder !== "" && isMissing(error))) return [];
    throw error;
  }
}

function nameOf(folder: string, entry: Dirent): string | undefined {
  const key = folder + entry.name;
  if (!entry.isFile() && !entry.isDirectory()) return undefined;
  if (!isFileKey(key, process.platform)) return undefined;
  return entry.isFile() ? key : `${key}/`;
}

/** Whether a key is listed, or a folder may have something that is. */
function isWanted(name: string, { prefix = "", startAfter = "", delimiter }: ListOptions): boolean {
  if (!name.startsWith(prefix)) return false;
  if (compareUtf8(name, startAfter) > 0) return true;
  return delimiter === undefined && name.endsWith("/") && startAfter.startsWith(name);
}
