/**
 * Where Codex keeps its sessions, and what their paths tell.
 *
 * @module
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../../../core/errors.ts";
import { entriesOf, lookAt } from "../files/folder.ts";
import type { FileName, FoundFile } from "../files/format.ts";

/** Folders of sessions by day, and of those that were put aside. */
const [BY_DAY, ASIDE] = ["sessions", "archived_sessions"];
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const NAME = new RegExp(`^rollout-\\d{4}(?:-\\d\\d){2}T\\d\\d(?:-\\d\\d){2}-(${UUID})\\.jsonl$`);
const DAY = /^sessions\/\d{4}\/\d\d\/\d\d$/;

/**
 * What a path stands for.
 *
 * @param path From Codex's folder, with slashes.
 */
export function nameOf(path: string): FileName | undefined {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, slash);
  const id = NAME.exec(path.slice(slash + 1))?.[1];
  if (id === undefined || !(folder === ASIDE || DAY.test(folder))) return undefined;
  return { id, path };
}

/**
 * Walks over the files of all sessions.
 *
 * @param home Codex's folder.
 * @param signal Stops it.
 */
export async function* findFiles(home: string, signal?: AbortSignal): AsyncGenerator<FoundFile> {
  const seen = new Set<string>();
  for (const folder of folders(home)) {
    // Whoever else works in this process has a turn between two folders.
    await setImmediate();
    throwIfAborted(signal, "looking for sessions of Codex");
    for (const entry of entriesOf(join(home, folder))) {
      const name = entry.isFile() ? nameOf(`${folder}/${entry.name}`) : undefined;
      if (name === undefined || seen.has(name.id)) continue;
      const looked = lookAt(join(home, name.path));
      if (looked === undefined) continue;
      seen.add(name.id);
      yield { ...name, ...looked };
    }
  }
}

function* folders(home: string): Generator<string> {
  for (const year of foldersIn(home, BY_DAY)) {
    for (const month of foldersIn(home, year)) yield* foldersIn(home, month);
  }
  yield ASIDE;
}

function* foldersIn(home: string, path: string): Generator<string> {
  for (const entry of entriesOf(join(home, path))) {
    if (entry.isDirectory() && /^\d+$/.test(entry.name)) yield `${path}/${entry.name}`;
  }
}
