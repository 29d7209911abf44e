/**
 * Where Gemini CLI keeps its sessions, and what their paths tell.
 *
 * @module
 */
import { join } from "node:path";
import { sha256Hex } from "../../../core/hash.ts";
import { isFolder } from "../files/folder.ts";
import type { FileName, FoundFile } from "../files/format.ts";
import type { Walk } from "../files/walk.ts";
import { isLeftBehind } from "./left_behind.ts";
import { FOLDERS, sameProject } from "./projects.ts";

/** A session's file, and that of a sub-agent, in the folder of its session. */
const FILE = /^tmp\/([a-z0-9-]+)\/chats\/(?:(session-[\w-]+)|([\w-]+)\/([\w-]+))\.jsonl?$/;
/** How many of the first characters of its session's own id a file's name ends in. */
const SHORT = 8;
const BEGINNING = /^session-(?:\d{4}-\d\d-\d\dT\d\d-\d\d|\d+)-/;
/** The longest part of an id; three of them fit into the name of an archive. */
const LONGEST = 64;

/**
 * What a path stands for. Ids that Gemini CLI gave stand in the files only; what the path tells is as
 * good, and never the same for two.
 *
 * @param path From Gemini CLI's folder, with slashes.
 */
export function nameOf(path: string): FileName | undefined {
  const match = FILE.exec(path);
  if (match === null) return undefined;
  const parts = match.slice(1).filter((part) => part !== undefined);
  return { id: parts.map(cut).join("."), path };
}

function cut(part: string): string {
  if (part.length <= LONGEST) return part;
  const hash = sha256Hex(part).slice(0, 16);
  return `${part.slice(0, LONGEST - hash.length - 1)}_${hash}`;
}

/**
 * Walks over the files of all sessions.
 *
 * @param home Gemini CLI's folder.
 * @param walk What it looks with.
 */
export async function* findFiles(home: string, walk: Walk): AsyncGenerator<FoundFile> {
  for (const { name: folder } of walk.entriesOf(join(home, FOLDERS)).filter(isFolder)) {
    await walk.pause();
    const copied = walk.tried(() => sameProject(home, folder));
    for (const found of filesIn(home, folder, walk)) {
      // An older version's folder stays there when its files were copied.
      const copy = copied && found.path.replace(`/${folder}/`, `/${copied}/`);
      if (copy === undefined || !isThere(home, copy, walk)) yield found;
    }
  }
}

function* filesIn(home: string, folder: string, walk: Walk): Generator<FoundFile> {
  const chats = `${FOLDERS}/${folder}/chats`;
  const parents = new Map<string, (string | undefined)[]>();
  const folders: string[] = [];
  if (walk.kindOf(join(home, chats)) !== "folder") return;
  for (const entry of walk.entriesOf(join(home, chats))) {
    const path = `${chats}/${entry.name}`;
    if (entry.isDirectory()) folders.push(entry.name);
    const found = entry.isFile() ? foundAt(home, path, walk) : undefined;
    if (found === undefined) continue;
    const short = shortOf(entry.name);
    const others = parents.get(short) ?? [];
    if (others.length > 0 && walk.tried(() => isLeftBehind(join(home, path), found.size))) continue;
    parents.set(short, [...others, found.id]);
    yield found;
  }
  for (const parent of folders) {
    const [parentId, another] = parents.get(parent.slice(0, SHORT)) ?? [];
    for (const entry of walk.entriesOf(join(home, chats, parent))) {
      const found = entry.isFile()
        ? foundAt(home, `${chats}/${parent}/${entry.name}`, walk)
        : undefined;
      if (found) yield { ...found, ...(parentId && !another && { parentId }) };
    }
  }
}

/** A session that was gone on with has its lines in a file of its own, beside the older document. */
function foundAt(home: string, path: string, walk: Walk): FoundFile | undefined {
  const name = nameOf(path);
  const isWhole = path.endsWith(".json");
  if (name === undefined || (isWhole && walk.lookAt(join(home, `${path}l`)))) return undefined;
  const looked = walk.lookAt(join(home, path));
  return looked && { ...name, ...looked, ...(isWhole && { isWhole }) };
}

function isThere(home: string, path: string, walk: Walk): boolean {
  const lines = path.replace(/\.jsonl?$/, ".jsonl");
  return [path, lines].some((path) => walk.lookAt(join(home, path)) !== undefined);
}

function shortOf(name: string): string {
  return name.replace(BEGINNING, "").replace(/\.jsonl?$/, "");
}
