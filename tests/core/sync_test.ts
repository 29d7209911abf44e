/**
 * Bringing a backend level with another: what is copied, what is kept, and what is left alone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type SyncOptions,
  type SyncOutcome,
} from "@session-archiver/archiver";
import fc, { propertyRuns } from "../properties.ts";
import { bytesIn, flip, KEY, keysIn, sessionOf, textsIn, versionIn } from "./memory_copies.ts";

const DAY = "2026-02-01T12:00:00.000Z";
const LATER = "2026-02-02T12:00:00.000Z";

class World {
  readonly agent = new MemoryAgent();
  readonly old = new MemoryBackend({ name: "old" });
  readonly fresh = new MemoryBackend({ name: "fresh" });
  ledger = new MemoryLedger();

  archiver(into: readonly string[] = ["old", "fresh"]): Archiver {
    const backends = [this.old, this.fresh];
    return new Archiver({ agents: [this.agent], backends, default: into, ledger: this.ledger });
  }

  /** Sets the session to some messages and archives it. */
  async archive(texts: readonly string[], at: string, into: readonly string[]): Promise<string[]> {
    this.agent.set(sessionOf("one", texts, at));
    const statuses: string[] = [];
    for await (const { copies } of this.archiver(into).archiveAll()) {
      for (const { error, status } of copies) {
        if (error) throw error;
        statuses.push(status);
      }
    }
    return statuses;
  }

  async sync(options: SyncOptions = {}): Promise<SyncOutcome[]> {
    const outcomes: SyncOutcome[] = [];
    for await (const one of this.archiver().sync("old", "fresh", options)) outcomes.push(one);
    return outcomes;
  }
}

function statuses(outcomes: readonly SyncOutcome[]): string[] {
  return outcomes.map(({ status }) => status);
}

describe("bringing a backend level with another", () => {
  it("copies every archive and every version, byte for byte", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    await world.archive(["x"], LATER, ["old"]);
    assert.deepEqual(statuses(await world.sync()), ["copied", "copied"]);
    assert.deepEqual(await keysIn(world.fresh), await keysIn(world.old));
    for (const key of await keysIn(world.old)) {
      assert.deepEqual(await bytesIn(world.fresh, key), await bytesIn(world.old, key));
      const { metadata } = await world.old.head(key);
      assert.deepEqual((await world.fresh.head(key)).metadata, metadata);
    }
    assert.deepEqual(statuses(await world.sync()), ["same", "same"], "nothing is left to do");
  });

  it("says in a dry run what it would copy, and writes nothing", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    await world.archive(["x"], LATER, ["old"]);
    assert.deepEqual(statuses(await world.sync({ dryRun: true })), ["would copy", "would copy"]);
    assert.deepEqual(await keysIn(world.fresh), []);
    assert.deepEqual([...world.ledger.entries()].map(({ backend }) => backend), [
      world.old.identity,
    ]);
  });

  it("lets archiving go on in the new backend alone, as if it had always been there", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    await world.sync();
    let reads = 0;
    const get = world.fresh.get.bind(world.fresh);
    world.fresh.get = (...args) => (reads++, get(...args));
    assert.deepEqual(await world.archive(["a", "b"], DAY, ["fresh"]), ["unchanged"]);
    assert.deepEqual(await world.archive(["a", "b", "c"], LATER, ["fresh"]), ["archived"]);
    assert.equal(reads, 0, "what continues what was copied is known without reading");
    assert.deepEqual(await textsIn(world.fresh), ["a", "b", "c"]);
  });

  it("remembers what was copied by other means, as after rclone", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    const { metadata } = await world.old.head(KEY);
    await world.fresh.put(KEY, (await bytesIn(world.old))!, { metadata });
    assert.deepEqual(statuses(await world.sync()), ["same"]);
    assert.deepEqual(await world.archive(["a", "b"], DAY, ["fresh"]), ["unchanged"]);
  });

  it("does without a ledger, and without the agents of what it copies", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    const backends = [world.old, world.fresh];
    const archiver = new Archiver({ agents: [], backends });
    for await (const { status } of archiver.sync("old", "fresh")) assert.equal(status, "copied");
    assert.deepEqual(await textsIn(world.fresh), ["a"]);
  });

  it("leaves a later state that has all of it, and names what is only there", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    world.ledger = new MemoryLedger();
    await world.archive(["a", "b"], LATER, ["fresh"]);
    const only = KEY.replace("one", "two");
    await world.fresh.put(only, (await bytesIn(world.fresh))!);
    world.ledger = new MemoryLedger();
    assert.deepEqual(statuses(await world.sync()), ["ahead", "only there"]);
    assert.deepEqual(await textsIn(world.fresh), ["a", "b"]);
  });

  it("leaves a later state that was archived from here, where the first one fell behind", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old", "fresh"]);
    await world.archive(["a", "b"], LATER, ["fresh"]);
    const before = [...world.ledger.entries()];
    assert.deepEqual(statuses(await world.sync()), ["ahead"]);
    assert.deepEqual(await keysIn(world.fresh), [KEY]);
    assert.deepEqual(await textsIn(world.fresh), ["a", "b"]);
    assert.deepEqual([...world.ledger.entries()], before, "it is remembered as well as before");
    assert.deepEqual(await world.archive(["a", "b"], LATER, ["fresh"]), ["unchanged"]);
  });

  it("leaves a later state that has another title and nothing else", async () => {
    for (const knows of [true, false]) {
      const world = new World();
      await world.archive(["a"], DAY, ["old", "fresh"]);
      world.agent.set({ ...sessionOf("one", ["a"], LATER), title: "later" });
      await world.archiver(["fresh"]).archiveAll().next();
      const before = await bytesIn(world.fresh);
      if (!knows) world.ledger = new MemoryLedger();
      assert.deepEqual(statuses(await world.sync()), ["ahead"]);
      assert.deepEqual(await bytesIn(world.fresh), before);
    }
  });

  it("calls nothing the same of which the store tells the hash and not the length", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    await world.archive(["x"], LATER, ["old"]);
    await world.sync();
    const version = await versionIn(world.old);
    for (const knows of [true, false]) {
      for (const key of await keysIn(world.old)) {
        const { metadata } = await world.old.head(key);
        await world.fresh.put(key, (await bytesIn(world.old, key))!.subarray(0, 300), { metadata });
      }
      if (!knows) world.ledger = new MemoryLedger();
      const outcomes = await world.sync();
      assert.equal(outcomes.find(({ key }) => key === KEY)?.status, "copied");
      const failed = outcomes.find(({ key }) => key === version)!;
      assert.match("error" in failed ? failed.error.message : "", /damaged.*repair it first/);
      assert.deepEqual(await bytesIn(world.fresh), await bytesIn(world.old));
    }
  });

  it("brings two archives of one session to two places, and that once", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    world.ledger = new MemoryLedger();
    const moved = { ...sessionOf("one", ["a", "c"], LATER), projectPath: "/a/copy" };
    const elsewhere = new MemoryAgent();
    elsewhere.set(moved);
    const other = new MemoryBackend();
    await new Archiver({ agents: [elsewhere], backends: [other] }).archiveAll().next();
    const [second] = await keysIn(other);
    const { metadata } = await other.head(second);
    await world.old.put(second, (await bytesIn(other, second))!, { metadata });
    assert.deepEqual(await keysIn(world.old), [second, KEY]);
    for (const concurrency of [1, 4]) {
      const fresh = new MemoryBackend({ name: "fresh" });
      const ledger = new MemoryLedger();
      const archiver = new Archiver({
        agents: [world.agent],
        backends: [world.old, fresh],
        ledger,
      });
      for (const status of ["copied", "same"]) {
        for await (const one of archiver.sync("old", "fresh", { concurrency })) {
          assert.equal(one.status, status, JSON.stringify(one));
        }
      }
      for (const key of await keysIn(world.old)) {
        assert.deepEqual(await bytesIn(fresh, key), await bytesIn(world.old, key));
      }
      assert.deepEqual(await keysIn(fresh), await keysIn(world.old));
    }
  });

  it("writes no agent's session over that of another one", async () => {
    const world = new World();
    const other = new MemoryAgent("other");
    other.set(sessionOf("one", ["x"], LATER));
    await new Archiver({ agents: [other], backends: [world.old] }).archiveAll().next();
    await world.archive(["a"], DAY, ["fresh"]);
    const before = [...world.ledger.entries()];
    const [outcome] = await world.sync();
    assert.match(
      "error" in outcome ? outcome.error.message : "",
      /holds the session one of memory/,
    );
    assert.deepEqual(await keysIn(world.fresh), [KEY]);
    assert.deepEqual([...world.ledger.entries()], before);
  });

  it("reads nothing in a dry run but what may stand there in another state", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    Object.assign(world.old, { get: () => Promise.reject(new Error("it was read")) });
    assert.deepEqual(statuses(await world.sync({ dryRun: true })), ["would copy"]);
  });

  it("soon leaves either alone that is gone in the midst of it", async () => {
    for (const broken of ["old", "fresh"] as const) {
      const world = new World();
      for (let number = 0; number < 200; number++) {
        world.agent.set(sessionOf(`s${number}`, ["a"], DAY));
      }
      for await (const _ of world.archiver(["old"]).archiveAll()) void _;
      let calls = 0;
      let failures = 0;
      for (const call of ["get", "put", "head", "list"] as const) {
        const own = world[broken][call].bind(world[broken]) as (...args: unknown[]) => unknown;
        const gone = (...args: unknown[]) => {
          if (++calls <= 100) return own(...args);
          failures++;
          throw new ArchiveError("Transient", "connection refused", { backend: broken });
        };
        Object.assign(world[broken], { [call]: gone });
      }
      const outcomes: string[] = [];
      const sync = async () => {
        for await (const { status } of world.archiver().sync("old", "fresh")) outcomes.push(status);
      };
      await (broken === "old" ? sync() : assert.rejects(sync(), {
        code: "Transient",
        message: /^fresh took none of the last 20 archives, so .* connection refused$/,
      }));
      assert.deepEqual([...new Set(outcomes)], ["copied", "failed"]);
      assert.ok(failures < 20, `${broken} was asked ${failures} times more`);
    }
  });

  it("reads no archive after the other for a backend that takes none", async () => {
    const world = new World();
    for (let number = 0; number < 200; number++) {
      world.agent.set(sessionOf(`s${number}`, ["a"], DAY));
    }
    for await (const _ of world.archiver(["old"]).archiveAll()) void _;
    let reads = 0;
    const get = world.old.get.bind(world.old);
    world.old.get = (...args) => (reads++, get(...args));
    const put = () => Promise.reject(new ArchiveError("Unauthorized", "no", { backend: "fresh" }));
    Object.assign(world.fresh, { put });
    await assert.rejects(world.sync(), {
      code: "Unauthorized",
      message: /took none of the last 20/,
    });
    assert.ok(reads < 80, `${reads} were read in vain`);
  });

  it("keeps what stands there and would be lost", async () => {
    const world = new World();
    await world.archive(["a", "x"], DAY, ["fresh"]);
    world.ledger = new MemoryLedger();
    await world.archive(["a", "b"], LATER, ["old"]);
    world.ledger = new MemoryLedger();
    const outcomes = await world.sync();
    assert.deepEqual(statuses(outcomes), ["copied"]);
    assert.deepEqual(await textsIn(world.fresh), ["a", "b"]);
    assert.deepEqual(await textsIn(world.fresh, await versionIn(world.fresh)), ["a", "x"]);
  });

  it("copies nothing that is damaged, and says what to do", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    world.agent.remove("one");
    await flip(world.old);
    const [outcome] = await world.sync();
    assert.equal(outcome.status, "failed");
    assert.match("error" in outcome ? outcome.error.message : "", /damaged.*repair it first/);
    assert.deepEqual(await keysIn(world.fresh), []);
  });

  it("leaves out what is no archive, and says of each other what is to be done", async () => {
    const world = new World();
    const put = (id: string, text: string) =>
      world.old.put(KEY.replace("one", id), new TextEncoder().encode(text));
    await put("letter", "a letter\n");
    await world.archive(["a"], DAY, ["old"]);
    const text = new TextDecoder().decode(await bytesIn(world.old));
    await put("one", text.replace('"version":1', '"version":99'));
    const [letter, later] = await world.sync();
    assert.equal(letter.status, "left");
    assert.match("why" in letter ? letter.why : "", /letter\.json on old is no archive/);
    assert.equal("error" in later && later.error.code, "NotSupported");
    Object.assign(world.old, {
      head: () => Promise.reject(new ArchiveError("Timeout", "no answer", { backend: "old" })),
    });
    const [, silent] = await world.sync();
    assert.equal("error" in silent && silent.error.code, "Transient");
    assert.equal("error" in silent && silent.error.message, "no answer");
  });

  it("copies no version that is damaged", async () => {
    const world = new World();
    await world.archive(["a", "b"], DAY, ["old"]);
    await world.archive(["x"], LATER, ["old"]);
    const version = await versionIn(world.old);
    await flip(world.old, version);
    assert.deepEqual(statuses(await world.sync()), ["copied", "failed"]);
    assert.deepEqual(await keysIn(world.fresh), [KEY]);
  });

  it("names what should be there and is not", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    await world.old.delete(KEY);
    assert.deepEqual(statuses(await world.sync()), ["failed"]);
  });

  it("does not bring back what was deleted there", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old", "fresh"]);
    await world.archiver().delete(KEY, { backend: "fresh" });
    assert.deepEqual(statuses(await world.sync()), ["left"]);
    assert.deepEqual(await keysIn(world.fresh), []);
  });

  it("nor what was deleted there under another key, as of a project that moved", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    world.agent.set({ ...sessionOf("one", ["a"], LATER), projectPath: "/elsewhere" });
    for await (const _ of world.archiver(["fresh"]).archiveAll()) void _;
    const [moved] = await keysIn(world.fresh);
    assert.notEqual(moved, KEY);
    for (const dryRun of [true, false]) {
      assert.deepEqual(statuses(await world.sync({ dryRun })), ["only there", "same"]);
    }
    await world.archiver().delete(moved, { backend: "fresh" });
    assert.deepEqual(statuses(await world.sync()), ["left"]);
    assert.deepEqual(await keysIn(world.fresh), []);
  });

  it("calls nothing copied that does not come back as it was", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    const put = world.fresh.put.bind(world.fresh);
    world.fresh.put = async (key, body, options) => {
      const flipped = new Uint8Array(body as Uint8Array);
      flipped[flipped.indexOf(60)] ^= 1;
      return await put(key, flipped, options);
    };
    const [outcome] = await world.sync();
    assert.equal(outcome.status, "failed");
    assert.match("error" in outcome ? outcome.error.message : "", /gives back something else/);
  });

  it("tells a backend that cannot be listed, and copies nothing on the off chance", async () => {
    const world = new World();
    await world.archive(["a"], DAY, ["old"]);
    const broken = () => Promise.reject(new Error("no route to host"));
    const list = () => ({ [Symbol.asyncIterator]: () => ({ next: broken }) });
    Object.assign(world.fresh, { list });
    await assert.rejects(world.sync(), /no route to host/);
    assert.deepEqual(await world.fresh.get(KEY).catch(({ code }) => code), "NotFound");
  });

  it("refuses two names for one place, names that there are not, and no work at all", async () => {
    const archiver = new World().archiver();
    await assert.rejects(archiver.sync("old", "old").next(), /the same place/);
    for (const concurrency of [0, -1, 1.5, NaN]) {
      const sync = archiver.sync("old", "fresh", { concurrency });
      await assert.rejects(sync.next(), /no whole number, 1 or more/);
      await assert.rejects(archiver.rebuildLedger({ concurrency }).next(), { code: "Invalid" });
    }
    assert.throws(
      () => archiver.sync("old", "new"),
      /no backend named "new"; there are: old, fresh/,
    );
  });
});

const TEXTS = fc.subarray(["a", "b", "c", "d"], { minLength: 1 });
const HARMS = fc.constantFrom("none", "none", "flip", "cut", "stranger");

describe("whatever the two hold", () => {
  it("nothing whole is lost, and the second has all that is whole in the first", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(TEXTS, fc.constantFrom("old", "fresh"), fc.boolean()), { maxLength: 5 }),
        HARMS,
        HARMS,
        fc.boolean(),
        async (states, inOld, inFresh, knows) => {
          const world = new World();
          for (const [day, [texts, where, knew]] of states.entries()) {
            if (!knew) world.ledger = new MemoryLedger();
            await world.archive(texts, `2026-02-0${day + 1}T12:00:00.000Z`, [where]);
          }
          await harm(world.old, inOld);
          await harm(world.fresh, inFresh);
          if (!knows) world.ledger = new MemoryLedger();
          const before = await wholeIn(world.fresh);
          const source = await wholeIn(world.old);
          const outcomes = await world.sync();
          const after = await wholeIn(world.fresh);
          const has = (texts: string) => after.some((one) => contains(one, texts));
          for (const texts of before) assert.ok(has(texts), `${texts} was lost: ${after}`);
          const isStopped = outcomes.some(({ status }) => status === "failed" || status === "left");
          for (const texts of isStopped ? [] : source) {
            assert.ok(has(texts), `no ${texts}: ${after}`);
          }
          if (inOld === "none" && inFresh === "none") {
            assert.ok(!isStopped, JSON.stringify(outcomes));
          }
          const again = await world.sync();
          assert.ok(!statuses(again).includes("copied"), JSON.stringify(again));
        },
      ),
      { numRuns: propertyRuns(300) },
    ));
});

async function harm(backend: MemoryBackend, harm: string): Promise<void> {
  const bytes = await bytesIn(backend);
  if (!bytes) return;
  const { metadata } = await backend.head(KEY);
  if (harm === "flip") await flip(backend);
  if (harm === "cut") await backend.put(KEY, bytes.subarray(0, bytes.length / 2), { metadata });
  if (harm === "stranger") await backend.put(KEY, new TextEncoder().encode("a letter\n"));
}

/** The messages of each whole state of the session, versions too. */
async function wholeIn(backend: MemoryBackend): Promise<string[]> {
  const found: string[] = [];
  for (const key of await keysIn(backend)) {
    try {
      found.push((await textsIn(backend, key)).join(""));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

function contains(one: string, other: string): boolean {
  return [...other].every((text) => one.includes(text));
}
