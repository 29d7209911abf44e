/**
 * Looking for Copilot's sessions.
 *
 * @module
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../../../core/errors.ts";
import { entriesOf, lookAt } from "../files/folder.ts";
import type { FoundFile } from "../files/format.ts";
import { FIRST, nameOf, SESSIONS } from "./files.ts";

/**
 * Walks over the files of all sessions.
 *
 * @param home Copilot's folder.
 * @param signal Stops it.
 */
export async function* findFiles(home: string, signal?: AbortSignal): AsyncGenerator<FoundFile> {
  const seen = new Set<string>();
  for (const folder of folders(home)) {
    // Whoever else works in this process has a turn between two folders.
    await setImmediate();
    throwIfAborted(signal, "looking for sessions of Copilot");
    for (const found of filesIn(home, folder)) {
      if (seen.has(found.id)) continue;
      seen.add(found.id);
      yield found;
    }
  }
}

/** What has a folder of its own comes first: it is what Copilot goes by where there is both. */
function* folders(home: string): Generator<string> {
  for (const entry of entriesOf(join(home, SESSIONS))) {
    if (entry.isDirectory()) yield `${SESSIONS}/${entry.name}`;
  }
  yield SESSIONS;
  yield FIRST;
}

function* filesIn(home: string, folder: string): Generator<FoundFile> {
  for (const entry of entriesOf(join(home, folder))) {
    const name = entry.isFile() ? nameOf(`${folder}/${entry.name}`) : undefined;
    if (name === undefined || name.parentId !== undefined) continue;
    const looked = lookAt(join(home, name.path));
    if (!looked) continue;
    const isWhole = name.path.endsWith(".json") && { isWhole: true as const };
    yield { ...name, ...looked, ...isWhole, beside: [`${SESSIONS}/${name.id}`] };
  }
}
