/**
 * Where Claude Code keeps its sessions, and what their paths tell.
 *
 * @module
 */
import { sha256Hex } from "../../../core/hash.ts";
import { filesOf } from "../../../core/keys/files_of.ts";
import type { FileName } from "../files/format.ts";

/** Folders of sessions by project, of copies of files that were edited, and of lists of tasks. */
export const [PROJECTS, HISTORY, TASKS] = ["projects", "file-history", "tasks"];
/** What a session's folder keeps its sub-agents in. */
export const SUBAGENTS = "subagents";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const PROJECT = "[A-Za-z0-9-]{1,240}";
/** Versions before 2.1 had sub-agents there, too, by their own ids. */
const SESSION = new RegExp(`^${PROJECTS}/${PROJECT}/(${UUID}|agent-[\\w-]{1,64})\\.jsonl$`);
const SUBAGENT = new RegExp(
  `^${PROJECTS}/${PROJECT}/(${UUID})/${SUBAGENTS}/((?:[\\w.-]+/)*)agent-([\\w-]{1,64})\\.jsonl$`,
);
const BESIDE = [
  new RegExp(`^${PROJECTS}/${PROJECT}/(${UUID})/.+$`),
  new RegExp(`^${HISTORY}/(${UUID})/[^/]+$`),
  new RegExp(`^${TASKS}/(${UUID})/[^/]+\\.json$`),
];
/** A name that leads out of its folder, or means another thing elsewhere. */
const ODD = /(^|\/)(\.{0,2})(\/|$)|[\\\0:]/;

/** Whether a name is that of a session. */
export function isSessionId(name: string): boolean {
  return new RegExp(`^${UUID}$`).test(name);
}

/**
 * What a path stands for.
 *
 * @param path From Claude Code's folder, with slashes.
 */
export function nameOf(path: string): FileName | undefined {
  if (ODD.test(path)) return undefined;
  const id = SESSION.exec(path)?.[1];
  if (id !== undefined) return { id, path };
  const [, parentId, folder, agent] = SUBAGENT.exec(path) ?? [];
  if (agent !== undefined) {
    return { id: `${parentId}.${agent}${inWorkflow(folder)}`, parentId, path };
  }
  for (const pattern of BESIDE) {
    const session = pattern.exec(path)?.[1];
    if (session !== undefined) return { id: filesOf(session), parentId: session, path };
  }
  return undefined;
}

/** Nobody says that two workflows of a session never give the same id. */
function inWorkflow(folder: string): string {
  return folder === "" ? "" : `.${sha256Hex(folder).slice(0, 8)}`;
}

/** Whether a file is one of the list of tasks, which Claude Code changes and clears as it goes on. */
export function isTask(path: string): boolean {
  return path.startsWith(`${TASKS}/`);
}

/** Whether a file is a copy of one that was edited. */
export function isCopy(path: string): boolean {
  return path.startsWith(`${HISTORY}/`);
}
