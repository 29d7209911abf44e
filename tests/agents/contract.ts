/**
 * What every agent must do, as suites: the ones that the library's own agents pass, for those who write
 * another one.
 *
 * {@linkcode testAgent} holds wherever an agent keeps its sessions, {@linkcode testFileAgent} adds what
 * holds for a file a session.
 *
 * @module
 */
import { appendFile, rm } from "node:fs/promises";
import { describe } from "node:test";
import { takesFilesBeside } from "./contract/beside.ts";
import { showsConversations } from "./contract/conversation.ts";
import { findsSessions, readsSessions } from "./contract/every_agent.ts";
import { findsWhatItMay } from "./contract/forbidden.ts";
import { leavesAlone } from "./contract/left_alone.ts";
import { bringsBackBytes } from "./contract/odd_content.ts";
import { heedsWriters } from "./contract/open_lines.ts";
import { bringsBack } from "./contract/restoring.ts";
import { keepsSecrets } from "./contract/secrets.ts";
import { refusesStrangeArchives } from "./contract/strange_archives.ts";
import { namesOddFiles } from "./contract/odd_names.ts";
import type {
  TestedAgent,
  TestedFileAgent,
  WrittenFile,
  WrittenSession,
} from "./contract/tested.ts";

export type {
  MadeUp,
  TestedAgent,
  TestedFileAgent,
  Untold,
  WrittenFile,
  WrittenSession,
} from "./contract/tested.ts";

/**
 * Registers with `node:test` what every agent must do, wherever it keeps its sessions.
 *
 * @param tested The agent, and how its sessions are written.
 *
 * @example An agent that keeps its sessions in memory, and only what was said in them
 * ```ts
 * import { MemoryAgent } from "@session-archiver/archiver";
 * import { testAgent } from "@session-archiver/archiver/testing/agents";
 *
 * const agents = new Map<string, MemoryAgent>();
 *
 * function agentIn(home: string): MemoryAgent {
 *   const agent = agents.get(home) ?? new MemoryAgent();
 *   agents.set(home, agent);
 *   return agent;
 * }
 *
 * testAgent({
 *   name: "memory",
 *   untold: ["thought", "tool", "model", "tokens"],
 *   open: agentIn,
 *   async write(home, { projectPath, prompt, answer }) {
 *     const messages = [
 *       { id: "m1", role: "user", text: prompt },
 *       { id: "m2", role: "assistant", text: answer },
 *     ] as const;
 *     const createdAt = "2026-01-31T12:00:00.000Z";
 *     agentIn(home).set({ id: "one", projectPath, createdAt, title: prompt, messages });
 *     return { id: "one" };
 *   },
 *   async addUnknown(home, { id }, text) {
 *     const session = agentIn(home).get(id)!;
 *     const message = { id: "m3", role: "user", text: "", [text]: true } as const;
 *     agentIn(home).set({ ...session, messages: [...session.messages, message] });
 *   },
 *   async remove(home, { id }) {
 *     agentIn(home).remove(id);
 *   },
 * });
 * ```
 *
 * @since 0.1.0
 */
export function testAgent<Written extends WrittenSession>(tested: TestedAgent<Written>): void {
  describe(`the agent ${tested.title ?? tested.name}`, () => {
    findsSessions(tested);
    readsSessions(tested);
    showsConversations(tested);
    bringsBack(tested);
  });
}

/**
 * Registers with `node:test` what every agent must do that keeps each session in a file of lines, and
 * puts that back byte for byte: all of {@linkcode testAgent}, and more.
 *
 * @param tested The agent, and how its sessions are written.
 *
 * @example Codex, of which the least is written that it reads
 * ```ts
 * import { mkdir, writeFile } from "node:fs/promises";
 * import { join } from "node:path";
 * import { codex } from "@session-archiver/archiver";
 * import { testFileAgent } from "@session-archiver/archiver/testing/agents";
 *
 * const id = "0199a213-81c0-7800-8aa1-bbab2a035a53";
 *
 * testFileAgent({
 *   name: "codex",
 *   untold: ["thought", "tool", "model", "tokens"],
 *   open: (home, now) => codex({ store: home, now }),
 *   async write(home, { projectPath, prompt, answer }) {
 *     const timestamp = "2026-01-31T12:00:00.000Z";
 *     const said = (role: string, text: string) => ({
 *       timestamp,
 *       type: "response_item",
 *       payload: { type: "message", role, content: [{ type: "text", text }] },
 *     });
 *     const meta = { timestamp, type: "session_meta", payload: { id, timestamp, cwd: projectPath } };
 *     const records = [meta, said("user", prompt), said("assistant", answer)];
 *     const folder = join(home, "sessions", "2026", "01", "31");
 *     await mkdir(folder, { recursive: true });
 *     const path = join(folder, `rollout-2026-01-31T12-00-00-${id}.jsonl`);
 *     await writeFile(path, records.map((record) => JSON.stringify(record) + "\n").join(""));
 *     return { id, path };
 *   },
 *   elsewhere: ["auth.json", "sessions"],
 * });
 * ```
 *
 * @since 0.1.0
 */
export function testFileAgent(tested: TestedFileAgent): void {
  const { name, title = name, untold } = tested;
  testAgent<WrittenFile>({
    ...{ name, title, untold },
    open: (home) => tested.open(home),
    write: (home, session) => tested.write(home, session),
    addUnknown: (_home, { path }, text) => appendFile(path, `{"type":"to come","${text}":1.00}\n`),
    remove: (_home, { path }) => rm(path),
  });
  describe(`the files of the agent ${title}`, () => {
    bringsBackBytes(tested);
    heedsWriters(tested);
    leavesAlone(tested);
    namesOddFiles(tested);
    findsWhatItMay(tested);
    keepsSecrets(tested);
    refusesStrangeArchives(tested);
    if (tested.beside) takesFilesBeside(tested, tested.beside);
  });
}
