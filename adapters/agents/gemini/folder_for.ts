/**
 * Which folder a project's sessions are put into.
 *
 * @module
 */
import { basename, join } from "node:path";
import { sha256Hex } from "../../../core/hash.ts";
import { lookAt } from "../files/folder.ts";
import { FOLDERS, HISTORY, listed, ownerOf, owners, rooted } from "./projects.ts";

/**
 * The folder where Gemini CLI looks for a project's sessions, or would.
 *
 * @param home Gemini CLI's folder.
 * @param directory The project's absolute path.
 * @param wanted The name it shall have, if it may.
 */
export function folderFor(home: string, directory: string, wanted: string): string {
  const path = rooted(directory);
  const listing = listed(home) ?? new Map<string, string>();
  const own = listing.get(path);
  if (own !== undefined && isOwn(home, own, path)) return own;
  const marked = owners(home).find(([, owner]) => owner === path)?.[0];
  if (marked !== undefined) return marked;
  // An older version looks here, and a later one takes it over.
  if (lookAt(join(home, FOLDERS, sha256Hex(path)))) return sha256Hex(path);
  const taken = new Set(listing.values());
  for (const name of namesFor(path, wanted)) {
    if (!taken.has(name) && isOwn(home, name, path)) return name;
  }
  throw new TypeError("there is no end of names");
}

/** The names that Gemini CLI tries; first the one that is wanted, if it is one of these. */
function* namesFor(path: string, wanted: string): Generator<string> {
  const name = basename(path).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") ||
    "project";
  if (wanted.startsWith(name) && /^(-\d+)?$/.test(wanted.slice(name.length))) yield wanted;
  yield name;
  for (let count = 1;; count++) yield `${name}-${count}`;
}

/** Whether no marker says that a folder is another project's. */
function isOwn(home: string, folder: string, path: string): boolean {
  return [FOLDERS, HISTORY].every((where) => (ownerOf(home, where, folder) ?? path) === path);
}
