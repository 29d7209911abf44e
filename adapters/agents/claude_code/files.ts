/**
 * Walking over Claude Code's sessions.
 *
 * @module
 */
import { join } from "node:path";
import { entriesOf, isFolder } from "../files/folder.ts";
import type { FoundFile } from "../files/format.ts";
import type { Walk } from "../files/walk.ts";
import { HISTORY, isSessionId, nameOf, PROJECTS, SUBAGENTS, TASKS } from "./paths.ts";

/**
 * Walks over the files of all sessions and sub-agents. Where one lies twice, which Claude Code itself
 * takes for none, the one that changed last counts.
 *
 * @param home Claude Code's folder.
 * @param walk What it looks with.
 */
export async function* findFiles(home: string, walk: Walk): AsyncGenerator<FoundFile> {
  const found = new Map<string, FoundFile>();
  const others = [HISTORY, TASKS].map((folder) => ({ folder, names: namesIn(home, folder) }));
  for (const project of walk.entriesOf(join(home, PROJECTS)).filter(isFolder)) {
    await walk.pause();
    for (const file of filesIn(home, `${PROJECTS}/${project.name}`, others, walk)) {
      const known = found.get(file.id);
      const newer = known === undefined || known.modifiedMs < file.modifiedMs ? file : known;
      found.set(file.id, newer);
      if (known) walk.isTwice(file.id, newer.path, newer === file ? known.path : file.path);
    }
  }
  yield* found.values();
}

/** Folders that hold one of each session's. */
interface OtherFolder {
  readonly folder: string;
  readonly names: Pick<ReadonlySet<string>, "has">;
}

function* filesIn(
  home: string,
  project: string,
  others: readonly OtherFolder[],
  walk: Walk,
): Generator<FoundFile> {
  const entries = walk.entriesOf(join(home, project));
  const folders = new Set(entries.filter(isFolder).map(({ name }) => name));
  for (const entry of entries) {
    if (entry.isFile()) {
      const file = fileAt(home, `${project}/${entry.name}`, walk);
      if (file) yield { ...file, beside: besides(project, file.id, folders, others) };
    } else if (entry.isDirectory() && isSessionId(entry.name)) {
      yield* subagentsIn(home, `${project}/${entry.name}/${SUBAGENTS}`, walk, DEEPEST);
    }
  }
}

function besides(
  project: string,
  id: string,
  folders: ReadonlySet<string>,
  others: readonly OtherFolder[],
): string[] {
  return [
    ...folders.has(id) ? [`${project}/${id}`] : [],
    ...others.filter(({ names }) => names.has(id)).map(({ folder }) => `${folder}/${id}`),
  ];
}

/** Claude Code nests them two deep; a folder that goes on and on is not walked to its end. */
const DEEPEST = 16;

/** Those of a workflow lie in a folder of its own. */
function* subagentsIn(
  home: string,
  folder: string,
  walk: Walk,
  depth: number,
): Generator<FoundFile> {
  if (depth === 0) return;
  if (walk.kindOf(join(home, folder)) !== "folder") return;
  for (const entry of walk.entriesOf(join(home, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* subagentsIn(home, path, walk, depth - 1);
    else if (entry.isFile()) {
      const file = fileAt(home, path, walk);
      if (file) yield file;
    }
  }
}

function fileAt(home: string, path: string, walk: Walk): FoundFile | undefined {
  // Others lie beside a session.
  const name = path.endsWith(".jsonl") ? nameOf(path) : undefined;
  if (name === undefined || name.id.endsWith(".files")) return undefined;
  const looked = walk.lookAt(join(home, path));
  // Its project's, which is where it is resumed.
  const folder = path.split("/")[1];
  return looked && { ...name, ...looked, folder };
}

function namesIn(home: string, folder: string): OtherFolder["names"] {
  try {
    return new Set(entriesOf(join(home, folder)).filter(isFolder).map(({ name }) => name));
  } catch {
    // Each session may have one then: a look at that one tells, or fails for the session that it is of.
    return { has: () => true };
  }
}
