/**
 * Archiving sessions whose change tokens cannot be trusted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type ArchiveAllOptions,
  Archiver,
  type CopyOutcome,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type SessionRef,
} from "@session-archiver/archiver";

const ONE = {
  id: "one",
  projectPath: "/home/me/project",
  createdAt: "2026-01-31T12:00:00.000Z",
};
const says = (text: string) => [{ id: "m1", role: "user", text }] as const;

/** Its sessions look the same whatever becomes of them. */
class StillAgent extends MemoryAgent {
  loads = 0;

  override async *sessions(...asked: Parameters<MemoryAgent["sessions"]>) {
    for await (const session of super.sessions(...asked)) yield this.#still(session);
  }

  override async load(...asked: Parameters<MemoryAgent["load"]>) {
    this.loads++;
    return this.#still(await super.load(...asked));
  }

  #still<T extends object>(one: T): T {
    return { ...one, token: "the same" };
  }
}

function stage() {
  const agent = new StillAgent();
  const ledger = new MemoryLedger();
  const archiver = new Archiver({ agents: [agent], backends: [new MemoryBackend()], ledger });
  agent.set({ ...ONE, messages: says("hello") });
  const run = async (
    options: ArchiveAllOptions = {},
  ): Promise<readonly CopyOutcome["status"][]> => {
    const statuses: CopyOutcome["status"][] = [];
    for await (const { copies } of archiver.archiveAll(options)) {
      statuses.push(...copies.map(({ status }) => status));
    }
    return statuses;
  };
  return { agent, ledger, archiver, run };
}

describe("archiveAll({ rescan: true })", () => {
  it("archives what changed without showing it", async () => {
    const { agent, run } = stage();
    await run();
    agent.set({ ...ONE, messages: says("HELLO") });
    assert.deepEqual(await run(), ["unchanged"]);
    assert.deepEqual(await run({ rescan: true }), ["archived"]);
    assert.deepEqual(await run({ rescan: true }), ["unchanged"]);
  });

  it("reads every session, and remembers and sends nothing anew of what is the same", async () => {
    const { agent, ledger, run } = stage();
    await run();
    const { loads } = agent;
    ledger.record = () => Promise.reject(new Error("must not be remembered anew"));
    assert.deepEqual(await run({ rescan: true }), ["unchanged"]);
    assert.equal(agent.loads, loads + 1);
  });

  it("leaves alone what the user deleted, as long as it is the same", async () => {
    const { agent, archiver, run } = stage();
    await run();
    for await (const { key } of archiver.list()) await archiver.delete(key);
    assert.deepEqual(await run({ rescan: true }), ["skipped"]);
    agent.set({ ...ONE, messages: says("HELLO") });
    assert.deepEqual(await run({ rescan: true }), ["archived"]);
  });

  it("does not go by where a session belonged", async () => {
    const { agent, run } = stage();
    await run();
    const look = agent.sessions.bind(agent);
    const known: SessionRef[] = [];
    agent.sessions = async function* (filter) {
      for await (const session of look(filter)) {
        if (filter?.remembered?.(session)) known.push(session);
        yield session;
      }
    };
    await run();
    assert.equal(known.length, 1);
    await run({ rescan: true });
    assert.equal(known.length, 1);
  });
});
