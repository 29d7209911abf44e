/**
 * Which folder of Gemini CLI is which project's. Each has a short name, which its own marker and a list
 * of all tell; older versions named it by the SHA-256 of the project's path.
 *
 * @module
 */
import { join, posix, resolve, sep } from "node:path";
import process from "node:process";
import { fieldsOf, isRecord, jsonIn } from "../../../core/fields.ts";
import { sha256Hex } from "../../../core/hash.ts";
import { entriesOf, isFolder, textOf } from "../files/folder.ts";

/** Where the folders are. */
export const FOLDERS = "tmp";
/** Other folders, of the same names. */
export const HISTORY = "history";
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
  const text = textOf(listOf(home));
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
 * Whether a session's project is not known: the folder that its file was in stands for it then.
 *
 * @param path The session's file, from Gemini CLI's folder.
 * @param directory What it is said to belong to.
 */
export function isUnknownProject(path: string, directory: string): boolean {
  return directory.split(sep).join("/").endsWith(`/${posix.dirname(path)}`);
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

/**
 * All folders that have a marker, each with its project.
 *
 * @param home Gemini CLI's folder.
 */
export function owners(home: string): (readonly [folder: string, path: string])[] {
  return [FOLDERS, HISTORY].flatMap((where) =>
    entriesOf(join(home, where)).filter(isFolder).flatMap(({ name }) => {
      const owner = ownerOf(home, where, name);
      return owner === undefined ? [] : [[name, owner] as const];
    })
  );
}

/**
 * The project that a folder's marker names.
 *
 * @param home Gemini CLI's folder.
 * @param where Which folders: {@linkcode FOLDERS} or {@linkcode HISTORY}.
 * @param folder The project's in it.
 */
export function ownerOf(home: string, where: string, folder: string): string | undefined {
  const owner = textOf(join(home, where, folder, MARKER))?.trim();
  return owner ? rooted(owner) : undefined;
}
