/**
 * Sessions as Gemini CLI writes them, made up.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The project that they belong to. */
export const PROJECT = "/home/me/project";
/** The name of a session's file, without its ending. */
export const STEM = "session-2026-01-31T12-00-5d1e7f00";
/** Where it lies. */
export const PATH = `tmp/project/chats/${STEM}.jsonl`;
/** What Gemini CLI calls the session. */
export const SESSION_ID = "5d1e7f00-0000-4000-8000-000000000001";
/** What it is called in archives. */
export const ID = `project.${STEM}`;

/** A record. */
export type Line = Record<string, unknown>;

/** When something was so many seconds after the session began. */
export const at = (second: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();

/** How a session begins. */
export const beginning = (more: Line = {}): Line => ({
  sessionId: SESSION_ID,
  projectHash: "0000",
  startTime: at(0),
  lastUpdated: at(0),
  kind: "main",
  ...more,
});

/** Something that the user says. */
export const user = (id: string, text: string, more: Line = {}): Line => ({
  ...{ id, timestamp: at(1), type: "user", content: [{ text }] },
  ...more,
});

/** Something that the model says. */
export const model = (id: string, text: string, more: Line = {}): Line => ({
  ...{ id, timestamp: at(2), type: "gemini", content: text, thoughts: [] },
  tokens: { input: 100, output: 20, cached: 40, thoughts: 5, tool: 0, total: 125 },
  model: "gemini-2.5-pro",
  ...more,
});

/** What Gemini CLI says in the user's name before they do. */
export const context = (): Line => ({
  $set: { messages: [user("c0", "<session_context>\n…\n</session_context>")], lastUpdated: at(1) },
});

/** Lines of a file. */
export const linesOf = (records: readonly Line[]) =>
  records.map((record) => JSON.stringify(record) + "\n").join("");

/**
 * Puts a file into Gemini CLI's folder.
 *
 * @param home The folder.
 * @param path From there.
 * @param text What it holds.
 * @returns Its absolute path.
 */
export async function put(home: string, path: string, text: string): Promise<string> {
  const file = join(home, ...path.split("/"));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/**
 * Puts what tells that a folder is a project's.
 *
 * @param home Gemini CLI's folder.
 * @param project The project's path.
 * @param folder The folder's name.
 */
export async function putProject(home: string, project = PROJECT, folder = "project") {
  await put(home, `tmp/${folder}/.project_root`, project);
  await put(home, "projects.json", JSON.stringify({ projects: { [project]: folder } }, null, 2));
}
