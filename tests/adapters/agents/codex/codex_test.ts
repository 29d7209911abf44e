/**
 * The agent Codex.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { codex } from "../../../../adapters/agents/codex/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import type { SessionRef } from "../../../../core/agent.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { decodedLines } from "../../../../core/streams.ts";
import type { TranscriptMessage } from "../../../../core/transcript.ts";
import { type MadeUp, testFileAgent } from "../../../agents/contract.ts";
import { all, linesOf as linesIn } from "../../../agents/contract/archived.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const PATH = `sessions/2026/01/31/rollout-2026-01-31T12-00-00-${ID}.jsonl`;

type Line = [type: string, payload: Record<string, unknown>];

/** Lines of a file, a second apart. */
function linesOf(records: readonly Line[]): string {
  return records.map(([type, payload], second) => {
    const timestamp = new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
    return JSON.stringify({ timestamp, type, payload }) + "\n";
  }).join("");
}

const message = (role: string, text: string): Line => {
  const type = role === "assistant" ? "output_text" : "input_text";
  return ["response_item", { type: "message", role, content: [{ type, text }] }];
};

const usage = (input: number, cached: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: 1,
});

const counted = (total: ReturnType<typeof usage>, last = total): Line => {
  const info = { total_token_usage: total, last_token_usage: last };
  return ["event_msg", { type: "token_count", info }];
};

/** How a session begins. */
const beginning = (cwd: string, model = "gpt-5-codex"): Line[] => [
  ["session_meta", {
    id: ID,
    timestamp: "2026-01-31T12:00:00.500Z",
    cwd,
    cli_version: "0.169.0",
    model_provider: "openai",
  }],
  message("user", "<environment_context>…</environment_context>"),
  ["turn_context", { model }],
];

async function write(home: string, records: readonly Line[], path = PATH): Promise<string> {
  const file = join(home, ...path.split("/"));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, linesOf(records));
  return file;
}

testFileAgent({
  name: "codex",
  open: (home, now) => codex({ store: home, now }),
  async write(home, said: MadeUp) {
    const call = { call_id: "call_1", name: said.tool, arguments: JSON.stringify(said.input) };
    const thought = [{ type: "summary_text", text: said.thought }];
    const path = await write(home, [
      ...beginning(said.projectPath, said.model),
      message("user", said.prompt),
      ["event_msg", { type: "user_message", message: said.prompt }],
      ["response_item", { type: "reasoning", summary: thought }],
      ["response_item", { type: "function_call", ...call }],
      ["response_item", { type: "function_call_output", call_id: "call_1", output: said.output }],
      ["event_msg", { type: "agent_message", message: said.answer }],
      message("assistant", said.answer),
      counted(usage(said.tokens.input, 0, said.tokens.output)),
    ]);
    return { id: ID, path };
  },
  elsewhere: [
    "auth.json",
    "sessions",
    `sessions/2026/01/31/../../../../rollout-2026-01-31T12-00-00-${ID}.jsonl`,
    PATH.replace(ID, "0199a213-81c0-7800-8aa1-000000000000"),
  ],
});

async function messagesOf(records: readonly Line[]): Promise<TranscriptMessage[]> {
  const messages: TranscriptMessage[] = [];
  await inHome(async (home) => {
    await write(home, records);
    const agent = codex({ store: home });
    const { native } = await agent.load({ agent: "codex", store: home, id: ID });
    async function* lines() {
      for await (const line of native) yield new TextDecoder().decode(line);
    }
    for await (const message of agent.transcript(lines())) messages.push(message);
  });
  return messages;
}

describe("a conversation with Codex", () => {
  const CALL: Line[] = [
    ["response_item", {
      type: "reasoning",
      summary: [{ type: "summary_text", text: "I should look" }],
      encrypted_content: "…",
    }],
    ["event_msg", { type: "agent_reasoning", text: "I should look" }],
    ["response_item", {
      type: "function_call",
      name: "exec_command",
      arguments: '{"cmd":"ls"}',
      call_id: "call_1",
    }],
  ];
  const OUTPUT: Line = ["response_item", {
    type: "function_call_output",
    call_id: "call_1",
    output: "Exit code: 0\nOutput:\na.txt",
  }];

  it("has the model's thoughts, calls with what they gave, and tokens, each once", async () => {
    const [user, assistant, ...others] = await messagesOf([
      ...beginning("/p"),
      message("user", "look"),
      ["event_msg", { type: "user_message", message: "look" }],
      ...CALL,
      OUTPUT,
      counted(usage(100, 40, 20)),
      message("assistant", "there is a.txt"),
      counted(usage(200, 80, 40), usage(100, 40, 20)),
    ]);
    assert.deepEqual([user.role, user.createdAt, others], ["user", "2026-01-31T12:00:03.000Z", []]);
    assert.deepEqual([assistant.role, assistant.model], ["assistant", "openai/gpt-5-codex"]);
    const both = { input: 120, output: 40, reasoning: 2, cacheRead: 80, cacheWrite: 0 };
    assert.deepEqual(assistant.tokens, both);
    assert.deepEqual(assistant.parts, [
      { type: "reasoning", text: "I should look" },
      {
        ...{ type: "tool", tool: "exec_command", status: "completed", input: { cmd: "ls" } },
        output: "Exit code: 0\nOutput:\na.txt",
      },
      { type: "text", text: "there is a.txt" },
    ]);
  });

  const ENDS: [string, Line][] = [
    ["as older versions tell it", ["event_msg", {
      type: "exec_command_end",
      call_id: "call_1",
      aggregated_output: "no such thing\n",
      exit_code: 2,
    }]],
    ["as later versions tell it", ["event_msg", {
      type: "item_completed",
      item: {
        type: "CommandExecution",
        id: "call_1",
        aggregated_output: "no such thing\n",
        exit_code: 2,
      },
    }]],
  ];
  for (const [how, end] of ENDS) {
    it(`has a command's own output, and whether it failed, ${how}`, async () => {
      const [, { parts }] = await messagesOf([message("user", "look"), ...CALL, end, OUTPUT]);
      const call = parts.find(({ type }) => type === "tool");
      const given = { tool: "exec_command", input: { cmd: "ls" } };
      const output = "no such thing\n";
      assert.deepEqual(call, { type: "tool", status: "error", ...given, output });
    });
  }

  it("shows what was cut off: a call without an answer, a turn that was stopped", async () => {
    const stopped: Line = ["event_msg", { type: "turn_aborted", reason: "interrupted" }];
    const [, { parts }] = await messagesOf([message("user", "look"), ...CALL, stopped]);
    assert.deepEqual(parts.map((part) => "status" in part ? part.status : part.type), [
      "reasoning",
      "running",
      "note",
    ]);
  });

  it("is not upset by records of any other shape", async () => {
    const odd: Line[] = [
      ["response_item", { type: "message", role: "user", content: 5 }],
      ["response_item", { type: "function_call_output" }],
      ["event_msg", {}],
      ["event_msg", { type: "token_count", info: null }],
      ["turn_context", { model: 7 }],
      ["session_meta", { cwd: ["/p"] }],
    ];
    assert.deepEqual(await messagesOf(odd), []);
  });
});

describe("a session of Codex", () => {
  it("is called what its user said first, not what Codex or an editor put before it", () =>
    inHome(async (home) => {
      const request = "# Context from my IDE setup:\n\n## Active file: a.ts\n\n" +
        "## My request for Codex:\nlook here\n";
      await write(home, [
        ...beginning("/p"),
        message("user", "# AGENTS.md instructions for /p\n\n<INSTRUCTIONS>\n…\n</INSTRUCTIONS>"),
        message("user", "<codex_internal_context>…</codex_internal_context>"),
        message("user", request),
      ]);
      const agent = codex({ store: home });
      const loaded = await agent.load({ agent: "codex", store: home, id: ID });
      const lines = await all(decodedLines(loaded.native));
      assert.deepEqual([loaded.summary().title, loaded.summary().messages], ["look here", 1]);
      const [said, ...others] = await all(agent.transcript(linesIn(lines)));
      assert.deepEqual([said.parts, others], [[{ type: "text", text: request }], []]);
    }));

  async function archivedTwice(change: (home: string, file: string) => Promise<void>) {
    const keys: (string | undefined)[] = [];
    const stored: string[] = [];
    await inHome(async (home) => {
      const file = await write(home, [...beginning("/p"), message("user", "hello")]);
      const backend = new MemoryBackend();
      const archiver = new Archiver({ agents: [codex({ store: home })], backends: [backend] });
      const run = async () => {
        for await (const { copies } of archiver.archiveAll()) keys.push(copies[0].key);
      };
      await run();
      await change(home, file);
      await run();
      for await (const { objects } of backend.list()) stored.push(...objects.map(({ key }) => key));
    });
    return { keys, stored };
  }

  it("keeps its archive when Codex puts it aside", async () => {
    const { keys, stored } = await archivedTwice(async (home, file) => {
      await mkdir(join(home, "archived_sessions"));
      await rename(file, join(home, "archived_sessions", basename(file)));
    });
    assert.equal(keys[0], keys[1]);
    assert.deepEqual(stored, [keys[0]]);
  });

  it("leaves a version behind when records of it are gone", async () => {
    const { keys, stored } = await archivedTwice((_, file) =>
      writeFile(file, linesOf(beginning("/p")))
    );
    assert.equal(keys[0], keys[1]);
    assert.equal(stored.length, 2);
  });

  it("is the one that changed last where it lies twice, and both are named", () =>
    inHome(async (home) => {
      await write(home, beginning("/older"));
      await utimes(join(home, PATH), 1, 1);
      await write(home, beginning("/newer"), `archived_sessions/${basename(PATH)}`);
      const found: SessionRef[] = [];
      const look = async () => {
        for await (const session of codex({ store: home }).sessions()) found.push(session);
      };
      await assert.rejects(look, {
        code: "AlreadyExists",
        message: /only archived_sessions.* not sessions/,
      });
      assert.deepEqual(found.map(({ id, projectPath }) => [id, projectPath]), [[ID, "/newer"]]);
      const agent = codex({ store: home });
      for await (const _ of agent.sessions({ ids: [ID] }));
      const gone = { agent: "codex", store: home, id: ID.replace("0", "1") };
      await assert.rejects(agent.load(gone), { code: "NotFound" });
    }));

  it("tells its title, models and tokens, also when counting began anew", () =>
    inHome(async (home) => {
      await write(home, [
        ...beginning("/p"),
        message("user", `first line of it\n${"x".repeat(500)}`),
        counted(usage(100, 40, 20)),
        counted(usage(300, 100, 50)),
        counted(usage(10, 0, 5)),
        // One that a fork copied is not its own.
        ["session_meta", { id: "another", cwd: "/elsewhere", cli_version: "1" }],
      ]);
      const loaded = await codex({ store: home }).load({ agent: "codex", store: home, id: ID });
      for await (const _ of loaded.native);
      assert.deepEqual([loaded.projectPath, loaded.createdAt], ["/p", "2026-01-31T12:00:00.500Z"]);
      const tokens = { input: 210, output: 55, reasoning: 2, cacheRead: 100, cacheWrite: 0 };
      assert.deepEqual(loaded.summary(), {
        ...{ title: "first line of it", updatedAt: "2026-01-31T12:00:07.000Z", parentId: null },
        ...{
          agentVersion: "0.169.0",
          messages: 1,
          models: ["openai/gpt-5-codex"],
          tokens,
          cost: 0,
        },
      });
    }));
});
