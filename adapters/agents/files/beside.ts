/**
 * The files that lie beside a session's own and belong to it: tool results, plans, copies of what was
 * edited. They have an archive of their own whose parent is the session, so that one that grows does
 * not carry the others along.
 *
 * @module
 */
import { join } from "node:path";
import { sha256Hex } from "../../../core/hash.ts";
import { filesOf } from "../../../core/keys/files_of.ts";
import { entriesOf, kindOf, lookAt } from "./folder.ts";
import type { FileBeside, FileFormat, FoundFile } from "./format.ts";
import { isNeverCaptured } from "./never.ts";

/** No agent nests them so deep; a folder that does is not walked to its end. */
const DEEPEST = 16;

/**
 * Looks for the files, and opens none. Links are not followed.
 *
 * @param store The agent's folder.
 * @param session The session's file.
 * @param format Tells which files belong to it.
 */
export function besideOf(
  store: string,
  session: FoundFile,
  { nameOf }: Pick<FileFormat, "nameOf">,
): readonly FileBeside[] {
  const id = filesOf(session.id);
  const files: FileBeside[] = [];
  for (const path of session.beside ?? []) {
    for (const inner of filesAt(store, path)) {
      if (nameOf(inner)?.id !== id || isNeverCaptured(inner)) continue;
      const looked = lookAt(join(store, inner));
      if (looked) files.push({ path: inner, ...looked });
    }
  }
  return files;
}

function* filesAt(store: string, path: string): Generator<string> {
  const kind = kindOf(join(store, path));
  if (kind === "file") yield path;
  else if (kind === "folder") yield* filesIn(store, path, DEEPEST);
}

function* filesIn(store: string, path: string, depth: number): Generator<string> {
  if (depth === 0) return;
  for (const entry of entriesOf(join(store, path))) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(store, inner, depth - 1);
    else if (entry.isFile()) yield inner;
  }
}

/**
 * The change token of files beside a session.
 *
 * @param files As a look has found them.
 * @param leftOut How many of them were not taken. A look alone never gives such a token.
 */
export function tokenOfFiles(files: readonly FileBeside[], leftOut = 0): string {
  const told = files.map(({ path, size, modifiedMs }) => `${path}\n${size}\n${modifiedMs}`);
  const token = `${files.length}-${sha256Hex(told.join("\n")).slice(0, 32)}`;
  return leftOut === 0 ? token : `${token}-without-${leftOut}`;
}
