/**
 * Deleting sessions from their agents, under every fault that could make it a loss.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type LocalOutcome,
  type LocalPlan,
  type LocalPruneFilter,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type MemorySession,
  type SessionRemover,
} from "@session-archiver/archiver";
import { bytesOf } from "../../core/streams.ts";
import fc, { propertyRuns } from "../properties.ts";

const DAY = 86_400_000;
const NOW = new Date("2026-06-01T12:00:00.000Z");
const PROJECT = "/home/me/project";

/** A backend of which single reads go wrong. */
class ShakyBackend extends MemoryBackend {
  /** What the next read of a key gives in place of what is there. */
  readonly stale = new Map<string, Uint8Array>();
  /** Keys that cannot be read now. */
  readonly silent = new Set<string>();
  /** Called before each read. */
  onGet: (key: string) => void = () => {};

  override async get(...asked: Parameters<MemoryBackend["get"]>) {
    const [key] = asked;
    this.onGet(key);
    if (this.silent.has(key)) throw new ArchiveError("Transient", `no answer for ${key}`, { key });
    const given = await super.get(...asked);
    const stale = this.stale.get(key);
    return stale ? { ...given, body: new Blob([stale as BlobPart]).stream() } : given;
  }

  /** What is really there. */
  async bytes(key: string): Promise<Uint8Array> {
    return await bytesOf((await super.get(key)).body);
  }
}

/** An agent to which things happen in the very moment before it deletes. */
class BusyAgent extends MemoryAgent {
  beforeRemoval: (ids: readonly string[]) => void = () => {};
  afterRemoval: () => Promise<void> = () => Promise.resolve();
  /** What there is to say of every session. */
  warning?: string;

  override async load(...asked: Parameters<MemoryAgent["load"]>) {
    const session = await super.load(...asked);
    const { warning } = this;
    return warning === undefined ? session : { ...session, warnings: () => [warning] };
  }

  /** What keeps it from deleting any. */
  failure?: Error;

  override async remover(): Promise<SessionRemover> {
    if (this.failure) throw this.failure;
    const { remove, close } = await super.remover();
    return {
      remove: async (family, options) => {
        this.beforeRemoval(family.map(({ id }) => id));
        await remove(family, options);
        await this.afterRemoval();
      },
      close,
    };
  }
}

class World {
  readonly agent = new BusyAgent();
  readonly backends = [new ShakyBackend({ name: "near" }), new ShakyBackend({ name: "far" })];
  ledger = new MemoryLedger();
  readonly archiver = new Archiver({
    agents: [this.agent],
    backends: this.backends,
    ledger: this.ledger,
    rules: [
      { match: ["/home/me/private/**"], backends: [] },
      { match: ["/home/me/single/**"], backends: ["near"] },
    ],
  });

  /** Sets a session that last changed so many days ago. */
  set(id: string, { days = 10, ...more }: Partial<MemorySession> & { days?: number } = {}): void {
    this.agent.set({
      id,
      projectPath: PROJECT,
      createdAt: new Date(NOW.getTime() - 20 * DAY).toISOString(),
      updatedAt: new Date(NOW.getTime() - days * DAY).toISOString(),
      title: id,
      messages: [{ id: `${id}-1`, role: "user", text: `hello from ${id}` }],
      ...more,
    });
  }

  /** A message more. */
  grow(id: string): void {
    const session = this.agent.get(id);
    if (session === undefined) return;
    const { messages } = session;
    const more = { id: `${id}-${messages.length + 1}`, role: "user", text: "and on" } as const;
    this.agent.set({ ...session, messages: [...messages, more] });
  }

  async archive(): Promise<void> {
    for await (const { copies } of this.archiver.archiveAll()) {
      for (const { error } of copies) if (error) throw error;
    }
  }

  key(id: string): string {
    const { projectPath = PROJECT, createdAt = "" } = this.agent.get(id) ?? {};
    return `${projectPath.slice(1).replaceAll("/", "_")}/${createdAt.slice(0, 10)}/${id}.json`;
  }

  async plan(filter: Partial<LocalPruneFilter> = { changedBefore: NOW }): Promise<LocalPlan[]> {
    return await this.archiver.planLocalPruning({ now: NOW, ...filter });
  }

  async prune(plans?: readonly LocalPlan[]): Promise<LocalOutcome[]> {
    const outcomes: LocalOutcome[] = [];
    for await (const outcome of this.archiver.pruneLocal(plans ?? await this.plan())) {
      outcomes.push(outcome);
    }
    return outcomes;
  }
}

function worldOf(...ids: readonly string[]): World {
  const world = new World();
  for (const id of ids) world.set(id);
  return world;
}

function verdicts(plans: readonly LocalPlan[]): Record<string, string> {
  return Object.fromEntries(plans.map((plan) => [
    plan.sessions[0].id,
    plan.verdict === "doubtful" ? plan.problem : plan.verdict,
  ]));
}

describe("planning what may be deleted from an agent", () => {
  it("takes what is older than asked for, has rested for a day, and is archived as it is", async () => {
    const world = worldOf("old", "grown");
    world.set("young", { days: 3 });
    world.set("restless", { days: 0.5 });
    world.set("private", { projectPath: "/home/me/private/x" });
    await world.archive();
    world.set("new");
    world.grow("grown");
    const week = new Date(NOW.getTime() - 7 * DAY);
    const all = verdicts(await world.plan({ changedBefore: week }));
    assert.deepEqual(all, {
      old: "goes",
      grown: "it has changed since it was archived on near",
      new: "it is not archived on near",
      private: "its rule archives it nowhere",
      young: "young",
      restless: "young",
    });
    const now = verdicts(await world.plan({ changedBefore: new Date(NOW.getTime() + DAY) }));
    assert.equal(now.young, "goes");
    assert.equal(now.restless, "young");
  });

  it("takes those that changed longest ago until what stays is small enough", async () => {
    const world = new World();
    for (const days of [2, 3, 4, 5]) world.set(`${days}`, { days });
    await world.archive();
    world.set("6", { days: 6 });
    const [{ bytes }] = (await world.plan()).filter(({ verdict }) => verdict === "goes");
    const goes = async (keepBytes: number) =>
      (await world.plan({ keepBytes })).filter(({ verdict }) => verdict === "goes")
        .map(({ sessions: [{ id }] }) => id);
    assert.deepEqual(await goes(4 * bytes), []);
    assert.deepEqual(await goes(4 * bytes - 1), ["5"]);
    assert.deepEqual(await goes(2 * bytes), ["5", "4"]);
    assert.deepEqual(await goes(0), ["5", "4", "3", "2"]);
  });

  it("keeps what is pinned by its project or its id, and whose child is", async () => {
    const world = worldOf("one", "two", "three");
    world.set("child", { parentId: "two" });
    world.set("elsewhere", { projectPath: "/home/me/single/kept" });
    await world.archive();
    const keep = ["one", "child", "/home/me/single/*"];
    assert.deepEqual(verdicts(await world.plan({ changedBefore: NOW, keep })), {
      one: "pinned",
      two: "pinned",
      three: "goes",
      elsewhere: "pinned",
    });
  });

  it("keeps the sessions in other worktrees of a repository that is pinned", async () => {
    const world = new World();
    world.set("one", { projectPath: "/data/worktree/a1b2", origin: "/home/me/team/app" });
    await world.archive();
    const keep = ["/home/me/team/**"];
    assert.deepEqual(verdicts(await world.plan({ changedBefore: NOW, keep })), { one: "pinned" });
  });

  it("keeps a session for the sake of one that it started", async () => {
    const world = worldOf("parent");
    world.set("child", { parentId: "parent", days: 0.5 });
    await world.archive();
    assert.deepEqual(verdicts(await world.plan()), { parent: "young" });
    world.set("child", { parentId: "parent" });
    assert.match(verdicts(await world.plan()).parent, /^it has changed since/);
  });

  it("wants an age or a size", async () => {
    const world = worldOf("one");
    await assert.rejects(world.plan({}), { code: "Invalid", message: /give an age .*or a size/ });
    await assert.rejects(world.plan({ keepBytes: -1 }), { code: "Invalid", message: /is -1/ });
    await assert.rejects(world.plan({ keepBytes: NaN }), { code: "Invalid" });
  });
});

describe("deleting sessions from an agent", () => {
  it("deletes what is proven, with all that it started, and nothing else", async () => {
    const world = worldOf("one", "two");
    world.set("child", { parentId: "one" });
    world.set("grandchild", { parentId: "child" });
    world.set("young", { days: 0.1 });
    await world.archive();
    const outcomes = await world.prune();
    assert.deepEqual(
      outcomes.map(({ sessions, status }) => [sessions.map(({ id }) => id), status]).sort(),
      [[["one", "child", "grandchild"], "deleted"], [["two"], "deleted"]],
    );
    for (const id of ["one", "two", "child", "grandchild"]) assert.ok(!world.agent.get(id), id);
    assert.ok(world.agent.get("young"));
    await world.archiver.restore(world.key("one").replace(/[^/]*\/one/, "2026-05-12/one"));
    assert.ok(world.agent.get("grandchild"));
  });

  it("has a bad copy made again by the next run", async () => {
    const world = worldOf("one");
    await world.archive();
    const [, far] = world.backends;
    await far.delete(world.key("one"));
    const [outcome] = await world.prune();
    assert.ok(outcome.status === "kept" && outcome.error.code === "NotFound", outcome.status);
    await world.archive();
    assert.deepEqual((await world.prune()).map(({ status }) => status), ["deleted"]);
  });

  it("stops when it is told to, and tells of all that are gone by then", async () => {
    const ids = ["one", "two", "three", "four", "five", "six"];
    const world = worldOf(...ids);
    await world.archive();
    const ac = new AbortController();
    const deleted: string[] = [];
    // The one that went second learns of it only after the others were told to stop.
    let secondIsGone = () => {};
    const second = new Promise<void>((resolve) => secondIsGone = resolve);
    let removals = 0;
    world.agent.afterRemoval = async () => {
      if (++removals > 1) {
        secondIsGone();
        await new Promise((resolve) => setTimeout(resolve, 10));
      } else {
        await second;
        ac.abort();
      }
    };
    const outcomes = world.archiver.pruneLocal(await world.plan(), { signal: ac.signal });
    await assert.rejects(async () => {
      for await (const { sessions, status } of outcomes) {
        assert.equal(status, "deleted");
        deleted.push(sessions[0].id);
      }
    }, { code: "Aborted" });
    assert.deepEqual(ids.filter((id) => !world.agent.get(id)).sort(), deleted.sort());
    assert.ok(deleted.length > 0 && deleted.length < ids.length, deleted.join());
  });

  it("keeps all of a family for the least doubt about one of it", async () => {
    const harms: readonly ((world: World) => unknown)[] = [
      (world) => world.backends[0].delete(world.key("grandchild")),
      (world) => world.backends[0].silent.add(world.key("grandchild")),
      (world) => world.grow("grandchild"),
      (world) => world.agent.remove("grandchild"),
    ];
    for (const harm of harms) {
      const world = worldOf("parent");
      world.set("child", { parentId: "parent", projectPath: "/home/me/single/a" });
      world.set("grandchild", { parentId: "child" });
      await world.archive();
      const plans = await world.plan();
      assert.deepEqual(verdicts(plans), { parent: "goes" });
      await harm(world);
      const [{ status }] = await world.prune(plans);
      assert.equal(status, "kept", String(harm));
      assert.ok(world.agent.get("parent") && world.agent.get("child"));
    }
    const world = worldOf("parent");
    world.set("child", { parentId: "parent", projectPath: "/home/me/private/a" });
    await world.archive();
    assert.deepEqual(verdicts(await world.plan()), { parent: "its rule archives it nowhere" });
  });

  it("asks a backend no more that does not answer, and keeps what is there", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const world = worldOf(...ids);
    await world.archive();
    const [near, far] = world.backends;
    const read = { near: 0, far: 0 };
    near.onGet = () => read.near++;
    far.onGet = () => {
      read.far++;
      throw new ArchiveError("Timeout", "no answer", { backend: "far" });
    };
    const outcomes = await world.prune();
    assert.deepEqual(outcomes.map(({ status }) => status), ids.map(() => "kept"));
    assert.ok(read.far <= 8 && read.near <= 8, JSON.stringify(read));
  });

  it("needs no room for a large session on a disk that is full", async () => {
    const world = new World();
    world.set("large", { messages: [{ id: "m", role: "user", text: "x".repeat(9 << 20) }] });
    await world.archive();
    const full = new Archiver({
      agents: [world.agent],
      backends: world.backends,
      ledger: world.ledger,
      spool: { write: () => Promise.reject(new ArchiveError("Transient", "the disk is full")) },
    });
    const plans = await full.planLocalPruning({ now: NOW, changedBefore: NOW });
    for await (const { status } of full.pruneLocal(plans)) assert.equal(status, "deleted");
    assert.equal(world.agent.get("large"), undefined);
  });

  it("reads nothing back where none can be deleted, and goes on with other agents", async () => {
    const world = worldOf("one");
    const other = new MemoryAgent("other");
    other.set({ ...world.agent.get("one")!, id: "two" });
    const archiver = new Archiver({
      agents: [world.agent, other],
      backends: world.backends,
      ledger: world.ledger,
    });
    for await (const _ of archiver.archiveAll());
    world.agent.failure = new ArchiveError("NotFound", "there is no program");
    const plans = await archiver.planLocalPruning({ now: NOW, changedBefore: NOW });
    const read: string[] = [];
    for (const backend of world.backends) backend.onGet = (key) => read.push(key);
    await assert.rejects(async () => {
      for await (const { status } of archiver.pruneLocal(plans)) assert.equal(status, "deleted");
    }, { message: "there is no program" });
    assert.ok(world.agent.get("one") && !other.get("two"));
    assert.ok(read.length > 0 && !read.some((key) => key.includes("one")), read.join());
  });

  it("keeps one of which its agent has something to say", async () => {
    const world = worldOf("one");
    await world.archive();
    world.agent.warning = "a row of it holds broken JSON";
    const [outcome] = await world.prune();
    assert.ok(outcome.status === "kept", outcome.status);
    assert.match(outcome.error.message, /a row of it holds broken JSON/);
    assert.ok(world.agent.get("one"));
  });

  it("keeps one that another machine went on with, whose copies are good all the same", async () => {
    const world = worldOf("one");
    world.grow("one");
    await world.archive();
    world.set("one");
    const here = new Archiver({
      agents: [world.agent],
      backends: world.backends,
      ledger: world.ledger = new MemoryLedger(),
    });
    for await (const { copies } of here.archiveAll()) {
      assert.deepEqual(copies.map(({ status }) => status), ["unchanged", "unchanged"]);
    }
    const outcomes: LocalOutcome[] = [];
    const plans = await here.planLocalPruning({ now: NOW, changedBefore: NOW });
    for await (const outcome of here.pruneLocal(plans)) outcomes.push(outcome);
    const [{ status, ...rest }] = outcomes;
    assert.equal(status, "kept");
    assert.match("error" in rest ? rest.error.message : "", /near has another state of it/);
    assert.ok([...world.ledger.entries()].every(({ state }) => state === "stored"));
  });
});

/** What can go wrong with one session in one backend. */
const FAULTS = [
  "none",
  "flipped",
  "dropped",
  "swapped",
  "older",
  "stale",
  "silent",
  "emptied",
  "cut",
] as const;
/** What can happen to a session meanwhile. */
const CHANGES = [
  "none",
  "grown before",
  "grown while read",
  "grown at last",
  "child at last",
] as const;

interface Fate {
  readonly near: typeof FAULTS[number];
  readonly far: typeof FAULTS[number];
  readonly change: typeof CHANGES[number];
  readonly single: boolean;
}

/** Mostly all is well. */
function seldom<T extends string>(faults: readonly T[]) {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(faults[0]) }, fc.constantFrom(...faults));
}

const fate = fc.record({
  near: seldom(FAULTS),
  far: seldom(FAULTS),
  change: seldom(CHANGES),
  single: fc.boolean(),
});

describe("whatever happens to copies and sessions", () => {
  it("what the agent no longer has is whole in every backend of its rule", async () => {
    const seen = { deleted: 0, kept: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 4 }), async (fates) => {
        const { held, outcomes, world } = await played(fates);
        for (const [id, { near, far, change, single }] of fates.entries()) {
          const name = `s${id}`;
          const outcome = outcomes.find(({ sessions }) => sessions[0].id === name);
          // It would have gone with the one that started it, and nothing has a copy of it.
          if (change === "child at last") assert.ok(world.agent.get(name), "its child is lost");
          if (world.agent.get(name) === undefined) {
            seen.deleted++;
            assert.equal(outcome?.status, "deleted");
            await isWhole(world, held(name), single ? ["near"] : ["near", "far"]);
            continue;
          }
          seen.kept++;
          const isFaulty = change !== "none" || near !== "none" || (!single && far !== "none");
          assert.ok(isFaulty, `${name} was kept for no reason`);
          // Each is named: by the plan, or when it was tried.
          if (outcome) assert.ok(outcome.status === "kept" && outcome.error.message !== "");
        }
      }),
      { numRuns: propertyRuns(1_000) },
    );
    assert.ok(
      seen.deleted > propertyRuns(200) && seen.kept > propertyRuns(200),
      JSON.stringify(seen),
    );
  });
});

/** Plays one schedule of faults. */
async function played(fates: readonly Fate[]) {
  const world = new World();
  const names = fates.map((_, index) => `s${index}`);
  for (const [index, { single }] of fates.entries()) {
    world.set(names[index], { projectPath: single ? "/home/me/single/a" : PROJECT });
  }
  await world.archive();
  const keys = names.map((name) => world.key(name));
  const old = await Promise.all(keys.map((key) => world.backends[0].bytes(key)));
  for (const name of names) world.grow(name);
  await world.archive();
  // The last state of each that the agent had.
  const last = new Map<string, MemorySession>();
  const held = (name: string) => last.get(name)!;
  const note = () => {
    for (const name of names) {
      const session = world.agent.get(name);
      if (session) last.set(name, session);
    }
  };
  note();
  for (const [index, name] of names.entries()) {
    if (fates[index].change === "grown before") world.grow(name);
    for (const backend of world.backends) {
      if (backend.name === "far" && fates[index].single) continue;
      const next = keys[(index + 1) % keys.length];
      await befall(backend, fates[index][backend.name as "near" | "far"], keys[index], {
        old: old[index],
        other: next === keys[index] ? undefined : next,
      });
      if (fates[index].change === "grown while read") backend.onGet = () => world.grow(name);
    }
  }
  world.agent.beforeRemoval = (ids) => {
    const [id] = ids;
    const { change } = fates[names.indexOf(id)];
    if (change === "grown at last") world.grow(id);
    if (change === "child at last") world.set(`${id}-child`, { parentId: id });
    note();
  };
  const plans = await world.plan();
  return { world, held, outcomes: await world.prune(plans) };
}

async function befall(
  backend: ShakyBackend,
  fault: typeof FAULTS[number],
  key: string,
  { old, other }: { readonly old: Uint8Array; readonly other: string | undefined },
): Promise<void> {
  const bytes = await backend.bytes(key).catch(() => new Uint8Array());
  const { metadata } = await backend.head(key).catch(() => ({ metadata: {} }));
  const put = (body: Uint8Array) => backend.put(key, body, { metadata });
  if (fault === "flipped") await put(bytes.map((byte, at) => at === 200 ? byte ^ 1 : byte));
  if (fault === "dropped") await backend.delete(key);
  if (fault === "swapped") await put(other ? await backend.bytes(other).catch(() => old) : old);
  if (fault === "older") await put(old);
  if (fault === "stale") backend.stale.set(key, old);
  if (fault === "silent") backend.silent.add(key);
  if (fault === "emptied") await put(new Uint8Array());
  if (fault === "cut") await put(bytes.subarray(0, bytes.length - 10));
}

async function isWhole(world: World, session: MemorySession, names: readonly string[]) {
  for (const backend of world.backends) {
    if (!names.includes(backend.name)) continue;
    const { projectPath, createdAt, id } = session;
    const folder = projectPath.slice(1).replaceAll("/", "_");
    const key = `${folder}/${createdAt.slice(0, 10)}/${id}.json`;
    const document = JSON.parse(new TextDecoder().decode(await backend.bytes(key)));
    assert.deepEqual(document.native.messages, session.messages, `${key} on ${backend.name}`);
  }
}
