import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  isArchiveError,
  type ListOptions,
  type ListPage,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type PruneFilter,
  type PrunePlan,
} from "@session-archiver/archiver";
import fc from "../properties.ts";

const DAY = 86_400_000;
const KEY = "home_me_project/2026-01-31/one.json";

/** A store that writes one object a day, and remembers what it was asked to list. */
class SlowStore extends MemoryBackend {
  readonly listed: string[] = [];
  readonly #days = new Map<string, number>();
  #day = 0;

  override async put(...asked: Parameters<MemoryBackend["put"]>) {
    const done = await super.put(...asked);
    this.#days.set(asked[0], this.#day++);
    return done;
  }

  override async *list(options: ListOptions = {}): AsyncGenerator<ListPage> {
    this.listed.push(options.prefix ?? "");
    for await (const page of super.list(options)) {
      yield { ...page, objects: page.objects.map((one) => this.#dated(one)) };
    }
  }

  #dated<T extends { readonly key: string }>(object: T): T {
    return { ...object, modified: new Date((this.#days.get(object.key) ?? 0) * DAY) };
  }
}

let agent: MemoryAgent;
let store: SlowStore;
let ledger: MemoryLedger;
let archiver: Archiver;

function begin(): void {
  agent = new MemoryAgent();
  store = new SlowStore({ name: "store" });
  ledger = new MemoryLedger();
  archiver = new Archiver({ agents: [agent], backends: [store], ledger });
}

beforeEach(begin);

/** Archives states of a session that have so many messages, none of them in common. */
async function archiveStates(
  counts: readonly number[],
  { id = "one", projectPath = "/home/me/project", lengths = [] }: {
    readonly id?: string;
    readonly projectPath?: string;
    /** How long each state's messages are, in characters. */
    readonly lengths?: readonly number[];
  } = {},
) {
  for (const [state, count] of counts.entries()) {
    agent.set({
      id,
      projectPath,
      createdAt: "2026-01-31T12:00:00.000Z",
      title: id,
      messages: Array.from({ length: count }, (_, index) => ({
        id: `${state}-${index}`,
        role: "user",
        text: `message ${index} of state ${state}`.padEnd(lengths[state] ?? 0, "."),
      })),
    });
    for await (const { copies } of archiver.archiveAll({ ids: [id] })) {
      assert.equal(copies[0].status, "archived");
      assert.equal(copies[0].version !== undefined, state > 0);
    }
  }
}

async function plansOf(filter?: PruneFilter, from = archiver): Promise<PrunePlan[]> {
  const plans: PrunePlan[] = [];
  for await (const plan of from.planPruning(filter)) plans.push(plan);
  return plans;
}

async function onlyPlan(filter?: PruneFilter): Promise<PrunePlan> {
  const plans = await plansOf(filter);
  assert.equal(plans.length, 1);
  return plans[0];
}

async function prune(plan: PrunePlan): Promise<string[]> {
  const deleted: string[] = [];
  for await (const { key } of archiver.pruneVersions(plan)) deleted.push(key);
  return deleted;
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { objects } of store.list()) found.push(...objects.map(({ key }) => key));
  return found;
}

const counts = (plan: PrunePlan) => plan.goes.map(({ messages }) => messages);

/** Writes other bytes over an object, without its metadata. */
async function ruin(key: string): Promise<void> {
  await store.put(key, new TextEncoder().encode("a ruin"));
}

/** What pruning must not do. */
async function refuses(plan: PrunePlan, code: "Corrupt" | "NotFound" | "Invalid", why: RegExp) {
  const before = await keys();
  await assert.rejects(prune(plan), (error) => {
    assert.ok(isArchiveError(error, code), `${error}`);
    assert.match(error.message, why);
    return true;
  });
  assert.deepEqual(await keys(), before, "nothing was deleted");
}

describe("planPruning()", () => {
  it("lets go what is neither the richest version nor the newest", async () => {
    await archiveStates([3, 5, 1, 2]);
    const plan = await onlyPlan();
    assert.deepEqual(counts(plan), [3]);
    const [{ key, size, keptAt }] = plan.goes;
    assert.match(key, /^home_me_project\/2026-01-31\/one~[0-9a-f]{8}\.json$/);
    assert.ok(size > 100);
    // The archive was written first, then each version before what replaced it.
    assert.equal(keptAt, "1970-01-02T00:00:00.000Z");
    assert.deepEqual([plan.archive, plan.backend, plan.stays.length], [KEY, "store", 2]);
    assert.equal(plan.problem, undefined);
  });

  it("takes the largest of those with as many messages for the richest", async () => {
    await archiveStates([2, 2, 2, 1, 1], { lengths: [100, 900, 500] });
    const plan = await onlyPlan();
    assert.deepEqual(counts(plan), [2, 2]);
    const [, richest] = plan.stays;
    const { size } = await store.head(richest);
    assert.ok(plan.goes.every((one) => one.size < size));
  });

  it("keeps as many of the newest as it is told, and one at least", async () => {
    await archiveStates([9, 1, 2, 3, 4, 5]);
    assert.deepEqual(counts(await onlyPlan({ keep: 2 })), [2, 1]);
    assert.deepEqual(counts(await onlyPlan({ keep: 3 })), [1]);
    assert.deepEqual(counts(await onlyPlan({ keep: 0 })), [3, 2, 1]);
    assert.deepEqual(counts(await onlyPlan({ keep: 100 })), []);
  });

  it("lets go only what was kept before a moment", async () => {
    await archiveStates([9, 1, 2, 3, 4]);
    const [newest, oldest] = (await onlyPlan()).goes;
    assert.ok(newest.keptAt > oldest.keptAt);
    const filter = { keptBefore: new Date(newest.keptAt) };
    assert.deepEqual((await onlyPlan(filter)).goes, [oldest]);
    assert.deepEqual((await onlyPlan({ keptBefore: new Date(oldest.keptAt) })).goes, []);
  });

  it("lets nothing go of a session whose archive is missing, and says so", async () => {
    await archiveStates([9, 1, 2, 3]);
    await store.delete(KEY);
    const plan = await onlyPlan();
    assert.deepEqual([plan.goes, plan.archive, plan.stays.length], [[], KEY, 3]);
    assert.match(plan.problem ?? "", /^all versions stay: there is no such archive/);
  });

  it("lets nothing go of a session whose archive cannot be read, and says why", async () => {
    await archiveStates([9, 1, 2, 3]);
    await ruin(KEY);
    const plan = await onlyPlan();
    assert.deepEqual(plan.goes, []);
    assert.match(plan.problem ?? "", /^all versions stay: .*one\.json/);
  });

  it("counts neither ruins nor other sessions' archives as the newest or the richest", async () => {
    await archiveStates([9, 1, 2, 3]);
    await archiveStates([20], { id: "other" });
    const { body } = await store.get("home_me_project/2026-01-31/other.json");
    const chunks = body as ReadableStream<Uint8Array<ArrayBuffer>>;
    const strange = new Uint8Array(await new Response(chunks).arrayBuffer());
    await store.put(KEY.replace(".json", "~0badcafe.json"), strange);
    await ruin(KEY.replace(".json", "~deadbeef.json"));
    const plan = await onlyPlan({ keys: [KEY] });
    assert.deepEqual(counts(plan), [1], "9 is the richest, 2 the newest");
    assert.equal(plan.stays.length, 4);
    assert.match(plan.problem ?? "", /one~deadbeef\.json stays: /);
  });

  it("lists of an archive that is named its versions alone, and looks at none without need", async () => {
    await archiveStates([1, 2, 3]);
    await archiveStates([1], { id: "one0" });
    const heads: string[] = [];
    const { head } = store;
    store.head = (key, options) => (heads.push(key), head.call(store, key, options));
    store.listed.length = 0;
    assert.deepEqual(await plansOf({ keys: [KEY.replace("one", "one0")] }), []);
    assert.deepEqual(store.listed, ["home_me_project/2026-01-31/one0~"]);
    await onlyPlan({ keys: [KEY], keep: 2 });
    assert.equal(heads.length, 0, "all stay, whatever they are");
    await onlyPlan({ keys: [KEY] });
    assert.equal(heads.filter((key) => key.includes("~")).length, 2);
  });

  it("lists of a project that is named its folder alone", async () => {
    await archiveStates([9, 1, 2, 3]);
    await archiveStates([9, 1, 2, 3], { id: "two", projectPath: "/home/me/other" });
    store.listed.length = 0;
    const plan = await onlyPlan({ project: ["/home/me/other"] });
    assert.match(plan.archive, /^home_me_other\//);
    assert.deepEqual(store.listed, ["home_me_other/"]);
    store.listed.length = 0;
    assert.equal((await plansOf({ project: ["/home/me/**"] })).length, 2);
    assert.deepEqual(store.listed, ["home_me/", "home_me_"]);
    assert.deepEqual(await plansOf({ project: ["/home/you/**"] }), []);
  });

  it("refuses a key that is no archive's", async () => {
    for (const key of ["holiday.jpg", KEY.replace(".json", "~0badcafe.json")]) {
      await assert.rejects(plansOf({ keys: [key] }), (error) => isArchiveError(error, "Invalid"));
    }
  });

  it("goes on with other backends when one fails, and fails at the end", async () => {
    await archiveStates([9, 1, 2, 3]);
    const dead = new MemoryBackend({ name: "dead" });
    dead.list = () => {
      throw new ArchiveError("Timeout", "dead does not answer", { backend: "dead" });
    };
    const both = new Archiver({ agents: [agent], backends: [dead, store], ledger });
    const plans: PrunePlan[] = [];
    const look = async () => {
      for await (const plan of both.planPruning()) plans.push(plan);
    };
    await assert.rejects(look, (error) => isArchiveError(error, "Timeout"));
    assert.deepEqual(plans.map(({ backend }) => backend), ["store"]);
  });
});

describe("pruneVersions()", () => {
  it("deletes what the plan lets go and nothing else", async () => {
    await archiveStates([3, 5, 1, 2]);
    const plan = await onlyPlan();
    const before = await keys();
    const gone = await prune(plan);
    assert.deepEqual(gone, plan.goes.map(({ key }) => key));
    assert.deepEqual(await keys(), before.filter((key) => !gone.includes(key)));
    assert.deepEqual((await onlyPlan()).goes, []);
    assert.deepEqual(await prune(await onlyPlan()), []);
  });

  it("deletes nothing when the archive has gone or was damaged since", async () => {
    await archiveStates([3, 5, 1, 2]);
    const plan = await onlyPlan();
    await ruin(KEY);
    await refuses(
      plan,
      "Corrupt",
      /^no version of home_me.*one\.json on store was deleted, since /,
    );
    await store.delete(KEY);
    await refuses(plan, "NotFound", /is missing/);
  });

  it("deletes nothing when a version that stays was damaged", async () => {
    await archiveStates([3, 5, 1, 2]);
    const plan = await onlyPlan();
    const [richest] = plan.relies.slice(1).filter((key) => key !== plan.stays[0]);
    const { metadata } = await store.head(richest);
    await store.put(richest, new TextEncoder().encode("damaged"), { metadata });
    await refuses(plan, "Corrupt", /is damaged/);
  });

  it("deletes nothing that is no version of the plan's archive", async () => {
    await archiveStates([3, 5, 1, 2]);
    const plan = await onlyPlan();
    for (const key of [KEY, "home_me_project/2026-01-31/two~0badcafe.json"]) {
      const goes = [{ ...plan.goes[0], key }];
      await refuses({ ...plan, goes }, "Invalid", /is no version of/);
    }
  });

  it("never deletes the richest version or the newest, whatever was archived", async () => {
    const states = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(states, fc.integer({ min: 1, max: 4 }), async (some, keep) => {
        begin();
        await archiveStates(some);
        const before = (await keys()).filter((key) => key.includes("~"));
        const versions = some.slice(0, -1);
        const plans = await plansOf({ keep });
        const going = plans.flatMap(({ goes }) => goes);
        const staying = plans.flatMap(({ stays }) => stays);
        assert.deepEqual([...going.map(({ key }) => key), ...staying].sort(), before);
        for (const plan of plans) await prune(plan);
        const kept: number[] = [];
        for await (const row of archiver.list({ versions: true })) {
          if (row.version) kept.push(row.messages);
        }
        assert.equal(kept.length, versions.length - going.length);
        if (versions.length > 0) assert.ok(kept.includes(Math.max(...versions)));
        for (const count of versions.slice(-keep)) assert.ok(kept.includes(count));
        assert.ok((await keys()).includes(KEY));
        assert.deepEqual((await plansOf({ keep })).flatMap(counts), []);
      }),
      { numRuns: 40 },
    );
  });
});
