/**
 * Rebuilding a ledger from the backends alone: what is known afterwards, and what it is good for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Archiver,
  type Ledger,
  type LedgerEntry,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  NO_STORE,
  type RebuildOutcome,
} from "@session-archiver/archiver";
import fc from "../properties.ts";
import { bytesIn, flip, KEY, keysIn, sessionOf } from "./memory_copies.ts";

const DAY = "2026-02-01T12:00:00.000Z";
const LATER = "2026-02-02T12:00:00.000Z";

class World {
  readonly agent = new MemoryAgent();
  readonly backend = new MemoryBackend({ name: "near" });
  ledger = new MemoryLedger();

  get archiver(): Archiver {
    return new Archiver({ agents: [this.agent], backends: [this.backend], ledger: this.ledger });
  }

  /** Archives what the agent has, and tells what became of each. */
  async archive(): Promise<string[]> {
    const statuses: string[] = [];
    for await (const { copies } of this.archiver.archiveAll()) {
      statuses.push(...copies.map(({ status }) => status));
    }
    return statuses;
  }

  async rebuild(options = {}): Promise<RebuildOutcome[]> {
    const outcomes: RebuildOutcome[] = [];
    for await (const one of this.archiver.rebuildLedger(options)) outcomes.push(one);
    return outcomes;
  }

  entries(): ReturnType<typeof plain>[] {
    return [...this.ledger.entries()].map(plain);
  }
}

/** An entry without what an archive does not say of itself. */
function plain(entry: ReturnType<Ledger["at"]> & object) {
  const { store: _, token: _token, extent: _extent, ...rest } = entry;
  return rest;
}

function statuses(outcomes: readonly RebuildOutcome[]): string[] {
  return outcomes.map(({ status }) => status);
}

async function worldOf(...ids: readonly string[]): Promise<World> {
  const world = new World();
  for (const id of ids) world.agent.set(sessionOf(id, ["a", "b"], DAY));
  await world.archive();
  return world;
}

describe("rebuilding a ledger that is gone", () => {
  it("finds all that was known of each archive, but for whose store it was", async () => {
    const world = await worldOf("one", "two");
    const before = world.entries();
    world.ledger = new MemoryLedger();
    assert.deepEqual(statuses(await world.rebuild()), ["found", "found"]);
    assert.deepEqual(world.entries(), before);
    assert.ok([...world.ledger.entries()].every(({ store }) => store === NO_STORE));
    assert.deepEqual(statuses(await world.rebuild()), ["known", "known"]);
  });

  it("says in a dry run what it would find, and remembers nothing", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    assert.deepEqual(statuses(await world.rebuild({ dryRun: true })), ["found"]);
    assert.deepEqual(world.entries(), []);
  });

  it("lets the next run see that nothing is to be sent, and whose each archive is", async () => {
    const world = await worldOf("one", "two");
    const before = [...world.ledger.entries()];
    world.ledger = new MemoryLedger();
    await world.rebuild();
    const puts = countPuts(world.backend);
    assert.deepEqual(await world.archive(), ["unchanged", "unchanged"]);
    assert.equal(puts(), 0);
    assert.deepEqual(
      [...world.ledger.entries()].map(({ store, token }) => [store, token]),
      before.map(({ store, token }) => [store, token]),
    );
  });

  it("keeps a session where it is, though its project moved since", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    await world.rebuild();
    world.agent.set({ ...sessionOf("one", ["a", "b", "c"], LATER), projectPath: "/elsewhere" });
    assert.deepEqual(await world.archive(), ["archived"]);
    assert.deepEqual(await keysIn(world.backend), [KEY]);
  });

  it("keeps each where it is, also where not all was found before it was stopped", async () => {
    const world = await worldOf("one", "two");
    world.ledger = new MemoryLedger();
    const { head } = world.backend;
    const stop = new AbortController();
    world.backend.head = async (key, options) => {
      if (key !== KEY) stop.abort();
      return await head.call(world.backend, key, options);
    };
    await assert.rejects(world.rebuild({ signal: stop.signal }), { code: "Aborted" });
    Object.assign(world.backend, { head });
    assert.equal(world.entries().length, 1);
    for (const id of ["one", "two"]) {
      world.agent.set({ ...sessionOf(id, ["a", "b", "c"], LATER), projectPath: "/elsewhere" });
    }
    await world.archive();
    assert.deepEqual(await keysIn(world.backend), [KEY, KEY.replace("one", "two")]);
  });

  it("misses from then on what goes missing, even of sessions that are gone", async () => {
    const world = await worldOf("one");
    world.agent.remove("one");
    world.ledger = new MemoryLedger();
    await world.rebuild();
    await world.backend.delete(KEY);
    const found = [];
    for await (const { status } of world.archiver.verify()) found.push(status);
    assert.deepEqual(found, ["missing"]);
  });

  it("leaves alone what is deleted from then on, until its session changes", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    await world.rebuild();
    await world.archiver.delete(KEY);
    assert.deepEqual(await world.archive(), ["skipped"]);
    assert.deepEqual(await world.archive(), ["skipped"]);
    assert.equal(await bytesIn(world.backend), undefined);
    world.agent.set(sessionOf("one", ["a", "b", "c"], LATER));
    assert.deepEqual(await world.archive(), ["archived"]);
  });

  it("sends nobody to look for a session in no store", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    await world.rebuild();
    const { identity } = world.backend;
    await world.ledger.sending({ backend: identity, key: KEY, sha256: "0".repeat(64) });
    await world.backend.delete(KEY);
    for await (const place of world.archiver.settle({ before: Infinity })) {
      assert.deepEqual([place.status, "sessions" in place && place.sessions], ["missing", []]);
    }
    assert.equal(world.ledger.at(identity, KEY)?.state, "lost");
  });

  it("waits for no disk between two archives", async () => {
    const world = await worldOf(...Array.from({ length: 40 }, (_, number) => `s${number}`));
    let [waiting, most] = [0, 0];
    world.ledger = new class extends MemoryLedger {
      override async record(entry: LedgerEntry): Promise<void> {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 1));
        await super.record(entry);
        waiting--;
      }
    }();
    assert.deepEqual(new Set(statuses(await world.rebuild())), new Set(["found"]));
    assert.equal(world.entries().length, 40);
    assert.ok(most > 8, `${most} were remembered at once`);
  });

  it("takes no archive for its own work: what another machine went on with stays", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    world.agent.set(sessionOf("one", ["a", "b", "c"], LATER));
    await new Archiver({ agents: [world.agent], backends: [world.backend] }).archiveAll().next();
    const ahead = await bytesIn(world.backend);
    await world.rebuild();
    world.agent.set(sessionOf("one", ["a"], DAY));
    assert.deepEqual(await world.archive(), ["unchanged"]);
    assert.deepEqual(await bytesIn(world.backend), ahead);
  });
});

describe("rebuilding a ledger that is there", () => {
  it("marks as lost what is gone or damaged, so that the next run makes it again", async () => {
    for (const harm of [flip, (backend: MemoryBackend) => backend.delete(KEY)]) {
      const world = await worldOf("one");
      await harm(world.backend);
      assert.deepEqual(statuses(await world.rebuild()), ["lost"]);
      assert.deepEqual(await world.archive(), ["archived"]);
      assert.deepEqual(statuses(await world.rebuild()), ["known"]);
    }
  });

  it("corrects the etag of what was copied there by other means, and the state of what is back", async () => {
    const world = await worldOf("one");
    const { metadata } = await world.backend.head(KEY);
    const bytes = (await bytesIn(world.backend))!;
    await world.backend.delete(KEY);
    await world.rebuild();
    await world.backend.put(KEY, bytes, { metadata });
    assert.deepEqual(statuses(await world.rebuild()), ["corrected"]);
    const [{ etag, state }] = world.ledger.entries();
    assert.deepEqual([etag, state], [(await world.backend.head(KEY)).etag, "stored"]);
  });

  it("leaves alone what was deleted, what is no archive, and kept versions", async () => {
    const world = await worldOf("one", "two");
    const bytes = (await bytesIn(world.backend))!;
    world.agent.set(sessionOf("two", ["x"], LATER));
    await world.archive();
    await world.archiver.delete(KEY);
    await world.backend.put(KEY, bytes);
    await world.backend.put("home_me_project/2026-01-31/six.json", new TextEncoder().encode("no"));
    const before = world.entries();
    const outcomes = await world.rebuild();
    assert.deepEqual(statuses(outcomes), ["left", "left", "known"]);
    assert.deepEqual(world.entries(), before);
  });

  it("remembers one archive of a session: its own, else the one that changed last", async () => {
    const world = await worldOf("one");
    const elsewhere = new MemoryAgent();
    elsewhere.set({ ...sessionOf("one", ["a", "b", "c"], LATER), projectPath: "/a/copy" });
    const other = new MemoryBackend();
    await new Archiver({ agents: [elsewhere], backends: [other] }).archiveAll().next();
    const { metadata } = await other.head("a_copy/2026-01-31/one.json");
    const bytes = (await bytesIn(other, "a_copy/2026-01-31/one.json"))!;
    await world.backend.put("a_copy/2026-01-31/one.json", bytes, { metadata });
    assert.deepEqual(statuses(await world.rebuild()), ["left", "known"]);
    world.ledger = new MemoryLedger();
    assert.deepEqual(statuses(await world.rebuild()), ["found", "left"]);
    assert.equal(world.entries()[0].key, "a_copy/2026-01-31/one.json");
  });

  it("remembers the same one of two that are alike, each time", async () => {
    const world = await worldOf("one");
    const { metadata } = await world.backend.head(KEY);
    await world.backend.put(`a_${KEY}`, (await bytesIn(world.backend))!, { metadata });
    world.ledger = new MemoryLedger();
    assert.deepEqual(statuses(await world.rebuild()), ["found", "left"]);
    assert.deepEqual(statuses(await world.rebuild()), ["known", "left"]);
  });

  it("tells what could not be looked at, and a backend that cannot be listed", async () => {
    const world = await worldOf("one");
    world.ledger = new MemoryLedger();
    const broken = () => Promise.reject(new Error("no route to host"));
    Object.assign(world.backend, { head: broken, get: broken });
    assert.deepEqual(statuses(await world.rebuild()), ["failed"]);
    Object.assign(world.backend, {
      list: () => ({ [Symbol.asyncIterator]: () => ({ next: broken }) }),
    });
    await assert.rejects(world.rebuild(), /no route to host/);
  });
});

describe("a ledger that was rebuilt", () => {
  it("has every session once, however archiving and rebuilding take turns", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("forget", "rebuild", "archive", "grow", "drop"), {
          maxLength: 12,
        }),
        async (steps) => {
          const world = await worldOf("one", "two");
          const grown = ["a", "b"];
          for (const step of steps) {
            if (step === "forget") world.ledger = new MemoryLedger();
            else if (step === "rebuild") await world.rebuild();
            else if (step === "archive") await world.archive();
            else if (step === "drop") await world.backend.delete(KEY);
            else {
              grown.push(`c${grown.length}`);
              world.agent.set(sessionOf("one", grown, LATER));
            }
          }
          await world.rebuild();
          await world.archive();
          assert.deepEqual([...world.ledger.entries()].map(({ id }) => id).sort(), ["one", "two"]);
          assert.deepEqual(statuses(await world.rebuild()), ["known", "known"]);
        },
      ),
      { numRuns: 100 },
    ));
});

function countPuts(backend: MemoryBackend): () => number {
  let count = 0;
  const put = backend.put.bind(backend);
  backend.put = (...args) => (count++, put(...args));
  return () => count;
}
