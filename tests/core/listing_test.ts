import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  Archiver,
  type ListFilter,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type MemorySession,
} from "@session-archiver/archiver";

let agent: MemoryAgent;
let backend: MemoryBackend;
let ledger: MemoryLedger;
let listings: number;
let heads: number;

beforeEach(() => {
  agent = new MemoryAgent();
  backend = new MemoryBackend({ name: "store" });
  ledger = new MemoryLedger();
});

function add(id: string, more: Partial<MemorySession> = {}): void {
  agent.set({
    id,
    projectPath: "/p",
    createdAt: "2026-01-01T00:00:00.000Z",
    title: `Title ${id}`,
    messages: [],
    ...more,
  });
}

/** Archives what was added, and counts requests from then on. */
async function archive(backends = [backend]): Promise<Archiver> {
  const archiver = new Archiver({ agents: [agent], backends, ledger });
  for await (const { copies } of archiver.archiveAll()) {
    assert.ok(copies.every(({ status }) => status === "archived"));
  }
  listings = heads = 0;
  const { list, head } = backend;
  backend.list = (options) => (listings++, list.call(backend, options));
  backend.head = (...args) => (heads++, head.apply(backend, args));
  return archiver;
}

/** An archiver that knows nothing of what was archived. */
function fresh(): Archiver {
  return new Archiver({ agents: [agent], backends: [backend], ledger: new MemoryLedger() });
}

async function idsOf(archiver: Archiver, filter: ListFilter & { backend?: string } = {}) {
  const ids: string[] = [];
  for await (const { id } of archiver.list(filter)) ids.push(id);
  return ids;
}

const day = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 86_400_000).toISOString();

describe("list()", () => {
  it("shows the newest day first, over all projects", async () => {
    add("old", { createdAt: day(1) });
    add("newest", { createdAt: day(9), projectPath: "/q" });
    add("middle", { createdAt: day(5) });
    assert.deepEqual(await idsOf(await archive()), ["newest", "middle", "old"]);
  });

  it("shows what changed last first within a day", async () => {
    add("a");
    add("b");
    const archiver = await archive();
    const put = backend.put.bind(backend);
    const key = "p/2026-01-01/a.json";
    await new Promise((done) => setTimeout(done, 5));
    await put(
      key,
      new Uint8Array(
        await new Response((await backend.get(key)).body as ReadableStream<Uint8Array<ArrayBuffer>>)
          .arrayBuffer(),
      ),
    );
    assert.deepEqual(await idsOf(archiver), ["a", "b"]);
  });

  it("gives a row all that a list shows, with and without a ledger", async () => {
    add("one", { title: "Ünïcode 😀\nlines", parentId: "zero" });
    const archiver = await archive();
    const rows = [];
    for (const ledgerOrNot of [archiver, fresh()]) {
      for await (const row of ledgerOrNot.list()) rows.push(row);
    }
    assert.deepEqual(rows[0], rows[1]);
    const { size, ...row } = rows[0];
    assert.ok(size > 100);
    assert.deepEqual(row, {
      key: "p/2026-01-01/one.json",
      backends: ["store"],
      agent: "memory",
      id: "one",
      title: "Ünïcode 😀\nlines",
      projectPath: "/p",
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-01T00:00:00.000Z",
      parentId: "zero",
      messages: 0,
    });
  });

  it("reads first line and end where a store keeps no metadata", async () => {
    add("one", { title: "t".repeat(9000), projectPath: `/${"deep/".repeat(1500)}` });
    await archive();
    Object.assign(backend, { capabilities: { ...backend.capabilities, metadata: false } });
    for await (const row of fresh().list()) {
      assert.equal(row.title.length, 9000);
      assert.equal(row.projectPath.length, 7501);
    }
    assert.equal(heads, 0);
  });

  it("shows an object that is no archive with its problem, and goes on", async () => {
    add("one");
    await archive();
    await backend.put("p/2026-01-02/broken.json", new TextEncoder().encode("garbage"));
    const rows = [];
    for await (const { id, problem } of fresh().list()) rows.push([id, problem !== undefined]);
    assert.deepEqual(rows, [["broken", true], ["one", false]]);
  });

  it("names every backend that holds a key, in one row", async () => {
    const mirror = new MemoryBackend({ name: "mirror" });
    add("one");
    const archiver = await archive([backend, mirror]);
    await mirror.put("p/2026-01-01/alone.json", new Uint8Array());
    const rows = [];
    for await (const { id, backends } of archiver.list()) rows.push([id, backends]);
    assert.deepEqual(rows.sort(), [["alone", ["mirror"]], ["one", ["store", "mirror"]]]);
    assert.deepEqual(await idsOf(archiver, { backend: "store" }), ["one"]);
  });

  it("hides versions unless they are asked for", async () => {
    add("one", { messages: [{ id: "m", role: "user", text: "x" }] });
    await archive();
    add("one");
    await archive();
    assert.deepEqual(await idsOf(fresh()), ["one"]);
    const versions = [];
    for await (const { version } of fresh().list({ versions: true })) {
      versions.push(version?.length);
    }
    assert.deepEqual(versions.sort(), [8, undefined]);
  });

  it("filters by project, day and title", async () => {
    add("work", { projectPath: "/work/a", createdAt: day(1), title: "Fix the BUG" });
    add("also", { projectPath: "/work_a", createdAt: day(2) });
    add("home", { projectPath: "/home", createdAt: day(3) });
    const archiver = await archive();
    assert.deepEqual(await idsOf(archiver, { project: ["/work/a"] }), ["work"]);
    assert.deepEqual(await idsOf(archiver, { project: ["/work/**"] }), ["work"]);
    assert.deepEqual(await idsOf(archiver, { since: "2026-01-03" }), ["home", "also"]);
    assert.deepEqual(await idsOf(archiver, { until: "2026-01-02" }), ["work"]);
    assert.deepEqual(await idsOf(archiver, { title: "the bug" }), ["work"]);
  });

  it("finds all below a folder, however long its path, and nothing beside it", async () => {
    const long = `/${"long/".repeat(30)}`.slice(0, -1);
    add("own", { projectPath: "/jobs", createdAt: day(1) });
    add("below", { projectPath: "/jobs/a/b", createdAt: day(2) });
    add("beside", { projectPath: "/jobs_a", createdAt: day(3) });
    add("moved", { projectPath: "/elsewhere", createdAt: day(4) });
    add("long", { projectPath: long, createdAt: day(5) });
    add("longer", { projectPath: `${long}/er`, createdAt: day(6) });
    const archiver = await archive();
    add("moved", { projectPath: "/jobs/c", createdAt: day(4) });
    for await (const _ of archiver.archiveAll());
    for (const known of [archiver, fresh()]) {
      const moved = known === archiver ? ["moved"] : [];
      assert.deepEqual(await idsOf(known, { project: ["/jobs/**"] }), [...moved, "below", "own"]);
      assert.deepEqual(await idsOf(known, { project: [`${long}/**`] }), ["longer", "long"]);
      assert.deepEqual(
        await idsOf(known, { project: ["/jobs/**", "/jobs/a/**"] }),
        [...moved, "below", "own"],
      );
    }
    assert.equal((await idsOf(archiver, { project: ["/**"] })).length, 6);
  });

  it("finds a session that moved to a project, as far as the ledger knows", async () => {
    add("one", { projectPath: "/old" });
    const archiver = await archive();
    add("one", { projectPath: "/new" });
    for await (const _ of archiver.archiveAll());
    assert.deepEqual(await idsOf(archiver, { project: ["/new"] }), ["one"]);
    assert.deepEqual(await idsOf(archiver, { project: ["/old"] }), []);
  });

  it("takes no case for another where the file system does not", async () => {
    add("one", { projectPath: "/Work" });
    await archive();
    const options = { agents: [agent], backends: [backend], ledger };
    const archiver = new Archiver({ ...options, paths: { ignoreCase: true } });
    assert.deepEqual(await idsOf(archiver, { project: ["/work"] }), ["one"]);
    assert.deepEqual(await idsOf(new Archiver(options), { project: ["/work"] }), []);
  });

  it("goes by the session's own last change where the ledger knows it", async () => {
    const updatedAt = (hour: number) => `2026-01-01T0${hour}:00:00.000Z`;
    add("first", { createdAt: updatedAt(1) });
    add("last", { createdAt: updatedAt(3) });
    add("middle", { createdAt: updatedAt(2) });
    assert.deepEqual(await idsOf(await archive()), ["last", "middle", "first"]);
  });

  it("lists nothing on an empty store, and no rows for a limit of none", async () => {
    assert.deepEqual(await idsOf(fresh()), []);
    add("one");
    assert.deepEqual(await idsOf(await archive(), { limit: 0 }), []);
  });
});

describe("the newest 20", () => {
  it("of one project cost three listings, dense or sparse, and no HEAD with a ledger", async () => {
    for (let i = 0; i < 60; i++) add(`s${i}`, { createdAt: day(i) });
    const archiver = await archive();
    const expected = Array.from({ length: 20 }, (_, i) => `s${59 - i}`);
    assert.deepEqual(await idsOf(archiver, { project: ["/p"], limit: 20 }), expected);
    assert.deepEqual([listings, heads], [3, 0]);
  });

  it("of a folder and what is below cost no look at other projects", async () => {
    for (let i = 0; i < 60; i++) add(`other${i}`, { projectPath: `/q${i}`, createdAt: day(i) });
    add("own", { projectPath: "/p", createdAt: day(1) });
    add("below", { projectPath: "/p/a", createdAt: day(2) });
    await archive();
    const archiver = fresh();
    assert.deepEqual(await idsOf(archiver, { project: ["/p/**"], limit: 20 }), ["below", "own"]);
    assert.ok(listings <= 6, `${listings} listings`);
    assert.equal(heads, 2);
  });

  it("of one dense day cost two listings", async () => {
    for (let i = 0; i < 60; i++) add(`s${i}`, { createdAt: day(i % 2) });
    const archiver = await archive();
    assert.equal((await idsOf(archiver, { project: ["/p"], limit: 20 })).length, 20);
    assert.deepEqual([listings, heads], [2, 0]);
  });

  it("of 100 projects cost at most two listings a project and five", async () => {
    for (let i = 0; i < 400; i++) {
      add(`s${i}`, { createdAt: day(i % 37), projectPath: `/p${i % 100}` });
    }
    const archiver = await archive();
    const ids = await idsOf(archiver, { limit: 20 });
    assert.ok(listings <= 205, `${listings} listings`);
    const newest = Array.from({ length: 400 }, (_, i) => i % 37).sort((a, b) => b - a).slice(0, 20);
    assert.deepEqual(ids.map((id) => Number(id.slice(1)) % 37), newest);
  });

  it("cost one HEAD a row shown without a ledger", async () => {
    for (let i = 0; i < 60; i++) add(`s${i}`, { createdAt: day(i) });
    await archive();
    const archiver = new Archiver({ agents: [agent], backends: [backend] });
    assert.equal((await idsOf(archiver, { limit: 20 })).length, 20);
    assert.ok(heads <= 20, `${heads} heads`);
  });
});
