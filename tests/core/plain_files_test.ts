/**
 * Plain files beside archives, for programs that read agents' own files in a store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type ArchiverOptions,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type PutOptions,
} from "@session-archiver/archiver";
import { LaidOutAgent, LAYOUT } from "./laid_out_agent.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const PLAIN = "laptop/raw/memory/a/one.jsonl";

let agent: LaidOutAgent;
let backend: MemoryBackend;
let ledger: MemoryLedger;

beforeEach(() => {
  agent = new LaidOutAgent();
  backend = new MemoryBackend({ name: "store" });
  ledger = new MemoryLedger();
});

function set(texts: readonly string[], title = "file:a/one", id = "one"): void {
  agent.set({
    ...{ id, title, projectPath: "/home/me/project" },
    createdAt: "2026-01-31T12:00:00.000Z",
    messages: texts.map((text, at) => ({ id: `m${at}`, role: "user", text })),
  });
}

function archiver(more: Partial<ArchiverOptions> = {}): Archiver {
  return new Archiver({
    agents: [agent],
    backends: [backend],
    ledger,
    layouts: { store: LAYOUT },
    ...more,
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The status of each session's copy. */
async function archive(from = archiver(), ids?: readonly string[]): Promise<string[]> {
  const outcomes = await collect(from.archiveAll({ ids }));
  return outcomes.map(({ copies }) => copies[0].status);
}

async function textAt(key: string): Promise<string> {
  return await new Response((await backend.get(key)).body as BodyInit).text();
}

async function keys(): Promise<string[]> {
  return (await collect(backend.list())).flatMap(({ objects }) => objects.map(({ key }) => key));
}

/** Has writes of plain files fail, until what it gives is called. */
function refusePlain(): () => void {
  const { put } = backend;
  backend.put = (key, body, options) =>
    key.includes("/raw/")
      ? Promise.reject(new ArchiveError("Unauthorized", `${key} is not allowed`))
      : put.call(backend, key, body, options);
  return () => backend.put = put;
}

/** The keys that are written from now on. */
function watchPuts(): string[] {
  const { put } = backend;
  const seen: string[] = [];
  backend.put = (key, body, options?: PutOptions) => {
    seen.push(key);
    return put.call(backend, key, body, options);
  };
  return seen;
}

describe("the plain files of a session", () => {
  it("are written beside its archive, and follow it", async () => {
    set(["hello"]);
    assert.deepEqual(await archive(), ["archived"]);
    assert.deepEqual(await keys(), [KEY, PLAIN]);
    assert.equal(await textAt(PLAIN), "hello\n");
    set(["hello", "there"]);
    assert.deepEqual(await archive(), ["archived"]);
    assert.equal(await textAt(PLAIN), "hello\nthere\n");
  });

  it("are what the archive has, though the session went on meanwhile", async () => {
    set(["hello"]);
    const { put } = backend;
    backend.put = (key, body, options) => {
      set(["hello", "there"]);
      return put.call(backend, key, body, options);
    };
    await archive();
    assert.equal(await textAt(PLAIN), "hello\n");
  });

  it("cost nothing where nothing changed", async () => {
    set(["hello"]);
    await archive();
    agent.load = () => Promise.reject(new Error("must not be loaded"));
    assert.deepEqual(await archive(), ["unchanged"]);
  });

  it("are written only where a layout is wanted, and for agents that know it", async () => {
    set(["hello"]);
    const plain = new MemoryAgent("other");
    plain.set({ ...agent.get("one")!, id: "two" });
    const other = new MemoryBackend({ name: "other" });
    const from = archiver({ agents: [agent, plain], backends: [backend, other] });
    await archive(from);
    assert.deepEqual(await keys(), [KEY, "home_me_project/2026-01-31/two.json", PLAIN]);
    const elsewhere = (await collect(other.list())).flatMap(({ objects }) => objects);
    assert.equal(elsewhere.length, 2);
    plain.load = () => Promise.reject(new Error("must not be loaded"));
    await archive(from);
  });

  it("of an unknown backend are an error that names all", () => {
    assert.throws(
      () => archiver({ layouts: { stroe: LAYOUT } }),
      /no backend named "stroe".*store/,
    );
  });

  it("go from where they were when the session moved", async () => {
    set(["hello"]);
    await archive();
    set(["hello"], "file:b/one");
    await archive();
    assert.deepEqual(await keys(), [KEY, "laptop/raw/memory/b/one.jsonl"]);
  });

  it("move with the machine's name", async () => {
    set(["hello"]);
    await archive();
    await archive(archiver({ layouts: { store: { ...LAYOUT, machine: "desk" } } }));
    assert.deepEqual(await keys(), ["desk/raw/memory/a/one.jsonl", KEY]);
  });

  it("are a folder's, of which only what changed is written, and what is gone goes", async () => {
    set(["a", "b", "c"], "folder:a/one");
    await archive();
    const puts = watchPuts();
    agent.set({
      ...agent.get("one")!,
      messages: [
        { id: "m0", role: "user", text: "a" },
        { id: "m1", role: "user", text: "B" },
        { id: "m9", role: "user", text: "d" },
      ],
    });
    await archive();
    const plain = puts.filter((key) => key.includes("/raw/"));
    const folder = "laptop/raw/memory/a/one/";
    assert.deepEqual(plain, [`${folder}m1.txt`, `${folder}m9.txt`]);
    const there = (await keys()).filter((key) => key.startsWith(folder));
    assert.deepEqual(there, ["m0", "m1", "m9"].map((id) => `${folder}${id}.txt`));
  });

  it("are all gone when the session has none any more", async () => {
    set(["a", "b"], "folder:a/one");
    await archive();
    set(["a", "b"], "nothing");
    await archive();
    assert.deepEqual(await keys(), [KEY]);
    agent.load = () => Promise.reject(new Error("must not be loaded"));
    assert.deepEqual(await archive(), ["unchanged"]);
  });

  it("send of a large session only what is new", async () => {
    set(["x".repeat(6 << 20)]);
    await archive();
    const { put } = backend;
    const continued: (number | undefined)[] = [];
    backend.put = (key, body, options) => {
      if (key === PLAIN) continued.push(options?.continues?.length);
      return put.call(backend, key, body, options);
    };
    set(["x".repeat(6 << 20), "more"]);
    await archive();
    assert.deepEqual(continued, [(6 << 20) + 1]);
    assert.equal((await textAt(PLAIN)).length, (6 << 20) + 6);
  });
});

describe("a plain file that cannot be written", () => {
  it("fails the copy, keeps the archive, and is made by the next run", async () => {
    set(["hello"]);
    const allow = refusePlain();
    const [{ copies: [copy] }] = await collect(archiver().archiveAll());
    assert.equal(copy.status, "failed");
    assert.match(
      String(copy.error),
      /one\.json is archived on store, but not its plain files for agentsview: .*not allowed/,
    );
    assert.deepEqual(await keys(), [KEY]);
    assert.deepEqual(await archive(), ["failed"]);
    allow();
    const puts = watchPuts();
    assert.deepEqual(await archive(), ["unchanged"]);
    assert.deepEqual(puts, [PLAIN]);
  });

  it("leaves none behind unknown, wherever a run was cut off", async () => {
    for (const cutAt of [0, 1, 2, 3]) {
      for (const isDeleted of [false, true]) {
        backend = new MemoryBackend({ name: "store" });
        ledger = new MemoryLedger();
        set(["a", "b"], "folder:a/one");
        const { put } = backend;
        let left = cutAt;
        backend.put = (...call) =>
          left-- > 0 ? put.call(backend, ...call) : Promise.reject(new Error("cut off"));
        assert.equal((await archive()).length, 1);
        backend.put = put;
        if (isDeleted && cutAt > 0) {
          await archiver({ layouts: {} }).delete(KEY);
          assert.deepEqual(await keys(), [], `cut at ${cutAt}`);
        } else {
          await archive();
          const plain = ["m0", "m1"].map((id) => `laptop/raw/memory/a/one/${id}.txt`);
          assert.deepEqual(await keys(), [KEY, ...plain], `cut at ${cutAt}`);
        }
      }
    }
  });

  it("goes with its archive when that is deleted before it was brought up to date", async () => {
    set(["hello"]);
    await archive();
    set(["hello", "secret"]);
    refusePlain();
    assert.deepEqual(await archive(), ["failed"]);
    await archiver().delete(KEY);
    assert.deepEqual(await keys(), []);
  });
});

describe("a layout that is turned on later", () => {
  it("has plain files made of what is archived already, without sending that again", async () => {
    set(["hello"]);
    await archive(archiver({ layouts: {} }));
    const puts = watchPuts();
    assert.deepEqual(await archive(), ["unchanged"]);
    assert.deepEqual(puts, [PLAIN]);
  });

  it("has them made from the archive where the session is gone", async () => {
    set(["hello"]);
    await archive(archiver({ layouts: {}, compress: "gzip" }));
    agent.remove("one");
    const laidOut = await collect(archiver().layOut());
    assert.deepEqual(laidOut.map(({ status }) => status), ["written"]);
    assert.equal(await textAt(PLAIN), "hello\n");
    assert.deepEqual(await collect(archiver().layOut()), []);
  });

  it("has none made of what the rules keep back by now, or somebody else archived", async () => {
    set(["hello"]);
    await archive(archiver({ layouts: {} }));
    const rules = [{ match: ["/home/**"], backends: [] }];
    assert.deepEqual(await collect(archiver({ rules }).layOut()), []);
    ledger = new MemoryLedger();
    await collect(archiver().rebuildLedger());
    assert.deepEqual(await collect(archiver().layOut()), []);
    assert.deepEqual(await keys(), [KEY]);
  });

  it("tells of an archive that cannot be read, and goes on with the others", async () => {
    set(["hello"]);
    set(["there"], "file:a/two", "two");
    await archive(archiver({ layouts: {} }));
    await backend.delete(KEY);
    const outcomes = await collect(archiver().layOut());
    assert.deepEqual(outcomes.map(({ status }) => status), ["failed", "written"]);
  });
});

describe("deleting an archive", () => {
  it("deletes the plain files of its session, and of no other", async () => {
    set(["hello"]);
    set(["there"], "folder:a/two", "two");
    await archive();
    assert.equal((await archiver().delete(KEY)).plainFiles, 1);
    const others = ["home_me_project/2026-01-31/two.json", "laptop/raw/memory/a/two/m0.txt"];
    assert.deepEqual(await keys(), others);
    assert.deepEqual(await archive(), ["skipped", "unchanged"]);
    assert.deepEqual(await keys(), others);
  });

  it("deletes them though the ledger was lost, and another machine's too", async () => {
    set(["hello"]);
    await archive();
    await archive(archiver({
      ...{ ledger: new MemoryLedger() },
      layouts: { store: { ...LAYOUT, machine: "raw" } },
    }));
    assert.equal((await keys()).length, 3);
    ledger = new MemoryLedger();
    assert.equal((await archiver().delete(KEY)).plainFiles, 2);
    assert.deepEqual(await keys(), []);
  });

  it("deletes them though the layout is no longer wanted", async () => {
    set(["a", "b"], "folder:a/one");
    await archive();
    set(["a", "b", "c"], "folder:a/one");
    await archive(archiver({ layouts: {} }));
    await archiver({ layouts: {} }).delete(KEY);
    assert.deepEqual(await keys(), []);
  });

  it("keeps the archive when they cannot be deleted, and says so", async () => {
    set(["hello"]);
    await archive();
    const drop = backend.delete;
    backend.delete = (key, options) =>
      key === PLAIN
        ? Promise.reject(new ArchiveError("Unauthorized", "not allowed"))
        : drop.call(backend, key, options);
    await assert.rejects(archiver().delete(KEY), /not allowed/);
    assert.deepEqual(await keys(), [KEY, PLAIN]);
  });

  it("has them made again once the session is named", async () => {
    set(["hello"]);
    await archive();
    await archiver().delete(KEY);
    assert.deepEqual(await archive(archiver(), ["one"]), ["archived"]);
    assert.deepEqual(await keys(), [KEY, PLAIN]);
  });

  it("of a kept version, and pruning versions, leave them alone", async () => {
    set(["hello", "there"]);
    await archive();
    set(["hello"]);
    await archive();
    const version = (await keys()).find((key) => key.includes("~"))!;
    await archiver().delete(version);
    assert.deepEqual(await keys(), [KEY, PLAIN]);
  });
});
