/**
 * The readable view.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openCode } from "../../../../adapters/agents/opencode/mod.ts";
import { addOddity } from "../../../fixtures/opencode_edits.ts";
import fc from "../../../properties.ts";
import { all, linesOf, readSession, withStore } from "./reading.ts";

const agent = openCode();

async function partsOf(...parts: unknown[]) {
  const messages = [{ info: { id: "msg_1", role: "user" }, parts }];
  const [message] = await all(agent.transcript(linesOf(JSON.stringify({ messages }))));
  return message.parts;
}

describe("the transcript of an OpenCode session", () => {
  it("has messages with what people read", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const { lines, native } = await readSession(store, store.written[0].id);
      const [prompt, answer] = await all(agent.transcript(linesOf(...lines)));
      assert.equal(prompt.role, "user");
      assert.equal(prompt.createdAt, "2026-01-01T00:00:00.000Z");
      assert.equal("model" in prompt, false);
      assert.deepEqual(prompt.parts, [{ type: "text", text: native.messages[0].parts[0].text }]);
      assert.deepEqual([answer.role, answer.model], ["assistant", "fake/echo"]);
      assert.equal(answer.tokens?.cacheRead, 8000);
      assert.deepEqual(answer.parts.map(({ type }) => type), ["reasoning", "tool", "text", "note"]);
    });
  });

  it("shows a turn that was cut off", async () => {
    await withStore({ sessions: [{ turns: 1, aborted: true }] }, async (store) => {
      const { lines } = await readSession(store, store.written[0].id);
      const answer = (await all(agent.transcript(linesOf(...lines))))[1];
      const tool = answer.parts.find((part) => part.type === "tool");
      assert.equal(tool?.status, "running");
      assert.deepEqual(answer.parts.at(-1), {
        type: "note",
        text: "MessageAbortedError: The operation was aborted.",
      });
    });
  });

  it("knows every type of part", async () => {
    const error = { name: "APIError", data: { message: "busy" } };
    const input = { a: 1 };
    assert.deepEqual(
      await partsOf(
        { type: "text", text: "hello", synthetic: true },
        { type: "file", mime: "image/png", filename: "a.png", url: "data:" },
        { type: "file", mime: "text/plain", source: { path: "/a" } },
        { type: "tool", tool: "bash", state: { status: "error", input, error: "no" } },
        { type: "tool", tool: "x", state: { status: "odd", input } },
        { type: "step-start" },
        { type: "step-finish" },
        { type: "snapshot" },
        { type: "patch", files: ["/a", "/b"] },
        { type: "compaction", auto: true },
        { type: "agent", name: "plan" },
        { type: "retry", attempt: 2, error },
        { type: "subtask", agent: "general", prompt: "look" },
        { type: "hologram" },
        { $raw: "e30=" },
      ),
      [
        { type: "text", text: "hello" },
        { type: "file", name: "a.png", mime: "image/png" },
        { type: "file", name: "/a", mime: "text/plain" },
        { type: "tool", tool: "bash", status: "error", input, output: "no" },
        { type: "tool", tool: "x", status: "pending", input },
        { type: "note", text: "changed /a, /b" },
        { type: "note", text: "compacted the conversation by itself" },
        { type: "note", text: "agent plan" },
        { type: "note", text: "try 2 failed: busy" },
        { type: "note", text: "subtask for general: look" },
        { type: "note", text: 'a part of the unknown type "hologram"' },
        { type: "note", text: "this part was broken in OpenCode's database" },
      ],
    );
  });

  it("has a place for a broken message", async () => {
    await withStore({ sessions: [{ turns: 1 }] }, async (store) => {
      const [{ id }] = store.written;
      await addOddity(store.database, id, "broken message");
      const { lines } = await readSession(store, id);
      const message = (await all(agent.transcript(linesOf(...lines)))).at(-1)!;
      assert.equal(message.role, "system");
      assert.match(JSON.stringify(message.parts), /Here comes.*message was broken/);
    });
  });

  it("never fails on any JSON", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue()), async (messages) => {
      const found = await all(agent.transcript(linesOf(JSON.stringify({ messages }))));
      assert.equal(found.length, messages.length);
    }));
  });
});
