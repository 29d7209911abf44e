/**
 * Where Copilot keeps its sessions, and what their paths tell.
 *
 * @module
 */
import { filesOf, sessionOfFiles } from "../../../core/keys/files_of.ts";
import type { FileName } from "../files/format.ts";

/** Folders of sessions, and of those of the first versions. */
export const [SESSIONS, FIRST] = ["session-state", "history-session-state"];
/** The file of a session, in its own folder. */
export const EVENTS = "events.jsonl";
/** What it is called and where it belongs, beside that. */
export const WORKSPACE = "workspace.yaml";
/** Whoever starts a session may choose its id; Copilot itself takes a UUID. */
const ID = /^[A-Za-z0-9][\w.-]*$/;
/** What is there while a session is worked on, and says nothing of it. */
const LOCK = /^(?:inuse\.\d+\.(?:lock|hold)|\.workspace-fork\.lock)$/;

/**
 * What a path stands for.
 *
 * @param path From Copilot's folder, with slashes.
 */
export function nameOf(path: string): FileName | undefined {
  const [folder, name, ...below] = path.split("/");
  if (below.length === 0) return nameOfFlat(folder, name ?? "", path);
  if (folder !== SESSIONS || !isId(name) || !below.every(isPlain)) return undefined;
  if (below.length > 1) return companion(name, path);
  if (below[0] === EVENTS) return { id: name, path };
  return LOCK.test(below[0]) ? undefined : companion(name, path);
}

/**
 * The folder of a session's own, from Copilot's folder.
 *
 * @param path Of the session's file.
 * @returns Undefined for one that has none.
 */
export function folderOf(path: string): string | undefined {
  const [folder, name, file] = path.split("/");
  return file === EVENTS ? `${folder}/${name}` : undefined;
}

/** Earlier versions had no folder a session, and the first ones no lines. */
function nameOfFlat(folder: string, name: string, path: string): FileName | undefined {
  const isKnown = folder === SESSIONS ? /\.jsonl$/ : folder === FIRST ? /\.jsonl?$/ : undefined;
  if (!isKnown?.test(name)) return undefined;
  const id = name.replace(isKnown, "");
  return isId(id) ? { id, path } : undefined;
}

/** Whatever lies beside a session's file is one archive of its own. */
function companion(session: string, path: string): FileName {
  return { id: filesOf(session), parentId: session, path };
}

function isId(name: string): boolean {
  return ID.test(name) && sessionOfFiles(name) === undefined;
}

function isPlain(segment: string): boolean {
  return !/^\.{0,2}$|[\\\p{Cc}]/u.test(segment);
}
