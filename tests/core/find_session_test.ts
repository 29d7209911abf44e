import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isArchiveError, MemoryAgent } from "@session-archiver/archiver";
import { findSession, withSession } from "../../core/listing/find_session.ts";

const STORE = "memory:";

function agentWith(...ids: readonly string[]): MemoryAgent {
  const agent = new MemoryAgent();
  const createdAt = "2026-01-31T12:00:00.000Z";
  for (const id of ids) {
    agent.set({
      id,
      projectPath: "/p",
      createdAt,
      messages: [{ id: "m", role: "user", text: "" }],
    });
  }
  return agent;
}

const one = { agent: "memory", store: STORE, id: "one" };

describe("a session is found by its id", () => {
  it("as it is now", async () => {
    const found = await findSession([agentWith("other", "one")], one);
    assert.equal(found?.id, "one");
    assert.equal(found?.projectPath, "/p");
  });

  it("or not, where its store lacks it", async () => {
    assert.equal(await findSession([agentWith("other")], one), undefined);
  });

  it("only where its agent is known", async () => {
    await assert.rejects(
      findSession([agentWith("one")], { ...one, agent: "stranger" }),
      (error) =>
        isArchiveError(error, "NotSupported") && error.session === "one" &&
        /no agent named "stranger" here; there are: memory$/.test(error.message),
    );
  });

  it("and its agent looks on while something is done with it", async () => {
    const agent = agentWith("one");
    let isLooking = false;
    const { sessions } = agent;
    agent.sessions = async function* (filter) {
      isLooking = true;
      yield* sessions.call(agent, filter);
      isLooking = false;
    };
    const seen = await withSession([agent], one, (ref) => Promise.resolve([ref?.id, isLooking]));
    assert.deepEqual(seen, ["one", true]);
  });
});
