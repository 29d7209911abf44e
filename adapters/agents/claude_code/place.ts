/**
 * Where Claude Code looks for the sessions of a directory.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import type { Destination } from "../files/format.ts";
import { PROJECTS } from "./paths.ts";

/** A longer name is cut, and told from others by a hash. */
const LONGEST = 200;

/**
 * The name of a directory's folder, as Claude Code makes it.
 *
 * @param directory Its absolute path.
 */
export function folderOf(directory: string): string {
  const name = directory.replace(/[^a-zA-Z0-9]/g, "-");
  if (name.length <= LONGEST) return name;
  return `${name.slice(0, LONGEST)}-${Math.abs(hashOf(directory)).toString(36)}`;
}

/** As Java hashes texts, in 32 bits. */
function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (hash << 5) - hash + text.charCodeAt(at) | 0;
  return hash;
}

/**
 * Where a file belongs when its session is put back.
 *
 * @param path Where it was, from Claude Code's folder.
 * @param to Where it is put.
 */
export function placeFor(path: string, { directory, isMoved, beside }: Destination): string {
  const [top, , ...rest] = path.split("/");
  if (top !== PROJECTS) return path;
  // What goes with a session is looked for where that is.
  if (beside !== undefined) return [...beside.split("/").slice(0, 2), ...rest].join("/");
  if (!isMoved) return path;
  // Claude Code goes by where a directory really is.
  const name = folderOf(realpathSync(directory).normalize("NFC"));
  return [PROJECTS, name, ...rest].join("/");
}
