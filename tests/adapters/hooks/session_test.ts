import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { HookAgent } from "../../../adapters/hooks/agents.ts";
import { sessionIn } from "../../../adapters/hooks/session.ts";

const ENV = { HOME: "/home/me" };

/** The session in what an agent says. */
function told(agent: HookAgent, payload: unknown, env: Readonly<Record<string, string>> = ENV) {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return sessionIn(agent, text, env);
}

describe("the session that a hook is about", () => {
  it("is the one that Claude Code names, in the folder that it uses", () => {
    const payload = { session_id: "5f01c5ed-e0ca", hook_event_name: "Stop", cwd: "/work" };
    const session = { agent: "claude-code", store: "/home/me/.claude", id: "5f01c5ed-e0ca" };
    assert.deepEqual(told("claude-code", payload), session);
    const elsewhere = told("claude-code", payload, { ...ENV, CLAUDE_CONFIG_DIR: "/data/claude" });
    assert.equal(elsewhere?.store, "/data/claude");
  });

  it("is a subagent's own where one has ended", () => {
    const payload = { session_id: "5f01", agent_id: "a4cd", hook_event_name: "SubagentStop" };
    assert.equal(told("claude-code", payload)?.id, "5f01.a4cd");
    assert.equal(told("claude-code", { ...payload, agent_id: undefined })?.id, "5f01");
    assert.equal(told("claude-code", { ...payload, hook_event_name: "Stop" })?.id, "5f01");
  });

  it("is the one that Codex and Copilot name, each in its way", () => {
    const codex = told("codex", { session_id: "01a2" }, { ...ENV, CODEX_HOME: "/data/codex" });
    assert.deepEqual(codex, { agent: "codex", store: "/data/codex", id: "01a2" });
    const copilot = told("copilot", { sessionId: "77b0", stopReason: "end_turn" });
    assert.deepEqual(copilot, { agent: "copilot", store: "/home/me/.copilot", id: "77b0" });
  });

  it("is called in Gemini CLI as its file is", () => {
    const path = "/home/me/.gemini/tmp/work/chats/session-2026-01-31T12-00-5f01c5ed.jsonl";
    const id = "work.session-2026-01-31T12-00-5f01c5ed";
    const payload = { session_id: "5f01c5ed-e0ca", transcript_path: path };
    const session = { agent: "gemini", store: "/home/me/.gemini", id };
    assert.deepEqual(told("gemini", payload), session);
    const windows = { transcript_path: path.replaceAll("/", "\\") };
    assert.equal(told("gemini", windows)?.id, id);
    assert.equal(told("gemini", { session_id: "5f01c5ed-e0ca" }), undefined);
  });

  it("is none when a sub-agent of Copilot ends, which has no file of its own", () => {
    // As Copilot says it: the session is the sub-agent itself, and the path that of its session.
    const payload = {
      ...{ sessionId: "153b", timestamp: 1795478514560, cwd: "/work", stopReason: "end_turn" },
      transcriptPath: "/home/me/.copilot/session-state/77b0/events.jsonl",
      ...{ stop_hook_active: false, agentId: "153b", agentType: "task", parentAgentId: "77b0" },
    };
    assert.equal(told("copilot", payload), undefined);
  });

  it("is the one that Copilot names at its end, where it names no file", () => {
    const payload = {
      sessionId: "77b0",
      timestamp: 1795478514881,
      cwd: "/work",
      reason: "complete",
    };
    assert.equal(told("copilot", payload)?.id, "77b0");
  });

  it("is none at a beginning, when nothing has been said yet", () => {
    assert.equal(told("claude-code", { session_id: "5f01", source: "startup" }), undefined);
    assert.equal(told("copilot", { sessionId: "5f01", source: "new" }), undefined);
  });

  for (
    const id of ["", "..", ".x", "a/b", "a\\b", "a~b", "a b", "-rf", "a\0", "x".repeat(201), 7]
  ) {
    it(`is none where the id is ${JSON.stringify(id).slice(0, 20)}`, () => {
      assert.equal(told("codex", { session_id: id }), undefined);
    });
  }

  for (const payload of ["", "{", "null", "[]", "7", '"session_id"']) {
    it(`is none in ${JSON.stringify(payload)}`, () => {
      assert.equal(told("codex", payload), undefined);
    });
  }

  it("is none in a folder that is relative, since nobody knows to what", () => {
    const env = { ...ENV, CODEX_HOME: "codex" };
    assert.equal(told("codex", { session_id: "01a2" }, env), undefined);
  });
});
