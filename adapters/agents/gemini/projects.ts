/**
 * Which folder of Gemini CLI is which project's. Each has a short name, which its own marker and a list
 * of all tell; older versions named it by the SHA-256 of the project's path.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { fieldsOf, isRecord, jsonIn } from "../../../core/fields.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { entriesOf, lookAt } from "../files/folder.ts";

/** Where the folders are. */
export const FOLDERS = "tmp";
/** Other folders, of the same names. */
const HISTORY = "history";
const MARKER = ".project_root";
const LIST = "projects.json";
const NAME = /^[a-z0-9-]+$/;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Whether a folder is an older version's, which has no marker and stands in no list.
 *
 * @param folder A project's.
 */
export function isOlder(folder: string): boolean {
  return HASH.test(folder);
}

/**
 * The absolute path of a folder's marker.
 *
 * @param home Gemini CLI's folder.
 * @param folder The project's in it.
 */
export function markerOf(home: string, folder: string): string {
  return join(home, FOLDERS, folder, MARKER);
}

/**
 * The absolute path of the list of projects.
 *
 * @param home Gemini CLI's folder.
 */
export function listOf(home: string): string {
  return join(home, LIST);
}

/**
 * The folders of projects, by the projects' paths, as the list has them.
 *
 * @param home Gemini CLI's folder.
 * @returns Undefined where there is a list that says something else.
 */
export function listed(home: string): ReadonlyMap<string, string> | undefined {
  const text = textIn(listOf(home));
  if (text === undefined) return new Map();
  const { projects } = fieldsOf(jsonIn(text));
  if (!isRecord(projects)) return undefined;
  const entries = Object.entries(projects).map(([path, name]) => [path, String(name)] as const);
  return entries.every(([, name]) => NAME.test(name)) ? new Map(entries) : undefined;
}

/**
 * The project that a folder is of.
 *
 * @param home Gemini CLI's folder.
 * @param folder The project's in it.
 * @returns The project's absolute path; undefined where nothing tells.
 */
export function projectOf(home: string, folder: string): string | undefined {
  const marked = ownerOf(home, FOLDERS, folder);
  if (marked !== undefined) return marked;
  const paths = [...listed(home) ?? []];
  if (!isOlder(folder)) return paths.find(([, name]) => name === folder)?.[0];
  const known = [...paths.map(([path]) => path), ...owners(home).map(([, path]) => path)];
  return known.find((path) => sha256Hex(path) === folder);
}

/**
 * The folder that Gemini CLI copied an older version's folder to.
 *
 * @param home Gemini CLI's folder.
 * @param folder An older version's, or any.
 */
export function sameProject(home: string, folder: string): string | undefined {
  if (!isOlder(folder)) return undefined;
  return owners(home).find(([name, path]) => name !== folder && sha256Hex(path) === folder)?.[0];
}

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

/**
 * A path as Gemini CLI writes it down.
 *
 * @param directory An absolute path.
 */
export function rooted(directory: string): string {
  const path = resolve(directory);
  return process.platform === "win32" ? path.toLowerCase() : path;
}

/** Whether no marker says that a folder is another project's. */
function isOwn(home: string, folder: string, path: string): boolean {
  return [FOLDERS, HISTORY].every((where) => (ownerOf(home, where, folder) ?? path) === path);
}

/** All folders that have a marker, each with its project. */
function owners(home: string): (readonly [folder: string, path: string])[] {
  return [FOLDERS, HISTORY].flatMap((where) =>
    entriesOf(join(home, where)).flatMap(({ name }) => {
      const owner = ownerOf(home, where, name);
      return owner === undefined ? [] : [[name, owner] as const];
    })
  );
}

function ownerOf(home: string, where: string, folder: string): string | undefined {
  const owner = textIn(join(home, where, folder, MARKER))?.trim();
  return owner ? rooted(owner) : undefined;
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
