import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type ArchiverOptions,
  type CopyOutcome,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
} from "@session-archiver/archiver";

const KEY = "home_me_project/2026-01-31/one.json";

describe("archiving and reading back", () => {
  let agent: MemoryAgent;
  let backend: MemoryBackend;
  let ledger: MemoryLedger;
  /** What the store gives back of what it was given. */
  let keeps: (bytes: Uint8Array) => Uint8Array;

  beforeEach(() => {
    agent = new MemoryAgent();
    backend = new MemoryBackend({ name: "store" });
    ledger = new MemoryLedger();
    keeps = (bytes) => bytes;
    const put = backend.put.bind(backend);
    backend.put = (key, body, options) => put(key, keeps(body as Uint8Array), options);
    set("Hello");
  });

  function set(text: string): void {
    agent.set({
      ...{ id: "one", projectPath: "/home/me/project", title: "One" },
      createdAt: "2026-01-31T12:00:00.000Z",
      messages: [{ id: "m1", role: "user", text }],
    });
  }

  async function archive(options: Partial<ArchiverOptions> = {}): Promise<CopyOutcome> {
    const archiver = new Archiver({ agents: [agent], backends: [backend], ledger, ...options });
    for await (const { copies: [copy] } of archiver.archiveAll({ readBack: true })) return copy;
    throw new Error("nothing was archived");
  }

  const state = () => [...ledger.entries()][0]?.state;

  for (const compress of ["none", "gzip"] as const) {
    it(`says of a copy that is as it was sent that it is, with compression ${compress}`, async () => {
      const { status, readBack } = await archive({ compress });
      assert.deepEqual([status, readBack, state()], ["archived", true, "stored"]);
    });
  }

  it("fails a copy that comes back changed, and the next run writes it again", async () => {
    keeps = (bytes) => bytes.with(150, bytes[150] ^ 1);
    const { status, key, error } = await archive();
    assert.deepEqual([status, key, state()], ["failed", KEY, "lost"]);
    assert.ok(isArchiveError(error, "Corrupt"));
    assert.match(
      error.message,
      /^store acknowledged .*one\.json, but gives back something else: its/,
    );
    keeps = (bytes) => bytes;
    assert.deepEqual([(await archive()).status, state()], ["archived", "stored"]);
  });

  it("fails a copy that is not there", async () => {
    const get = backend.get.bind(backend);
    backend.get = async (key) => {
      await backend.delete(key);
      return await get(key);
    };
    const { status, error } = await archive();
    assert.deepEqual([status, state()], ["failed", "lost"]);
    assert.ok(isArchiveError(error, "NotFound"));
  });

  it("does not take for lost what could not be read", async () => {
    backend.get = () => Promise.reject(new ArchiveError("Timeout", "no answer"));
    const { status, error } = await archive();
    assert.deepEqual([status, state()], ["failed", "stored"]);
    assert.match(String(error), /acknowledged .* but could not give it back: no answer; verify it/);
  });

  it("reads nothing that was not just put", async () => {
    await archive();
    backend.get = () => Promise.reject(new Error("must not be read"));
    const { status, readBack } = await archive();
    assert.deepEqual([status, readBack], ["unchanged", undefined]);
  });
});
