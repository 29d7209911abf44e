/**
 * Looking for Copilot's sessions.
 *
 * @module
 */
import { join } from "node:path";
import type { FoundFile } from "../files/format.ts";
import type { Walk } from "../files/walk.ts";
import { FIRST, nameOf, SESSIONS } from "./files.ts";

/**
 * Walks over the files of all sessions.
 *
 * @param home Copilot's folder.
 * @param walk What it looks with.
 */
export async function* findFiles(home: string, walk: Walk): AsyncGenerator<FoundFile> {
  const seen = new Set<string>();
  for (const folder of folders(home, walk)) {
    await walk.pause();
    for (const found of filesIn(home, folder, walk)) {
      if (seen.has(found.id)) continue;
      seen.add(found.id);
      yield found;
    }
  }
}

/** What has a folder of its own comes first: it is what Copilot goes by where there is both. */
function* folders(home: string, walk: Walk): Generator<string> {
  for (const entry of walk.entriesOf(join(home, SESSIONS))) {
    if (entry.isDirectory()) yield `${SESSIONS}/${entry.name}`;
  }
  yield SESSIONS;
  yield FIRST;
}

function* filesIn(home: string, folder: string, walk: Walk): Generator<FoundFile> {
  for (const entry of walk.entriesOf(join(home, folder))) {
    const name = entry.isFile() ? nameOf(`${folder}/${entry.name}`) : undefined;
    if (name === undefined || name.parentId !== undefined) continue;
    const looked = walk.lookAt(join(home, name.path));
    if (!looked) continue;
    const isWhole = name.path.endsWith(".json") && { isWhole: true as const };
    yield { ...name, ...looked, ...isWhole, beside: [`${SESSIONS}/${name.id}`] };
  }
}
