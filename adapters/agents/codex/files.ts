/**
 * Where Codex keeps its sessions, and what their paths tell.
 *
 * @module
 */
import { join } from "node:path";
import type { FileName, FoundFile } from "../files/format.ts";
import type { Walk } from "../files/walk.ts";

/** Folders of sessions by day, and of those that were put aside. */
export const [BY_DAY, ASIDE] = ["sessions", "archived_sessions"];
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const NAME = new RegExp(`^rollout-\\d{4}(?:-\\d\\d){2}T\\d\\d(?:-\\d\\d){2}-(${UUID})\\.jsonl$`);
/** What the name of a packed file ends in. */
const PACKED = ".zst";
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
 * Walks over the files of all sessions. Of one that lies there twice, the file that changed last counts.
 *
 * @param home Codex's folder.
 * @param walk What it looks with.
 */
export async function* findFiles(home: string, walk: Walk): AsyncGenerator<FoundFile> {
  const found = new Map<string, FoundFile>();
  for (const folder of folders(home, walk)) {
    await walk.pause();
    // In the order of their names, one that is packed comes behind the same one that is not.
    for (const entry of walk.entriesOf(join(home, folder))) {
      const file = entry.isFile() ? fileAt(`${folder}/${entry.name}`) : undefined;
      const known = file && found.get(file.id);
      if (file === undefined || known?.path === file.path) continue;
      const looked = walk.lookAt(join(home, file.packed ?? file.path));
      if (looked === undefined) continue;
      const newer = known && known.modifiedMs >= looked.modifiedMs ? known : { ...file, ...looked };
      found.set(file.id, newer);
      if (known) walk.isTwice(file.id, newer.path, newer === known ? file.path : known.path);
    }
  }
  yield* found.values();
}

/** A packed file stands for the one that Codex makes of it again. */
function fileAt(path: string): (FileName & Pick<FoundFile, "packed">) | undefined {
  if (!path.endsWith(PACKED)) return nameOf(path);
  const name = nameOf(path.slice(0, -PACKED.length));
  return name && { ...name, packed: path };
}

function* folders(home: string, walk: Walk): Generator<string> {
  for (const year of foldersIn(home, BY_DAY, walk)) {
    for (const month of foldersIn(home, year, walk)) {
      yield* foldersIn(home, month, walk);
    }
  }
  yield ASIDE;
}

function* foldersIn(home: string, path: string, walk: Walk): Generator<string> {
  for (const entry of walk.entriesOf(join(home, path))) {
    if (entry.isDirectory() && /^\d+$/.test(entry.name)) yield `${path}/${entry.name}`;
  }
}
