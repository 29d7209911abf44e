/**
 * Conversations with Copilot.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asked, beginning, type Event, event, messagesOf, said, usage } from "./made_up.ts";

const LS = { toolCallId: "call_1", arguments: { command: "ls" } };
const CALLED = said("I look", {
  ...{ messageId: "m1", apiCallId: "api_1", reasoningText: "I should look" },
  toolRequests: [{ ...LS, name: "bash", intentionSummary: "list" }],
});
const BEGAN = event("tool.execution_start", { ...LS, toolName: "bash" });
const ended = (answer: Record<string, unknown>) =>
  event("tool.execution_complete", { toolCallId: "call_1", ...answer });
const ENDED = ended({ success: true, result: { content: "a.txt", detailedContent: "…" } });
const CALL = { type: "tool", tool: "bash", input: { command: "ls" }, title: "list" };

const kindsOf = (messages: Awaited<ReturnType<typeof messagesOf>>) =>
  messages.map(({ role, parts }) => [
    role,
    ...parts.map((part) =>
      part.type === "tool" ? part.status : "text" in part ? part.text : part.type
    ),
  ]);

describe("a conversation with Copilot", () => {
  it("has the model's thoughts, calls with what they gave, and tokens, each once", async () => {
    const [user, answered, ...others] = await messagesOf([
      ...beginning("/p"),
      asked("look", { messageId: "m0" }),
      event("assistant.reasoning", { content: "I should look" }),
      event("session.usage_record", { usage: { ...usage(100, 40, 20), apiCallId: "api_1" } }),
      CALLED,
      ...[BEGAN, ENDED],
      said("there is a.txt", { apiCallId: "api_2", outputTokens: 9, providerId: "mine" }),
    ]);
    assert.deepEqual([user.id, user.role, user.createdAt], [
      ...["m0", "user", "2026-01-31T12:00:01.000Z"],
    ]);
    assert.deepEqual(answered.parts, [
      { type: "reasoning", text: "I should look" },
      { type: "text", text: "I look" },
      { ...CALL, status: "completed", output: "a.txt" },
      { type: "text", text: "there is a.txt" },
    ]);
    const tokens = { input: 60, output: 29, reasoning: 1, cacheRead: 40, cacheWrite: 0 };
    assert.deepEqual([answered.tokens, answered.model, others], [tokens, "mine/gpt-9", []]);
  });

  it("has the error of a call that failed", async () => {
    const failed = ended({ success: false, error: { message: "no such thing" } });
    const [, { parts }] = await messagesOf([asked("look"), CALLED, BEGAN, failed]);
    assert.deepEqual(parts.at(-1), { ...CALL, status: "error", output: "no such thing" });
  });

  it("pairs a call with what it gave, also where the user spoke meanwhile", async () => {
    const messages = await messagesOf([
      ...[asked("look"), CALLED, asked("quickly"), ENDED, said("a.txt")],
      ...[asked("thanks"), said("at your service")],
    ]);
    assert.deepEqual(kindsOf(messages), [
      ["user", "look"],
      ["assistant", "I should look", "I look", "completed"],
      ...[["user", "quickly"], ["assistant", "a.txt"]],
      ...[["user", "thanks"], ["assistant", "at your service"]],
    ]);
  });

  it("shows what was cut off: a call without an answer, a turn that was stopped", async () => {
    const stopped = event("abort", { reason: "user_initiated" });
    const resumed = event("session.resume", {});
    const messages = await messagesOf([asked("look"), CALLED, stopped, resumed, asked("again")]);
    assert.deepEqual(kindsOf(messages), [
      ["user", "look"],
      ["assistant", "I should look", "I look", "running"],
      ["assistant", "aborted: user_initiated"],
      ["user", "again"],
    ]);
  });

  it("tells apart what sub-agents said and called", async () => {
    const name = { agentDisplayName: "Ann", agentName: "task", toolCallId: "call_1" };
    const messages = await messagesOf([
      ...[asked("ask Ann"), CALLED],
      event("subagent.started", name, "agent_1"),
      event("session.model_change", { newModel: "gpt-small" }, "agent_1"),
      event("user.message", { content: "do it", source: "agent-1" }, "agent_1"),
      event("assistant.message", { content: "done" }, "agent_1"),
      ...[ENDED, event("assistant.message", { content: "Ann says done" })],
    ]);
    assert.deepEqual(kindsOf(messages), [
      ["user", "ask Ann"],
      ["assistant", "I should look", "I look", "completed"],
      ["assistant", "sub-agent Ann", "done"],
      ["assistant", "Ann says done"],
    ]);
  });

  it("has what was attached, what the user ran, and what others said for the user", async () => {
    const attachments = [
      { type: "file", path: "/p/a.png", displayName: "a.png", mimeType: "image/png" },
      { type: "selection", filePath: "/p/b.ts" },
      { type: "github_url", url: "https://example.com/c" },
    ];
    const messages = await messagesOf([
      asked("see", { attachments }),
      asked("how to read a PDF", { source: "skill-pdf" }),
      event("tool.user_requested", { ...LS, toolName: "bash" }),
      ENDED,
    ]);
    assert.deepEqual(messages[0].parts.slice(1), [
      { type: "file", name: "a.png", mime: "image/png" },
      { type: "file", name: "/p/b.ts" },
      { type: "file", name: "https://example.com/c" },
    ]);
    assert.deepEqual(kindsOf(messages.slice(1)), [
      ["system", "how to read a PDF"],
      ["user", "completed"],
    ]);
  });

  it("notes errors, and that the context was made shorter", async () => {
    const messages = await messagesOf([
      event("session.error", { message: "no more quota" }),
      event("session.compaction_complete", { success: false }),
      event("session.compaction_complete", { success: true }),
      event("session.context_cleared", {}),
    ]);
    assert.deepEqual(messages.flatMap(({ parts }) => parts), [
      { type: "note", text: "error: no more quota" },
      { type: "note", text: "compacted" },
      { type: "note", text: "context cleared" },
    ]);
  });

  it("is not upset by records of any other shape", async () => {
    const odd: Event[] = [
      event("session.start", { context: 5, startTime: 7 }),
      event("user.message", { content: 5, attachments: 6 }),
      event("assistant.message", { content: null, toolRequests: "none", model: [] }),
      event("tool.execution_complete", { toolCallId: "nobody's" }),
      event("session.usage_record", {}),
      event("something.new", { text: "…" }),
    ];
    assert.deepEqual(await messagesOf(odd), []);
  });
});
