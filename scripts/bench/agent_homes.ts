/**
 * Made-up sessions of agents that keep each in a file of lines.
 *
 * @module
 */
import { type Agent, claudeCode, codex } from "@session-archiver/archiver";
import {
  closeSync,
  mkdirSync,
  openSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Such an agent. */
export interface MadeUpAgent {
  /** What people call it. */
  readonly title: string;
  /** A name for a folder. */
  readonly folder: string;
  /** Opens the agent of a folder. */
  open(home: string): Agent;
  /** Where a session's file lies in its folder. */
  pathOf(n: number): string;
  /** How a session's file begins. */
  beginning(n: number): unknown;
  /** What is said in it. */
  says(n: number, text: string): unknown;
}

/** Claude Code and Codex. */
export const MADE_UP: readonly MadeUpAgent[] = [
  {
    title: "Claude Code",
    folder: "claude-code",
    open: (store) => claudeCode({ store }),
    pathOf: (n) => join("projects", folderOf(projectOf(n)), `${idOf(n)}.jsonl`),
    beginning: (n) => ({
      type: "user",
      ...claudeFields(n),
      message: { role: "user", content: "hi" },
    }),
    says: (n, text) => ({
      type: "assistant",
      ...claudeFields(n),
      message: { id: `msg_${n}`, role: "assistant", content: [{ type: "text", text }] },
    }),
  },
  {
    title: "Codex",
    folder: "codex",
    open: (store) => codex({ store }),
    pathOf: (n) => join("sessions", dayOf(n), `rollout-2026-01-31T12-00-00-${idOf(n)}.jsonl`),
    beginning: (n) => ({
      timestamp: TIME,
      type: "session_meta",
      payload: { id: idOf(n), timestamp: TIME, cwd: projectOf(n), cli_version: "0.169.0" },
    }),
    says: (_, text) => ({
      timestamp: TIME,
      type: "response_item",
      payload: { type: "message", role: "assistant", content: [{ type: "output_text", text }] },
    }),
  },
];

const TIME = "2026-01-31T12:00:00.000Z";
/** So many sessions share a folder. */
const TOGETHER = 100;

/**
 * Makes files that have a beginning and a hole: enough for what reads none.
 *
 * @param agent Whose.
 * @param home Its folder.
 * @param count How many.
 * @param bytes How long each is.
 * @returns Their absolute paths.
 */
export function makeHollow(
  agent: MadeUpAgent,
  home: string,
  count: number,
  bytes: number,
): readonly string[] {
  return Array.from({ length: count }, (_, n) => {
    const path = join(home, agent.pathOf(n));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lineOf(agent.beginning(n)));
    truncateSync(path, bytes);
    utimesSync(path, new Date(TIME), new Date(TIME));
    return path;
  });
}

/**
 * Makes one file that is full of lines of 1 to 20 KB.
 *
 * @param agent Whose.
 * @param home Its folder.
 * @param bytes How long it is at least.
 * @returns Its absolute path.
 */
export function makeFull(agent: MadeUpAgent, home: string, bytes: number): string {
  const path = join(home, agent.pathOf(0));
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  try {
    let written = writeSync(file, lineOf(agent.beginning(0)));
    for (let n = 0; written < bytes; n++) {
      const text = `${n}: ${TEXT.slice(0, 1_000 + (n * 7_919) % 19_000)}`;
      written += writeSync(file, lineOf(agent.says(n, text)));
    }
  } finally {
    closeSync(file);
  }
  return path;
}

/** Words and code, with what JSON has to escape. */
const TEXT = 'if (name === "größer") {\n\treturn words[0]; // some words of prose\n}\n'.repeat(300);

function lineOf(record: unknown): string {
  return `${JSON.stringify(record)}\n`;
}

function claudeFields(n: number): Readonly<Record<string, unknown>> {
  const [sessionId, cwd] = [idOf(n), projectOf(n)];
  return { uuid: `record-${n}`, timestamp: TIME, sessionId, cwd, version: "2.1.197" };
}

function projectOf(n: number): string {
  return `/home/me/project-${Math.floor(n / TOGETHER)}`;
}

function folderOf(project: string): string {
  return project.replaceAll("/", "-");
}

function dayOf(n: number): string {
  return new Date(Date.UTC(2026, 0, 1 + Math.floor(n / TOGETHER))).toISOString()
    .slice(0, 10).replaceAll("-", "/");
}

function idOf(n: number): string {
  return `0199a213-81c0-7800-8aa1-${n.toString(16).padStart(12, "0")}`;
}
