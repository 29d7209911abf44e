/**
 * Repairing copies: what is brought back from where, and that nothing is made worse.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Archiver,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type RepairOutcome,
  type VerifyOutcome,
} from "@session-archiver/archiver";
import fc, { propertyRuns } from "../properties.ts";
import { bytesIn, flip, KEY, keysIn, sessionOf, textsIn, versionIn } from "./memory_copies.ts";

class World {
  readonly agent = new MemoryAgent();
  readonly near = new MemoryBackend({ name: "near" });
  readonly far = new MemoryBackend({ name: "far" });
  readonly ledger = new MemoryLedger();
  archiver = this.#archiver(this.ledger);

  #archiver(ledger: MemoryLedger): Archiver {
    return new Archiver({ agents: [this.agent], backends: [this.near, this.far], ledger });
  }

  /** The state of another machine, or of this one when its state is lost. */
  forget(): void {
    this.archiver = this.#archiver(new MemoryLedger());
  }

  /** Sets the session to some messages, and archives it. */
  async archive(texts: readonly string[], at = "2026-02-01T12:00:00.000Z"): Promise<void> {
    this.agent.set(sessionOf("one", texts, at));
    for await (const { copies } of this.archiver.archiveAll()) {
      for (const { error } of copies) if (error) throw error;
    }
  }

  async repair(options = {}): Promise<RepairOutcome[]> {
    const outcomes: RepairOutcome[] = [];
    for await (const one of this.archiver.repair(undefined, options)) outcomes.push(one);
    return outcomes;
  }

  async verify(): Promise<VerifyOutcome[]> {
    const outcomes: VerifyOutcome[] = [];
    for await (const one of this.archiver.verify()) outcomes.push(one);
    return outcomes;
  }
}

async function worldOf(...states: readonly (readonly string[])[]): Promise<World> {
  const world = new World();
  for (const [day, texts] of states.entries()) {
    await world.archive(texts, `2026-02-0${day + 1}T12:00:00.000Z`);
  }
  return world;
}

/** A world whose first backend has lost the session, and whose second one the last run never reached. */
async function withOlderMirror(): Promise<World> {
  const world = await worldOf(["a"]);
  const older = await bytesIn(world.far);
  const { metadata } = await world.far.head(KEY);
  const entry = world.ledger.at(world.far.identity, KEY)!;
  await world.archive(["a", "b"], "2026-02-05T12:00:00.000Z");
  const { etag } = await world.far.put(KEY, older!, { metadata });
  await world.ledger.record({ ...entry, etag });
  await world.near.delete(KEY);
  return world;
}

function told(outcomes: readonly RepairOutcome[]) {
  return outcomes.map((one) => [
    one.backend,
    one.status,
    "from" in one ? one.from.source : undefined,
  ]);
}

describe("repairing", () => {
  it("brings a damaged and a missing copy back from another backend, byte for byte", async () => {
    for (const harm of [flip, (backend: MemoryBackend) => backend.delete(KEY)]) {
      const world = await worldOf(["a", "b"]);
      const before = await bytesIn(world.near);
      await harm(world.near);
      world.agent.remove("one");
      assert.deepEqual(told(await world.repair()), [["near", "repaired", "mirror"]]);
      assert.deepEqual(await bytesIn(world.near), before);
      assert.ok((await world.verify()).every(({ status }) => status === "ok"));
      assert.deepEqual(await world.repair(), [], "nothing is left to do");
    }
  });

  it("says in a dry run what it would do, and does nothing", async () => {
    const world = await worldOf(["a"]);
    await flip(world.far);
    const before = await bytesIn(world.far);
    const [outcome] = await world.repair({ dryRun: true });
    assert.deepEqual(told([outcome]), [["far", "would repair", "mirror"]]);
    assert.match(outcome.problem, /one\.json is damaged: its SHA-256 is/);
    assert.deepEqual(await bytesIn(world.far), before);
  });

  it("does without a ledger", async () => {
    const world = await worldOf(["a"]);
    await flip(world.near);
    world.forget();
    assert.deepEqual(told(await world.repair()), [["near", "repaired", "mirror"]]);
    assert.deepEqual(await textsIn(world.near), ["a"]);
  });

  it("takes the session from its agent where no backend has it", async () => {
    const world = await worldOf(["a"]);
    await world.near.delete(KEY);
    await flip(world.far);
    const outcomes = told(await world.repair());
    assert.deepEqual(outcomes[0], ["near", "repaired", "agent"]);
    assert.ok(outcomes.every(([, status]) => status === "repaired"));
    assert.deepEqual([await textsIn(world.near), await textsIn(world.far)], [["a"], ["a"]]);
  });

  it("takes nothing from a mirror that rots after it was found good", async () => {
    const world = await worldOf(["a", "b"]);
    await world.near.delete(KEY);
    world.agent.remove("one");
    const whole = (await bytesIn(world.far))!;
    const rotten = new TextDecoder().decode(whole).replace("so on", "so no");
    let reads = 0;
    const get = world.far.get.bind(world.far);
    world.far.get = async (...asked) => {
      const given = await get(...asked);
      return reads++ === 0 ? given : { ...given, body: new Blob([rotten]).stream() };
    };
    const outcomes = await world.repair({ backend: "near" });
    assert.equal(reads, 2);
    assert.deepEqual(told(outcomes), [["near", "failed", undefined]]);
    const [{ error }] = outcomes as readonly { readonly error?: Error }[];
    assert.match(error?.message ?? "", /one\.json on far is damaged: its SHA-256 is/);
    assert.equal(await bytesIn(world.near), undefined, "rot is not spread");
  });

  it("takes nothing from a mirror that its store alone calls good", async () => {
    const world = await worldOf(["a", "b"]);
    await world.near.delete(KEY);
    world.agent.remove("one");
    const whole = new TextDecoder().decode(await bytesIn(world.far));
    const body = () => new Blob([whole.replace("so on", "so no")]).stream();
    const get = world.far.get.bind(world.far);
    world.far.get = async (...asked) => ({ ...await get(...asked), body: body() });
    assert.deepEqual(told(await world.repair({ quick: true })), [["near", "failed", undefined]]);
    assert.equal(await bytesIn(world.near), undefined, "rot is not spread");
  });

  it("takes no version that is not what its name says", async () => {
    const world = await worldOf(["a", "b"], ["x"]);
    const version = await versionIn(world.near);
    world.agent.remove("one");
    await world.near.delete(KEY);
    await world.far.delete(KEY);
    for (const backend of [world.near, world.far]) {
      const { metadata } = await backend.head(version);
      const text = new TextDecoder().decode(await bytesIn(backend, version));
      await backend.put(version, new TextEncoder().encode(text.replace("so on", "so no")), {
        metadata,
      });
    }
    assert.ok((await world.repair()).every(({ status }) => status !== "repaired"));
    assert.equal(await bytesIn(world.near), undefined);
  });

  it("takes the session itself rather than a mirror that is older than what was lost", async () => {
    const world = await withOlderMirror();
    assert.deepEqual(told(await world.repair({ backend: "near" })), [[
      "near",
      "repaired",
      "agent",
    ]]);
    assert.deepEqual(await textsIn(world.near), ["a", "b"]);
  });

  it("brings an older mirror back where nothing else is left", async () => {
    const world = await withOlderMirror();
    world.agent.remove("one");
    const outcomes = await world.repair({ backend: "near" });
    assert.deepEqual(told(outcomes), [["near", "repaired", "mirror"]]);
  });

  it("puts no version in the place of an older state that has more", async () => {
    const world = await worldOf(["a", "b"], ["x"]);
    const whole = await bytesIn(world.near);
    const { metadata } = await world.near.head(KEY);
    await world.archive(["p", "q", "r"], "2026-02-04T12:00:00.000Z");
    const richer = await bytesIn(world.near);
    const described = await world.near.head(KEY);
    await world.archive(["p", "q", "r", "s"], "2026-02-05T12:00:00.000Z");
    assert.ok(whole && metadata);
    await world.far.delete(KEY);
    await world.near.put(KEY, richer!, { metadata: described.metadata });
    world.agent.remove("one");
    const [near] = await world.repair({ backend: "near" });
    assert.deepEqual(await textsIn(world.near), ["p", "q", "r"], JSON.stringify(near));
    assert.equal(near.status, "hopeless");
  });

  it("does not offer a session that the rules no longer send there", async () => {
    const world = await worldOf(["a"]);
    await flip(world.near);
    await flip(world.far);
    const archiver = new Archiver({
      agents: [world.agent],
      backends: [world.near, world.far],
      rules: [{ match: ["/home/me/**"], backends: ["far"] }],
      ledger: world.ledger,
    });
    const outcomes: RepairOutcome[] = [];
    for await (const one of archiver.repair(undefined, { dryRun: true })) outcomes.push(one);
    assert.deepEqual(told(outcomes), [
      ["near", "hopeless", undefined],
      ["far", "would repair", "agent"],
    ]);
  });

  it("takes the very version that was lost before the session, and the richest after it", async () => {
    const world = await worldOf(["a", "b", "c"], ["x"]);
    const version = await versionIn(world.far);
    world.agent.remove("one");
    await world.near.delete(KEY);
    await world.far.delete(KEY);
    const outcomes = await world.repair();
    assert.deepEqual(told(outcomes)[0], ["near", "repaired", "version"]);
    const from = "from" in outcomes[0] ? outcomes[0].from : undefined;
    assert.deepEqual(from, { source: "version", backend: "near", key: version, exact: false });
    assert.deepEqual(await textsIn(world.near), ["a", "b", "c"]);
  });

  it("copies a newer state over an older mirror, and keeps what only that one had", async () => {
    const world = await worldOf(["a", "b"]);
    const { metadata } = await world.far.head(KEY);
    const older = await bytesIn(world.far);
    await world.archive(["a", "c"], "2026-02-05T12:00:00.000Z");
    for (const { key } of (await world.far.list().next()).value!.objects) {
      await world.far.delete(key);
    }
    await world.far.put(KEY, older!, { metadata });
    world.agent.remove("one");
    world.forget();
    const [outcome] = await world.repair();
    assert.equal(outcome.status, "repaired", JSON.stringify(outcome));
    assert.deepEqual(await textsIn(world.far), ["a", "c"]);
    const kept = "version" in outcome ? outcome.version : undefined;
    assert.deepEqual(await textsIn(world.far, kept), ["a", "b"]);
  });

  it("brings a damaged version back from the one in another backend", async () => {
    const world = await worldOf(["a", "b"], ["x"]);
    const version = await versionIn(world.near);
    await flip(world.near, version);
    assert.deepEqual(told(await world.repair()), [["near", "repaired", "mirror"]]);
    assert.deepEqual(await textsIn(world.near, version), ["a", "b"]);
  });

  it("names what nothing can repair, and leaves it", async () => {
    const world = await worldOf(["a"]);
    world.agent.remove("one");
    await flip(world.near);
    await flip(world.far);
    const ruin = await bytesIn(world.near);
    assert.deepEqual(told(await world.repair()), [
      ["near", "hopeless", undefined],
      ["far", "hopeless", undefined],
    ]);
    assert.deepEqual(await bytesIn(world.near), ruin);
  });

  it("leaves what belongs to somebody else", async () => {
    const world = await worldOf(["a"]);
    const stranger = new TextEncoder().encode("a letter to the editor\n");
    await world.near.put("home_me_project/2026-01-31/two.json", stranger);
    assert.deepEqual(told(await world.repair()), [["near", "left", undefined]]);
  });

  it("writes to one backend alone when it is told to, from the agent, too", async () => {
    const world = await worldOf(["a"]);
    await flip(world.near);
    await flip(world.far);
    const ruin = await bytesIn(world.far);
    assert.deepEqual(told(await world.repair({ backend: "near" })), [[
      "near",
      "repaired",
      "agent",
    ]]);
    assert.deepEqual(await textsIn(world.near), ["a"]);
    assert.deepEqual(await bytesIn(world.far), ruin);
  });

  it("repairs one backend alone when it is told to", async () => {
    const world = await worldOf(["a"]);
    await flip(world.near);
    assert.deepEqual(await world.repair({ backend: "far" }), []);
    assert.deepEqual(told(await world.repair({ backend: "near" })), [[
      "near",
      "repaired",
      "mirror",
    ]]);
    await assert.rejects(world.repair({ backend: "nowhere" }), { code: "Invalid" });
  });
});

const HARMS = ["none", "flip", "drop", "cut", "empty", "older", "swap"] as const;

describe("whatever was harmed", () => {
  it("nothing whole is lost by repairing, and all is good afterwards that can be", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...HARMS),
        fc.constantFrom(...HARMS),
        fc.boolean(),
        fc.boolean(),
        async (near, far, agentHas, knows) => {
          const world = await worldOf(["a", "b"]);
          const old = (await bytesIn(world.near))!;
          await world.archive(["a", "b", "c"], "2026-02-05T12:00:00.000Z");
          await harmed(world.near, near, old);
          await harmed(world.far, far, old);
          if (!agentHas) world.agent.remove("one");
          if (!knows) world.forget();
          const before = [...await wholeTexts(world.near), ...await wholeTexts(world.far)];
          const outcomes = await world.repair();
          const after = [...await wholeTexts(world.near), ...await wholeTexts(world.far)];
          for (const text of before) assert.ok(after.includes(text), `${text} was lost`);
          const hopeless = outcomes.filter(({ status }) => status !== "repaired");
          const verified = await world.verify();
          const wrong = verified.filter(({ status }) => status !== "ok");
          assert.ok(wrong.length <= hopeless.length, JSON.stringify({ outcomes, wrong }));
          if (agentHas && knows) assert.deepEqual(hopeless, []);
        },
      ),
      { numRuns: propertyRuns(300) },
    ));
});

async function harmed(backend: MemoryBackend, harm: typeof HARMS[number], old: Uint8Array) {
  const { metadata } = await backend.head(KEY);
  const whole = (await bytesIn(backend))!;
  if (harm === "flip") await flip(backend);
  if (harm === "drop") await backend.delete(KEY);
  if (harm === "cut") await backend.put(KEY, whole.subarray(0, whole.length / 2), { metadata });
  if (harm === "empty") await backend.put(KEY, new Uint8Array(), { metadata });
  if (harm === "older") await backend.put(KEY, old);
  if (harm === "swap") {
    const other = new TextDecoder().decode(whole).replace('"id":"one"', '"id":"six"');
    await backend.put(KEY, new TextEncoder().encode(other), { metadata });
  }
}

/** The texts in whatever of the session is whole there, versions too. */
async function wholeTexts(backend: MemoryBackend): Promise<string[]> {
  const found = new Set<string>();
  for (const key of await keysIn(backend)) {
    const text = new TextDecoder().decode(await bytesIn(backend, key));
    try {
      if (JSON.parse(text).id !== "one") continue;
    } catch (error) {
      if (error instanceof SyntaxError) continue;
      throw error;
    }
    for (const [mark] of text.matchAll(/<\w>/g)) found.add(mark);
  }
  return [...found];
}
