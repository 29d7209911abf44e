/**
 * What is said in sessions of Gemini CLI.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gemini } from "../../../../adapters/agents/gemini/mod.ts";
import type { Summary } from "../../../../core/agent.ts";
import type { TranscriptMessage } from "../../../../core/transcript.ts";
import { inHome } from "../../../agents/contract/in_home.ts";
import {
  at,
  beginning,
  context,
  ID,
  type Line,
  linesOf,
  model,
  PATH,
  put,
  user,
} from "./made_up.ts";

interface Told {
  readonly summary: Summary;
  readonly messages: TranscriptMessage[];
}

async function told(text: string, path = PATH): Promise<Told> {
  const messages: TranscriptMessage[] = [];
  let summary: Summary | undefined;
  await inHome(async (home) => {
    await put(home, path, text);
    const agent = gemini({ store: home });
    const loaded = await agent.load({ agent: "gemini", store: home, id: ID });
    const lines: string[] = [];
    for await (const line of loaded.native) lines.push(new TextDecoder().decode(line));
    summary = loaded.summary();
    async function* native() {
      yield* lines;
    }
    for await (const message of agent.transcript(native())) messages.push(message);
  });
  return { summary: summary!, messages };
}

const said = (messages: readonly TranscriptMessage[]) =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => part.type === "text" ? [part.text] : []));

const THOUGHT = { subject: "Looking", description: "I should look", timestamp: at(2) };
const answer = (output: string) => [{
  functionResponse: { id: "call_1", name: "list_directory", response: { output } },
}];
const CALL = {
  ...{ id: "call_1", name: "list_directory", args: { dir_path: "." }, status: "success" },
  ...{ result: answer("a.txt"), description: "." },
};

describe("a conversation with Gemini CLI", () => {
  it("has the model's thoughts, calls with what they gave, and tokens, each once", async () => {
    const { messages } = await told(linesOf([
      beginning(),
      context(),
      user("u1", "look"),
      model("g1", "", { thoughts: [THOUGHT] }),
      model("g1", "", { thoughts: [THOUGHT], toolCalls: [CALL] }),
      { id: "u2", timestamp: at(3), type: "user", content: answer("a.txt") },
      model("g2", "there is a.txt"),
    ]));
    const tokens = { input: 120, output: 40, reasoning: 10, cacheRead: 80, cacheWrite: 0 };
    const head = { role: "assistant", createdAt: at(2), model: "google/gemini-2.5-pro", tokens };
    const tool = { type: "tool", tool: "list_directory", status: "completed" };
    assert.deepEqual(messages, [
      { id: "u1", role: "user", createdAt: at(1), parts: [{ type: "text", text: "look" }] },
      {
        ...{ id: "g1", ...head },
        parts: [
          { type: "reasoning", text: "Looking\nI should look" },
          { ...tool, input: { dir_path: "." }, output: "a.txt", title: "." },
          { type: "text", text: "there is a.txt" },
        ],
      },
    ]);
  });

  it("is the same where Gemini CLI wrote it down anew, as the model sees it", async () => {
    const content = [
      { text: "**Looking** I should look", thought: true },
      { functionCall: { id: "call_1", name: "list_directory", args: { dir_path: "." } } },
    ];
    const messages = [
      user("u1", "look"),
      { id: "g1", type: "gemini", content },
      { id: "u2", type: "user", content: answer("a.txt") },
    ];
    const { messages: [, { parts }, ...others] } = await told(
      linesOf([beginning(), { $set: { messages } }]),
    );
    const tool = { type: "tool", tool: "list_directory", status: "completed" };
    assert.deepEqual(parts, [
      { type: "reasoning", text: "**Looking** I should look" },
      { ...tool, input: { dir_path: "." }, output: "a.txt" },
    ]);
    assert.deepEqual(others, []);
  });

  const CHANGES: [string, Line[], string[]][] = [
    ["replaced", [model("g1", "better")], ["one", "better", "two", "2"]],
    ["taken back", [{ $rewindTo: "u2" }, user("u3", "three")], ["one", "1", "three"]],
    ["taken back to nowhere", [{ $rewindTo: "gone" }, user("u3", "three")], ["three"]],
    ["begun anew", [{ $set: { messages: [user("u9", "so far")] } }], ["so far"]],
    ["told something else", [{ $set: { summary: "…" } }], ["one", "1", "two", "2"]],
  ];
  for (const [what, changes, expected] of CHANGES) {
    it(`shows what is left of it once it was ${what}`, async () => {
      const four = [user("u1", "one"), model("g1", "1"), user("u2", "two"), model("g2", "2")];
      const { messages } = await told(linesOf([beginning(), ...four, ...changes]));
      assert.deepEqual(said(messages), expected);
    });
  }

  it("shows what was cut off, refused and noted", async () => {
    const calls = ["executing", "cancelled", "error"].map((status, n) => (
      { id: `call_${n}`, name: "x", status, args: {}, result: [{ functionResponse: {} }] }
    ));
    const { messages: [{ parts }, note] } = await told(linesOf([
      beginning(),
      model("g1", "", { toolCalls: calls }),
      { id: "e1", type: "error", content: "no more quota" },
    ]));
    const statuses = parts.map((part) => "status" in part && part.status);
    assert.deepEqual(statuses, ["running", "error", "error"]);
    assert.deepEqual([note.role, note.parts], [
      "system",
      [{ type: "note", text: "error: no more quota" }],
    ]);
  });

  it("is not upset by records of any other shape", async () => {
    const odd = [
      ...[{ id: 5 }, { $set: 7 }, { $set: { messages: [1, null, {}] } }, { $rewindTo: {} }],
      ...[{ id: "a", type: "gemini", content: { x: 1 }, toolCalls: 5, thoughts: {}, tokens: "x" }],
      { id: "b", type: "user", content: [null, 5, { functionResponse: 3 }] },
    ];
    const { messages, summary } = await told(linesOf([...odd, beginning({ directories: 5 })]));
    assert.deepEqual([messages, summary.title], [[], ""]);
  });

  it("is told in all it took, also by what was taken back", async () => {
    const { summary } = await told(linesOf([
      beginning(),
      context(),
      user("u0", "/help"),
      user("u1", `first line of it\n${"x".repeat(500)}`),
      model("g1", "", { tokens: null }),
      model("g1", "1"),
      { $rewindTo: "u1" },
      user("u2", "again"),
      model("g2", "2", { model: "gemini-2.5-flash" }),
      { $set: { lastUpdated: at(9) } },
    ]));
    assert.deepEqual(summary, {
      ...{ title: "first line of it", updatedAt: at(9), parentId: null, agentVersion: null },
      ...{ messages: 3, models: ["google/gemini-2.5-pro", "google/gemini-2.5-flash"], cost: 0 },
      tokens: { input: 120, output: 40, reasoning: 10, cacheRead: 80, cacheWrite: 0 },
    });
  });

  it("is called as its summary says", async () => {
    const lines = [beginning(), user("u1", "hi"), { $set: { summary: "A greeting" } }];
    assert.equal((await told(linesOf(lines))).summary.title, "A greeting");
  });

  it("is read from an older document, too", async () => {
    const document = { ...beginning(), messages: [user("u1", "hi"), model("g1", "hello")] };
    const text = JSON.stringify(document, null, 2);
    const { messages, summary } = await told(text, PATH.replace(".jsonl", ".json"));
    assert.deepEqual(said(messages), ["hi", "hello"]);
    assert.deepEqual([summary.title, summary.messages, summary.tokens.output], ["hi", 2, 20]);
  });
});
