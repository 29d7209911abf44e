/**
 * A home in which four agents that keep files have had the same conversation, made up: what the user
 * asks, a tool that the model calls, and what it answers.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderOf } from "../../adapters/agents/claude_code/place.ts";

/** What is said in a session. */
export interface Said {
  /** The directory that it belongs to. */
  readonly project: string;
  /** What the user asks. */
  readonly prompt: string;
  /** What a command gives that the model runs. */
  readonly output: string;
  /** What the model answers. */
  readonly answer: string;
}

/** A session of a home. */
export interface MadeUpSession {
  /** The agent's name. */
  readonly agent: string;
  /** What it is called in archives. */
  readonly id: string;
  /** The folders of the home that the agent keeps its sessions in. */
  readonly folders: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const UUID = "5d1e7f00-0000-4000-8000-00000000000";
const AT = (second: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
const INPUT = { command: "ls" };

/**
 * Writes the home.
 *
 * @param home Its absolute path.
 * @param said What was said.
 */
export async function writeHome(home: string, said: Said): Promise<readonly MadeUpSession[]> {
  const put = async (path: string, text: string) => {
    const file = join(home, ...path.split("/"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  const sessions = [];
  for (const agent of [claudeCode, codex, copilot, gemini]) sessions.push(await agent(put, said));
  return sessions;
}

type Put = (path: string, text: string) => Promise<void>;

function linesOf(records: readonly Fields[]): string {
  return records.map((record) => JSON.stringify(record) + "\n").join("");
}

async function claudeCode(put: Put, said: Said): Promise<MadeUpSession> {
  const id = `${UUID}1`;
  const folder = `.claude/projects/${folderOf(said.project)}`;
  const common = { sessionId: id, cwd: said.project, version: "2.1.197" };
  const user = (second: number, content: unknown): Fields => ({
    ...{ type: "user", uuid: `u${second}`, timestamp: AT(second), ...common },
    message: { role: "user", content },
  });
  const assistant = (second: number, block: Fields): Fields => ({
    ...{ type: "assistant", uuid: `a${second}`, timestamp: AT(second), ...common },
    message: {
      ...{ id: `msg_${second}`, role: "assistant", model: "claude-opus-4-8", content: [block] },
      usage: { input_tokens: 10, output_tokens: 7 },
    },
  });
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: said.output };
  await put(
    `${folder}/${id}.jsonl`,
    linesOf([
      user(1, said.prompt),
      assistant(2, { type: "tool_use", id: "toolu_1", name: "bash", input: INPUT }),
      user(3, [result]),
      assistant(4, { type: "text", text: said.answer }),
    ]),
  );
  await put(`${folder}/${id}/tool-results/long.txt`, said.output.repeat(100));
  const own = [user(2, "look around"), assistant(3, { type: "text", text: "nothing there" })];
  const sidechain = own.map((record) => ({ ...record, isSidechain: true }));
  await put(`${folder}/${id}/subagents/agent-a1b2c3.jsonl`, linesOf(sidechain));
  await put(`.claude/tasks/${id}/1.json`, '{"subject":"look"}');
  return { agent: "claude-code", id, folders: [".claude/projects", ".claude/tasks"] };
}

async function codex(put: Put, said: Said): Promise<MadeUpSession> {
  const id = `${UUID}2`;
  const record = (second: number, type: string, payload: Fields): Fields => ({
    ...{ timestamp: AT(second), type, payload },
  });
  const message = (second: number, role: string, type: string, text: string) =>
    record(second, "response_item", { type: "message", role, content: [{ type, text }] });
  const call = { name: "bash", arguments: JSON.stringify(INPUT), call_id: "call_1" };
  const output = { type: "function_call_output", call_id: "call_1", output: said.output };
  await put(
    `.codex/sessions/2026/01/31/rollout-2026-01-31T12-00-00-${id}.jsonl`,
    linesOf([
      record(0, "session_meta", { id, cwd: said.project, cli_version: "0.169.0" }),
      record(0, "turn_context", { model: "gpt-9" }),
      message(1, "user", "input_text", said.prompt),
      record(2, "response_item", { type: "function_call", ...call }),
      record(3, "response_item", output),
      message(4, "assistant", "output_text", said.answer),
    ]),
  );
  return { agent: "codex", id, folders: [".codex/sessions"] };
}

async function copilot(put: Put, said: Said): Promise<MadeUpSession> {
  const id = `${UUID}3`;
  const folder = `.copilot/session-state/${id}`;
  const event = (second: number, type: string, data: Fields): Fields => ({
    ...{ type, data, id: `e${second}`, timestamp: AT(second), parentId: null },
  });
  const asks = { toolCallId: "call_1", name: "bash", arguments: INPUT };
  const result = { toolCallId: "call_1", success: true, result: { content: said.output } };
  const start = { sessionId: id, copilotVersion: "1.0.102", startTime: AT(0) };
  await put(
    `${folder}/events.jsonl`,
    linesOf([
      event(0, "session.start", { ...start, context: { cwd: said.project } }),
      event(1, "user.message", { content: said.prompt }),
      event(2, "assistant.message", { content: "", toolRequests: [asks], model: "gpt-9" }),
      event(3, "tool.execution_start", { toolCallId: "call_1", toolName: "bash" }),
      event(3, "tool.execution_complete", result),
      event(4, "assistant.message", { content: said.answer, toolRequests: [], model: "gpt-9" }),
    ]),
  );
  await put(`${folder}/workspace.yaml`, `id: ${id}\ncwd: ${JSON.stringify(said.project)}\n`);
  return { agent: "copilot", id, folders: [".copilot/session-state"] };
}

async function gemini(put: Put, said: Said): Promise<MadeUpSession> {
  const stem = "session-2026-01-31T12-00-5d1e7f00";
  const message = (second: number, type: string, more: Fields): Fields => ({
    ...{ id: `m${second}`, timestamp: AT(second), type, ...more },
  });
  const answer = { functionResponse: { name: "bash", response: { output: said.output } } };
  const call = { id: "call_1", name: "bash", args: INPUT, status: "success", result: [answer] };
  const model = { model: "gemini-2.5-pro", thoughts: [] };
  await put(
    `.gemini/tmp/one/chats/${stem}.jsonl`,
    linesOf([
      { sessionId: `${UUID}4`, projectHash: "0000", startTime: AT(0), kind: "main" },
      message(1, "user", { content: [{ text: said.prompt }] }),
      message(2, "gemini", { content: "", toolCalls: [call], ...model }),
      message(4, "gemini", { content: said.answer, ...model }),
    ]),
  );
  await put(".gemini/tmp/one/.project_root", said.project);
  await put(".gemini/projects.json", JSON.stringify({ projects: { [said.project]: "one" } }));
  return { agent: "gemini", id: `one.${stem}`, folders: [".gemini/tmp/one/chats"] };
}
