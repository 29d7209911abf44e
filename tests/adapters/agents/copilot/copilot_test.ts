/**
 * The agent Copilot.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { copilot } from "../../../../adapters/agents/copilot/mod.ts";
import {
  type MadeUp,
  type TestedFileAgent,
  testFileAgent,
  type WrittenFile,
} from "../../../agents/contract.ts";
import { inHome } from "../../../agents/contract/in_home.ts";
import {
  asked,
  beginning,
  event,
  EVENTS,
  FLAT,
  ID,
  left,
  linesOf,
  loadedFrom,
  said,
  usage,
  write,
} from "./made_up.ts";

const SUITE: TestedFileAgent = {
  name: "copilot",
  open: (home, now) => copilot({ store: home, now }),
  write: (home, said) => writeAt(home, said, EVENTS),
  beside: ({ path }, name) => join(dirname(path), "files", name),
  elsewhere: [
    "config.json",
    "hooks/a.json",
    `session-state/${ID}`,
    `session-state/../${ID}.jsonl`,
    `session-state/${ID}/../../hooks/events.jsonl`,
    `session-state/${ID}/inuse.7.lock`,
    `hooks/${ID}.jsonl`,
    EVENTS.replace(ID, "another"),
  ],
};

testFileAgent(SUITE);
testFileAgent({
  ...SUITE,
  title: "copilot, as earlier versions kept its sessions",
  write: (home, said) => writeAt(home, said, FLAT),
  beside: undefined,
});

async function writeAt(home: string, made: MadeUp, path: string): Promise<WrittenFile> {
  const { model } = made;
  const { input, output } = made.tokens;
  const request = { toolCallId: "call_1", name: made.tool, arguments: made.input };
  const events = [
    ...beginning(made.projectPath),
    asked(made.prompt),
    event("session.usage_record", { usage: { ...usage(input, 0, output), apiCallId: "api_1" } }),
    said("", { reasoningText: made.thought, toolRequests: [request], model, apiCallId: "api_1" }),
    event("tool.execution_start", { toolCallId: "call_1", toolName: made.tool }),
    event("tool.execution_complete", {
      ...{ toolCallId: "call_1", success: true, result: { content: made.output } },
    }),
    said(made.answer, { model }),
  ];
  return { id: ID, path: await write(home, events, path) };
}

describe("a session of Copilot", () => {
  it("tells its title, version, models and tokens", () =>
    inHome(async (home) => {
      const { projectPath, createdAt, summary } = await loadedFrom(home, [
        ...beginning("/p"),
        event("user.message", { content: "…", source: "skill-pdf" }),
        asked(`first line of it\n${"x".repeat(500)}`),
        event("session.usage_record", { usage: usage(100, 40, 20) }),
        said("one"),
        left({ "gpt-9": usage(100, 40, 20) }),
        event("session.resume", { context: { cwd: "/elsewhere" }, selectedModel: "gpt-9" }),
        event("session.usage_record", { usage: usage(200, 50, 5) }),
        event("assistant.message", { content: "two", outputTokens: 5, model: "gpt-10" }),
      ]);
      assert.deepEqual([projectPath, createdAt], ["/p", "2026-01-31T12:00:00.500Z"]);
      assert.deepEqual(summary, {
        ...{ title: "first line of it", updatedAt: "2026-01-31T12:00:08.000Z", parentId: null },
        ...{ agentVersion: "1.0.102", messages: 3, cost: 0 },
        models: ["github-copilot/gpt-9", "github-copilot/gpt-10"],
        tokens: { input: 210, output: 25, reasoning: 2, cacheRead: 90, cacheWrite: 0 },
      });
    }));

  const COUNTS: [string, ReturnType<typeof event>[], number, number][] = [
    [
      "what each message was long, in earlier versions",
      [
        event("assistant.message", { content: "a", outputTokens: 5 }),
        event("assistant.message", { content: "b", outputTokens: 7 }),
      ],
      0,
      12,
    ],
    [
      "all models, once the session was left",
      [
        event("assistant.message", { content: "a", outputTokens: 5 }),
        left({ "gpt-9": usage(100, 40, 20), "gpt-10": usage(10, 0, 2) }),
      ],
      70,
      22,
    ],
    [
      "the total of the last time it was left, which has the others in it",
      [
        left({ "gpt-9": usage(100, 40, 20) }),
        left({ "gpt-9": usage(300, 100, 50) }),
      ],
      200,
      50,
    ],
    [
      "the total before, where it was begun anew",
      [
        left({ "gpt-9": usage(100, 40, 20) }),
        left({ "gpt-9": usage(10, 0, 5) }),
      ],
      70,
      25,
    ],
    [
      "nothing, where nothing of the kind is told",
      [
        left({}),
        event("session.shutdown", {}),
        event("session.usage_record", { usage: 7 }),
      ],
      0,
      0,
    ],
  ];
  for (const [what, records, input, output] of COUNTS) {
    it(`counts ${what}`, () =>
      inHome(async (home) => {
        const { summary } = await loadedFrom(home, [...beginning("/p"), ...records]);
        assert.deepEqual([summary.tokens.input, summary.tokens.output], [input, output]);
      }));
  }

  it("is of the models that were used, where no message tells its own", () =>
    inHome(async (home) => {
      const { summary } = await loadedFrom(home, [
        event("session.start", { context: { cwd: "/p" } }),
        event("assistant.message", { content: "a" }),
        left({ "gpt-9": usage(1, 0, 1) }),
      ]);
      assert.deepEqual(summary.models, ["github-copilot/gpt-9"]);
    }));

  it("belongs to where it was resumed, where its beginning tells no directory", () =>
    inHome(async (home) => {
      const resumed = event("session.resume", { context: { cwd: "/later" } });
      const { projectPath } = await loadedFrom(home, [event("session.start", {}), resumed]);
      assert.equal(projectPath, "/later");
    }));

  it("comes once where it lies twice, and as Copilot would take it", () =>
    inHome(async (home) => {
      for (const path of [FLAT, EVENTS, `history-session-state/${ID}.jsonl`]) {
        await write(home, beginning(`/in/${dirname(path)}`), path);
      }
      const found: unknown[] = [];
      for await (const { id, projectPath } of copilot({ store: home }).sessions()) {
        found.push([id, projectPath]);
      }
      assert.deepEqual(found, [[ID, `/in/session-state/${ID}`]]);
    }));

  it("is found where the first versions kept it, also as one object", () =>
    inHome(async (home) => {
      const file = join(home, "history-session-state", "session_1_2.json");
      await write(home, beginning("/p"), `history-session-state/${ID}.jsonl`);
      await writeFile(file, '{\n  "sessionId": "1"\n}');
      const ids: string[] = [];
      for await (const { id } of copilot({ store: home }).sessions()) ids.push(id);
      assert.deepEqual(ids, [ID, "session_1_2"]);
    }));

  it("is looked for where COPILOT_HOME says", async () => {
    const looked = async (env: Record<string, string>) =>
      (await copilot({ env }).detect()).looked.map((path) => path.replaceAll("\\", "/"));
    assert.deepEqual(await looked({ HOME: "/h" }), ["/h/.copilot"]);
    assert.deepEqual(await looked({ HOME: "/h", COPILOT_HOME: "/c" }), ["/c"]);
  });

  it("is read past zeros that a crash left behind its lines", () =>
    inHome(async (home) => {
      const file = join(home, EVENTS);
      await mkdir(dirname(file), { recursive: true });
      const lines = linesOf([...beginning("/p"), asked("hello\u2028there")]);
      await writeFile(file, lines + "\0".repeat(64));
      const late = () => Date.now() + 11 * 60_000;
      const loaded = await copilot({ store: home, now: late })
        .load({ agent: "copilot", store: home, id: ID });
      for await (const _ of loaded.native);
      assert.equal(loaded.summary().title, "hello\u2028there");
      assert.deepEqual(loaded.warnings(), []);
    }));
});
