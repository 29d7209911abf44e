import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  type ArchiveAllOptions,
  ArchiveError,
  Archiver,
  type ArchiverOptions,
  isArchiveError,
  type LoadedSession,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type MemoryMessage,
  type MemorySession,
  readDocument,
  type SessionId,
  type SessionOutcome,
} from "@session-archiver/archiver";

const KEY = "home_me_project/2026-01-31/one.json";
const says = (id: string, text = id): MemoryMessage => ({ id, role: "user", text });

function session(id: string, messages: MemoryMessage[] = [says("m1")], more = {}) {
  return {
    id,
    projectPath: "/home/me/project",
    createdAt: "2026-01-31T12:00:00.000Z",
    title: `Title of ${id}`,
    messages,
    ...more,
  };
}

let agent: MemoryAgent;
let backend: MemoryBackend;
let ledger: MemoryLedger;

beforeEach(() => {
  agent = new MemoryAgent();
  backend = new MemoryBackend({ name: "store" });
  ledger = new MemoryLedger();
});

function archiver(options: Partial<ArchiverOptions> = {}): Archiver {
  return new Archiver({ agents: [agent], backends: [backend], ledger, ...options });
}

async function archiveAll(
  from: Archiver = archiver(),
  options: ArchiveAllOptions = {},
): Promise<SessionOutcome[]> {
  return await collect(from.archiveAll(options));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function textOf(key: string, from = backend): Promise<string> {
  return await new Response((await from.get(key)).body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .text();
}

const keysOf = async (from = backend) =>
  (await collect(from.list())).flatMap((page) => page.objects.map((object) => object.key));

describe("archiveAll()", () => {
  it("copies every session and loads nothing the second time", async () => {
    agent.set(session("one"));
    agent.set(session("two"));
    const first = await archiveAll();
    assert.deepEqual(first.map(({ copies }) => copies[0].status), ["archived", "archived"]);
    agent.load = () => Promise.reject(new Error("must not be loaded"));
    const second = await archiveAll();
    assert.deepEqual(second.map(({ copies }) => copies[0].status), ["unchanged", "unchanged"]);
  });

  it("archives three sessions of four when one is broken, and names the broken one", async () => {
    for (const id of ["one", "two", "three", "four"]) agent.set(session(id));
    const load = agent.load.bind(agent);
    agent.load = (which: SessionId) =>
      which.id === "two"
        ? Promise.reject(new ArchiveError("Corrupt", "two is broken", { session: "two" }))
        : load(which);
    const outcomes = await archiveAll();
    const failed = outcomes.filter(({ copies }) => copies[0].status === "failed");
    assert.deepEqual(failed.map(({ session }) => session.id), ["two"]);
    assert.ok(isArchiveError(failed[0].copies[0].error, "Corrupt"));
    assert.equal((await keysOf()).length, 3);
  });

  it("goes on with other agents when one's store cannot be read, and fails at the end", async () => {
    const broken = new MemoryAgent("broken");
    broken.sessions = () => {
      throw new ArchiveError("Transient", "the database is locked");
    };
    agent.set(session("one"));
    const outcomes: SessionOutcome[] = [];
    await assert.rejects(async () => {
      for await (const outcome of archiver({ agents: [broken, agent] }).archiveAll()) {
        outcomes.push(outcome);
      }
    }, /the database is locked/);
    assert.equal(outcomes[0].copies[0].status, "archived");
  });

  it("says everything and writes nothing in a dry run", async () => {
    agent.set(session("one"));
    const [{ copies }] = await archiveAll(archiver(), { dryRun: true });
    assert.equal(copies[0].status, "archived");
    assert.ok(copies[0].bytes > 100);
    assert.deepEqual(await keysOf(), []);
    assert.deepEqual([...ledger.entries()], []);
  });

  it("takes only the projects and ids that are asked for", async () => {
    agent.set(session("one"));
    agent.set(session("two", [], { projectPath: "/elsewhere/x" }));
    const ids = (outcomes: SessionOutcome[]) => outcomes.map(({ session }) => session.id);
    assert.deepEqual(ids(await archiveAll(archiver(), { project: ["/home/**"] })), ["one"]);
    assert.deepEqual(ids(await archiveAll(archiver(), { ids: ["two"] })), ["two"]);
  });

  it("sends each project where the rules say, and reads none that stays at home", async () => {
    const other = new MemoryBackend({ name: "other" });
    const from = archiver({
      backends: [backend, other],
      default: ["store"],
      rules: [
        { match: ["/private/**"], backends: [] },
        { match: ["/both/**"], backends: ["store", "other"] },
      ],
    });
    agent.set(session("private", [], { projectPath: "/private/.x" }));
    agent.set(session("both", [], { projectPath: "/both" }));
    agent.set(session("plain"));
    const load = agent.load.bind(agent);
    agent.load = (which: SessionId) => {
      assert.notEqual(which.id, "private");
      return load(which);
    };
    const outcomes = await archiveAll(from);
    const copies = outcomes.map((
      { session, copies },
    ) => [session.id, copies.map((c) => c.backend)]);
    assert.deepEqual(copies.sort(), [
      ["both", ["store", "other"]],
      ["plain", ["store"]],
      ["private", []],
    ]);
    assert.deepEqual(await keysOf(other), ["both/2026-01-31/both.json"]);
  });

  it("goes by the rule of the repository that a session is in another worktree of", async () => {
    const other = new MemoryBackend({ name: "other" });
    const from = archiver({
      backends: [backend, other],
      default: ["store"],
      rules: [
        { match: ["/jobs/**"], backends: ["other"] },
        { match: ["/srv/**"], backends: ["store"] },
        { match: ["/private/**"], backends: [] },
      ],
    });
    const at = (origin?: string) => ({ projectPath: "/data/worktree/witty", origin });
    agent.set(session("secret", [], at("/private/repository")));
    agent.set(session("shop", [], at("/jobs/shop")));
    agent.set(session("unknown", [], at()));
    agent.set(session("near", [], { projectPath: "/jobs/near", origin: "/srv/far" }));
    agent.set(session("hidden", [], { projectPath: "/private/copy", origin: "/jobs/shop" }));
    agent.set(session("clone", [], { projectPath: "/jobs/clone", origin: "/private/shop" }));
    const copies = (await archiveAll(from)).map(({ session: { id }, copies }) =>
      `${id}: ${copies.map((copy) => copy.backend)}`
    );
    assert.deepEqual(copies.sort(), [
      "clone: ",
      "hidden: ",
      "near: other",
      "secret: ",
      "shop: other",
      "unknown: store",
    ]);
  });

  it("does not archive a session that moved behind a rule while it was looked at", async () => {
    agent.set(session("one"));
    const load = agent.load.bind(agent);
    agent.load = async (which: SessionId): Promise<LoadedSession> => ({
      ...await load(which),
      projectPath: "/private",
    });
    const from = archiver({ rules: [{ match: ["/private"], backends: [] }] });
    assert.deepEqual((await archiveAll(from))[0].copies, []);
    assert.deepEqual(await keysOf(), []);
  });

  it("lets one backend fail without stopping the other", async () => {
    const dead = new MemoryBackend({ name: "dead" });
    dead.put = () => Promise.reject(new ArchiveError("Timeout", "no answer", { backend: "dead" }));
    agent.set(session("one"));
    const [{ copies }] = await archiveAll(archiver({ backends: [dead, backend] }));
    assert.deepEqual(copies.map(({ backend, status }) => [backend, status]), [
      ["dead", "failed"],
      ["store", "archived"],
    ]);
  });

  it("keeps a session's first key when its directory changes", async () => {
    agent.set(session("one"));
    await archiveAll();
    agent.set(session("one", [says("m1"), says("m2")], { projectPath: "/moved" }));
    const [{ copies }] = await archiveAll();
    assert.equal(copies[0].key, KEY);
    assert.deepEqual(await keysOf(), [KEY]);
  });

  it("asks the store about a session that is named", async () => {
    agent.set(session("one"));
    await archiveAll();
    await backend.delete(KEY);
    assert.equal((await archiveAll())[0].copies[0].status, "unchanged");
    const [{ copies }] = await archiveAll(archiver(), { ids: ["one"] });
    assert.equal(copies[0].status, "archived");
    const [again] = await archiveAll(archiver(), { ids: ["one"] });
    assert.equal(again.copies[0].status, "unchanged");
  });

  it("stops when it is told to, and leaves nothing half-written", async () => {
    for (let i = 0; i < 20; i++) agent.set(session(`s${i}`));
    const stop = new AbortController();
    await assert.rejects(
      async () => {
        const options = { signal: stop.signal, concurrency: 1 };
        for await (const _ of archiver().archiveAll(options)) stop.abort();
      },
      (error) => isArchiveError(error, "Aborted"),
    );
    const keys = await keysOf();
    assert.ok(keys.length < 20);
    for (const key of keys) JSON.parse(await textOf(key));
  });

  it("sends as many sessions at once as it may, not more, and reads little ahead", async () => {
    const [loaded, sent] = [{ now: 0, most: 0 }, { now: 0, most: 0 }];
    const counted =
      <A extends unknown[], R>(count: typeof sent, work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        count.most = Math.max(count.most, ++count.now);
        await new Promise((done) => setTimeout(done, 1));
        try {
          return await work(...args);
        } finally {
          count.now--;
        }
      };
    agent.load = counted(loaded, agent.load.bind(agent));
    backend.put = counted(sent, backend.put.bind(backend));
    for (let i = 0; i < 20; i++) agent.set(session(`s${i}`));
    await archiveAll(archiver(), { concurrency: 3 });
    assert.equal(sent.most, 3);
    assert.ok(loaded.most <= 5);
  });
});

describe("an overwrite", () => {
  const versionsOf = async () => (await keysOf()).filter((key) => key.includes("~"));

  it("reads nothing from the store when the session only grew", async () => {
    agent.set(session("one"));
    await archiveAll();
    const none = () => Promise.reject(new Error("must not be read"));
    Object.assign(backend, { get: none, head: none });
    agent.set(session("one", [says("m1"), says("m2")]));
    assert.equal((await archiveAll())[0].copies[0].status, "archived");
  });

  const poorer: [string, MemoryMessage[]][] = [
    ["a revert followed by a prompt", [says("m1"), says("m4")]],
    ["an emptied database", []],
    ["a message that lost its text", [says("m1"), says("m2", ""), says("m3")]],
    ["a long text that was pruned", [says("m1"), says("m2"), says("m3", "[pruned]")]],
  ];
  for (const [what, messages] of poorer) {
    it(`keeps the richer copy as a version: ${what}`, async () => {
      const rich = [says("m1"), says("m2"), says("m3", "x".repeat(500))];
      agent.set(session("one", rich));
      await archiveAll();
      const before = await textOf(KEY);
      agent.set(session("one", messages));
      const [{ copies }] = await archiveAll();
      const [version] = await versionsOf();
      assert.equal(copies[0].version, version);
      assert.match(version, /^home_me_project\/2026-01-31\/one~[0-9a-f]{8}\.json$/);
      assert.equal(await textOf(version), before);
      assert.deepEqual(JSON.parse(await textOf(KEY)).native.messages, messages);
    });
  }

  it("keeps no version when messages changed without losing anything", async () => {
    agent.set(session("one", [says("m1", "short"), says("m2")]));
    await archiveAll();
    agent.set(session("one", [says("m1", "other"), says("m2")]));
    await archiveAll();
    assert.deepEqual(await versionsOf(), []);
  });

  it("keeps a version after the ledger was lost, too", async () => {
    agent.set(session("one", [says("m1"), says("m2")]));
    await archiveAll();
    ledger = new MemoryLedger();
    agent.set(session("one", [says("m1"), says("m3")]));
    await archiveAll();
    assert.equal((await versionsOf()).length, 1);
  });

  it("writes nothing when the ledger was lost and the store has the same", async () => {
    agent.set(session("one"));
    await archiveAll();
    ledger = new MemoryLedger();
    const [{ copies }] = await archiveAll();
    assert.deepEqual([copies[0].status, copies[0].bytes], ["unchanged", 0]);
  });

  it("keeps what it cannot read", async () => {
    await backend.put(KEY, new TextEncoder().encode("somebody else's"));
    agent.set(session("one"));
    const [{ copies }] = await archiveAll();
    assert.equal(await textOf(copies[0].version!), "somebody else's");
  });

  it("refuses to write over another agent's session", async () => {
    const other = new MemoryAgent("other");
    other.set(session("one", [says("theirs")]));
    await archiveAll(archiver({ agents: [other] }));
    agent.set(session("one"));
    const [{ copies }] = await archiveAll();
    assert.ok(isArchiveError(copies[0].error, "Invalid"));
    assert.match(copies[0].error!.message, /one of other/);
    assert.match(await textOf(KEY), /theirs/);
  });

  it("refuses to write over a later format version", async () => {
    agent.set(session("one"));
    await archiveAll();
    const later = (await textOf(KEY)).replace('"version":1', '"version":2');
    await backend.put(KEY, new TextEncoder().encode(later));
    ledger = new MemoryLedger();
    agent.set(session("one", [says("m2")]));
    assert.ok(isArchiveError((await archiveAll())[0].copies[0].error, "NotSupported"));
    assert.equal(await textOf(KEY), later);
  });

  it("does not overwrite blindly what somebody else created meanwhile", async () => {
    const richer = new MemoryAgent();
    richer.set(session("one", [says("m1"), says("m2")]));
    agent.set(session("one", [says("m1"), says("m3")]));
    const put = backend.put.bind(backend);
    backend.put = async (...args: Parameters<typeof put>) => {
      backend.put = put;
      await archiveAll(new Archiver({ agents: [richer], backends: [backend] }));
      return await put(...args);
    };
    const [{ copies }] = await archiveAll();
    assert.equal(copies[0].status, "archived");
    assert.match(await textOf(copies[0].version!), /m2/);
  });
});

describe("several writers", () => {
  /** A store that cannot refuse a write whose etag is out of date, as a folder cannot. */
  const withoutIfMatch = () => {
    Object.assign(backend, { capabilities: { ...backend.capabilities, ifMatch: false } });
    const put = backend.put.bind(backend);
    backend.put = (key, body, options) => {
      assert.notEqual(typeof options?.mode, "object");
      return put(key, body, options);
    };
  };
  const shorter = session("one", [says("m1"), says("m2")]);
  const longer = session("one", [says("m1"), says("m2"), says("theirs", "b".repeat(100))]);
  const diverged = session("one", [says("m1"), says("m2"), says("ours")]);

  async function archiveAs(state: MemorySession, own = ledger): Promise<SessionOutcome> {
    agent.set(state);
    return (await archiveAll(archiver({ ledger: own })))[0];
  }

  const versions = async () => (await keysOf()).filter((key) => key.includes("~"));

  for (const [store, prepare] of [["with", () => {}], ["without", withoutIfMatch]] as const) {
    describe(`on a store ${store} conditional writes`, () => {
      beforeEach(() => prepare());

      it("keep what another machine archived meanwhile", async () => {
        await archiveAs(shorter);
        await archiveAs(longer, new MemoryLedger());
        const { copies } = await archiveAs(diverged);
        assert.match(await textOf(copies[0].version!), /theirs/);
        assert.match(await textOf(KEY), /ours/);
      });

      it("keep what was written before a kill kept it from being remembered", async () => {
        await archiveAs(shorter);
        const record = ledger.record.bind(ledger);
        ledger.record = () => Promise.reject(new Error("killed"));
        assert.equal((await archiveAs(longer)).copies[0].status, "failed");
        ledger.record = record;
        const { copies } = await archiveAs(diverged);
        assert.match(await textOf(copies[0].version!), /theirs/);
      });

      it("leave a better copy that verify took for a damaged one", async () => {
        await archiveAs(shorter);
        await archiveAs(longer, new MemoryLedger());
        // As a folder has it: without the hash of what was archived.
        await backend.put(KEY, new TextEncoder().encode(await textOf(KEY)));
        agent.set(shorter);
        assert.equal((await collect(archiver().verify()))[0].status, "damaged");
        await archiveAll();
        assert.match(await textOf(KEY), /theirs/);
        assert.deepEqual(await versions(), []);
      });

      it("refuse a later format version though the ledger knows an earlier one", async () => {
        await archiveAs(shorter);
        const later = (await textOf(KEY)).replace('"version":1', '"version":2');
        await backend.put(KEY, new TextEncoder().encode(later));
        const { copies } = await archiveAs(diverged);
        assert.ok(isArchiveError(copies[0].error, "NotSupported"));
        assert.equal(await textOf(KEY), later);
      });

      it("write again what is gone", async () => {
        await archiveAs(shorter);
        await backend.delete(KEY);
        assert.equal((await archiveAs(longer)).copies[0].status, "archived");
        assert.match(await textOf(KEY), /theirs/);
      });
    });
  }
});

describe("a write that is never acknowledged", () => {
  for (const code of ["AlreadyExists", "Precondition", "NotFound"] as const) {
    it(`is told as failed, not as archived: ${code} each time`, async () => {
      let puts = 0;
      backend.put = () => {
        puts++;
        return Promise.reject(new ArchiveError(code, "refused", { backend: "store" }));
      };
      agent.set(session("one"));
      const [{ copies }] = await archiveAll();
      assert.deepEqual([copies[0].status, copies[0].bytes], ["failed", 0]);
      assert.ok(isArchiveError(copies[0].error, code));
      assert.ok(puts <= 4, `${puts} puts`);
      assert.deepEqual([...ledger.entries()], []);
    });
  }

  it("is a failure too when the ledger cannot remember it, and is not sent again and again", async () => {
    let puts = 0;
    const put = backend.put.bind(backend);
    backend.put = (...args: Parameters<typeof put>) => (puts++, put(...args));
    ledger.record = () => Promise.reject(new ArchiveError("NotFound", "the folder is gone"));
    agent.set(session("one"));
    assert.equal((await archiveAll())[0].copies[0].status, "failed");
    assert.equal(puts, 1);
  });

  it("of a session whose agent is unknown is a rejection, not an exception", async () => {
    const ref = { agent: "nobody", store: "", id: "x", projectPath: "/", token: "", updatedAt: "" };
    let promise: Promise<unknown> | undefined;
    assert.doesNotThrow(() => promise = archiver().archive(ref));
    await assert.rejects(promise!, /no agent named "nobody"/);
  });
});

describe("a new session", () => {
  it("costs one request, and a large one is looked for first", async () => {
    const calls: string[] = [];
    for (const name of ["head", "get", "put"] as const) {
      const original = backend[name].bind(backend) as (...args: unknown[]) => Promise<never>;
      Object.assign(backend, {
        [name]: (...args: unknown[]) => (calls.push(name), original(...args)),
      });
    }
    agent.set(session("one"));
    await archiveAll();
    assert.deepEqual(calls.splice(0), ["put"]);
    agent.set(session("two", [says("m1", "large ".repeat(2_000_000))]));
    await archiveAll();
    assert.deepEqual(calls, ["head", "put"]);
  });
});

describe("retrieve()", () => {
  it("gives the document from the first backend that has it", async () => {
    agent.set(session("one"));
    await archiveAll();
    const empty = new MemoryBackend({ name: "empty" });
    const archive = await archiver({ backends: [empty, backend] }).retrieve(KEY);
    assert.equal(archive.backend, "store");
    assert.equal(archive.header.id, "one");
    const lines = await collect(archive.native());
    assert.deepEqual(lines, await collect(archive.native()));
    assert.equal(archive.summary().title, "Title of one");
    const chunks = await collect(archive.bytes()) as Uint8Array<ArrayBuffer>[];
    assert.equal(await new Blob(chunks).text(), await textOf(KEY));
  });

  it("goes on to a backend that works when another is dead", async () => {
    agent.set(session("one"));
    await archiveAll();
    const dead = new MemoryBackend({ name: "dead" });
    dead.head = () => Promise.reject(new ArchiveError("Timeout", "no answer"));
    assert.equal((await archiver({ backends: [dead, backend] }).retrieve(KEY)).backend, "store");
    await assert.rejects(archiver({ backends: [dead] }).retrieve(KEY), /no answer/);
  });

  it("fails at the end when the bytes are not what was archived", async () => {
    agent.set(session("one"));
    await archiveAll();
    const damaged = (await textOf(KEY)).replace("Title", "Tidle");
    const metadata = (await backend.head(KEY)).metadata;
    await backend.put(KEY, new TextEncoder().encode(damaged), { metadata });
    const archive = await archiver().retrieve(KEY);
    const corrupt = (error: unknown) => isArchiveError(error, "Corrupt");
    await assert.rejects(collect(archive.native()), corrupt);
    await assert.rejects(collect(archive.bytes()), corrupt);
  });

  it("refuses an archive that is another session's", async () => {
    agent.set(session("one"));
    agent.set(session("two"));
    await archiveAll();
    const other = await textOf(KEY.replace("one", "two"));
    await backend.put(KEY, new TextEncoder().encode(other));
    await assert.rejects(archiver().retrieve(KEY), /holds the session two instead of one/);
  });

  it("says what is not there", async () => {
    await assert.rejects(
      archiver().retrieve(KEY),
      (error) => isArchiveError(error, "NotFound") && error.message.includes(KEY),
    );
  });
});

describe("resolve()", () => {
  it("takes a key as it is and finds a session by its id, with and without a ledger", async () => {
    agent.set(session("one"));
    await archiveAll();
    assert.equal(await archiver().resolve(KEY), KEY);
    assert.equal(await archiver().resolve("one"), KEY);
    assert.equal(await archiver({ ledger: new MemoryLedger() }).resolve("one"), KEY);
  });

  it("takes a key without its ending, its folders or both, where one archive fits", async () => {
    agent.set(session("one"));
    await archiveAll();
    const [name = ""] = KEY.split("/").slice(-1);
    await backend.put(KEY.replace(name, `one_more.json`), new Uint8Array([1]));
    await backend.put(KEY.replace(name, `one~0123abcd.json`), new Uint8Array([1]));
    const day = KEY.split("/").slice(1).join("/");
    for (const known of [archiver(), archiver({ ledger: new MemoryLedger() })]) {
      for (const text of [KEY.slice(0, -5), day, day.slice(0, -5), name]) {
        assert.equal(await known.resolve(text), KEY, text);
      }
      const version = KEY.replace(name, "one~0123abcd");
      assert.equal(await known.resolve(version), `${version}.json`);
      await assert.rejects(
        known.resolve("p/2026-01-31/one"),
        (error) =>
          isArchiveError(error, "NotFound") &&
          error.message.includes("archive p/2026-01-31/one on"),
      );
    }
    await backend.put(`${KEY}.gz`, new Uint8Array([1]));
    await assert.rejects(
      archiver({ ledger: new MemoryLedger() }).resolve(KEY.slice(0, -5)),
      (error) => isArchiveError(error, "Invalid") && error.message.endsWith(`: ${KEY}, ${KEY}.gz`),
    );
  });

  it("looks for a key without its ending where it would be, and nowhere else", async () => {
    agent.set(session("one"));
    await archiveAll();
    const prefixes: (string | undefined)[] = [];
    const { list } = backend;
    backend.list = (options) => (prefixes.push(options?.prefix), list.call(backend, options));
    const text = KEY.replace(/\.json$/, "");
    assert.equal(await archiver({ ledger: new MemoryLedger() }).resolve(text), KEY);
    assert.deepEqual(prefixes, [text]);
  });

  it("names all archives when an id stands for several", async () => {
    agent.set(session("one"));
    await archiveAll();
    await backend.put("other/2026-01-31/one.json", new Uint8Array([1]));
    await assert.rejects(
      archiver({ ledger: new MemoryLedger() }).resolve("one"),
      (error) => isArchiveError(error, "Invalid") && error.message.includes("other/2026-01-31"),
    );
  });

  it("refuses what is neither, and says when there is none", async () => {
    const code = async (text: string) => {
      try {
        return await archiver().resolve(text);
      } catch (error) {
        return isArchiveError(error) ? error.code : error;
      }
    };
    assert.equal(await code("nobody"), "NotFound");
    assert.equal(await code("../../etc/passwd"), "Invalid");
    assert.equal(await code(".."), "Invalid");
  });
});

describe("verify()", () => {
  const statuses = async (from = archiver(), keys?: string[]) =>
    (await collect(from.verify(keys))).map(({ key, status }) => [key, status]);

  beforeEach(async () => {
    agent.set(session("one"));
    agent.set(session("two"));
    await archiveAll();
  });

  it("finds nothing wrong with what was just archived, versions included", async () => {
    agent.set(session("one", []));
    await archiveAll();
    const found = await statuses();
    assert.equal(found.length, 3);
    assert.ok(found.every(([, status]) => status === "ok"));
  });

  const damage: [string, string, (text: string) => string | undefined, number?][] = [
    ["deleted", "missing", () => undefined],
    ["cut", "damaged", (text) => text.slice(0, -20)],
    ["emptied", "damaged", () => ""],
    ["one letter changed", "damaged", (text) => text.replace("Title", "Tidle")],
    ["a message broken", "damaged", (text) => text.replace('{"id":"m1"', '{"id":"m1')],
    ["swapped with another", "damaged", (text) => text.replaceAll('"one"', '"two"'), 1],
  ];
  for (const [what, status, change, kept = 0] of damage) {
    const ruin = kept ? "keeping what lay there" : "without keeping the ruin";
    it(`sees an archive ${what}, and the next run mends it ${ruin}`, async () => {
      const before = await textOf(KEY);
      const after = change(before);
      const { metadata } = await backend.head(KEY);
      await backend.delete(KEY);
      if (after !== undefined) {
        await backend.put(KEY, new TextEncoder().encode(after), { metadata });
      }
      const outcomes = await collect(archiver().verify());
      const bad = outcomes.filter((outcome) => outcome.status !== "ok");
      assert.deepEqual(bad.map((outcome) => [outcome.key, outcome.status]), [[KEY, status]]);
      assert.ok(bad[0].problem?.includes(KEY));
      await archiveAll();
      assert.equal(await textOf(KEY), before);
      assert.equal((await keysOf()).length, 2 + kept);
      assert.ok((await statuses()).every(([, status]) => status === "ok"));
    });
  }

  it("keeps a ruin of which the store does not say that it is ours", async () => {
    const ruin = (await textOf(KEY)).slice(0, -20);
    await backend.put(KEY, new TextEncoder().encode(ruin));
    await statuses();
    const [{ copies: [{ version }] }] = (await archiveAll()).filter(({ copies }) =>
      copies[0].status === "archived"
    );
    assert.equal(await textOf(version!), ruin);
  });

  it("goes on calling damaged what is, and gives none of it away", async () => {
    const damaged = (await textOf(KEY)).replace("Title", "Tidle");
    await backend.put(KEY, new TextEncoder().encode(damaged));
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await statuses(archiver(), [KEY]), [[KEY, "damaged"]]);
      const archive = await archiver().retrieve(KEY);
      await assert.rejects(collect(archive.bytes()), /SHA-256/);
    }
  });

  it("sees damage by the store's metadata when the ledger is lost", async () => {
    const damaged = (await textOf(KEY)).replace("Title", "Tidle");
    const { metadata } = await backend.head(KEY);
    await backend.put(KEY, new TextEncoder().encode(damaged), { metadata });
    const found = await statuses(archiver({ ledger: new MemoryLedger() }), [KEY]);
    assert.deepEqual(found, [[KEY, "damaged"]]);
  });

  it("says that a key nobody has is missing", async () => {
    const key = "p/2026-01-31/none.json";
    assert.deepEqual(await statuses(archiver(), [key]), [[key, "missing"]]);
  });

  it("does not call missing what a backend was not to be given", async () => {
    const other = new MemoryBackend({ name: "other" });
    const two = archiver({ backends: [backend, other], default: ["store"] });
    assert.deepEqual(await statuses(two, [KEY]), [[KEY, "ok"]]);
  });
});

describe("delete()", () => {
  it("deletes, and leaves the session alone until it changes or is named", async () => {
    agent.set(session("one"));
    await archiveAll();
    assert.deepEqual(await archiver().delete(KEY), { key: KEY, backends: ["store"], versions: [] });
    assert.equal((await archiveAll())[0].copies[0].status, "skipped");
    assert.deepEqual(await keysOf(), []);
    assert.equal((await archiveAll(archiver(), { ids: ["one"] }))[0].copies[0].status, "archived");
    await archiver().delete(KEY);
    agent.set(session("one", [says("m1"), says("m2")]));
    assert.equal((await archiveAll())[0].copies[0].status, "archived");
  });

  it("names the versions that are left", async () => {
    agent.set(session("one", [says("m1"), says("m2")]));
    await archiveAll();
    agent.set(session("one", [says("m1")]));
    const [{ copies }] = await archiveAll();
    assert.deepEqual((await archiver().delete(KEY)).versions, [copies[0].version]);
  });

  it("asks which when several backends hold it", async () => {
    const other = new MemoryBackend({ name: "other" });
    const both = archiver({ backends: [backend, other] });
    agent.set(session("one"));
    await archiveAll(both);
    await assert.rejects(both.delete(KEY), /store and other/);
    assert.deepEqual((await both.delete(KEY, { backend: "other" })).backends, ["other"]);
    assert.deepEqual(await keysOf(), [KEY]);
  });

  it("says what is not there", async () => {
    await assert.rejects(archiver().delete(KEY), (error) => isArchiveError(error, "NotFound"));
  });
});

describe("restore()", () => {
  beforeEach(async () => {
    agent.set(session("one"));
    agent.set(session("child", [says("c1")], { parentId: "one" }));
    agent.set(session("grandchild", [says("g1")], { parentId: "child" }));
    agent.set(session("stranger", [says("s1")], { parentId: "nobody" }));
    await archiveAll();
  });

  it("brings back a session with those it started, parents first", async () => {
    for (const id of ["one", "child", "grandchild"]) agent.remove(id);
    const outcomes = await archiver().restore(KEY);
    assert.deepEqual(outcomes.map(({ id, status }) => [id, status]), [
      ["one", "restored"],
      ["child", "restored"],
      ["grandchild", "restored"],
    ]);
    assert.deepEqual(agent.get("one")?.messages, [says("m1")]);
    assert.equal(agent.get("grandchild")?.parentId, "child");
  });

  it("brings back what it has read, whatever the store gets meanwhile", async () => {
    const restore = agent.restore.bind(agent);
    agent.restore = async (archives, options) => {
      agent.set(session("one", [says("m1"), says("m2")]));
      await archiveAll();
      agent.remove("one");
      return await restore(archives, options);
    };
    const [outcome] = await archiver().restore(KEY, { children: false });
    assert.equal(outcome.status, "restored");
    assert.deepEqual(agent.get("one")?.messages, [says("m1")]);
  });

  it("leaves the children out when told so", async () => {
    assert.equal((await archiver().restore(KEY, { children: false })).length, 1);
  });

  it("reports an existing session as existing", async () => {
    const outcomes = await archiver().restore(KEY);
    assert.ok(outcomes.every(({ status }) => status === "existing"));
  });

  it("finds children that moved with their parent, or elsewhere, or before it", async () => {
    agent.set(session("moved", [], { projectPath: "/old" }));
    agent.set(session("along", [], { projectPath: "/old", parentId: "moved" }));
    agent.set(session("below", [], { projectPath: "/new/sub", parentId: "moved" }));
    const early = { projectPath: "/old", parentId: "moved", createdAt: "2026-01-30T23:00:00.000Z" };
    agent.set(session("early", [], early));
    await archiveAll();
    for (const id of ["moved", "along"]) {
      agent.set(
        session(id, [says("m2")], {
          ...agent.get(id),
          messages: [says("m2")],
          projectPath: "/new",
        }),
      );
    }
    await archiveAll();
    const idsOf = async (from: Archiver) =>
      (await from.restore("old/2026-01-31/moved.json")).map(({ id }) => id).sort();
    assert.deepEqual(await idsOf(archiver()), ["along", "below", "early", "moved"]);
    // Without a ledger, those in other projects cannot be known of.
    const fresh = archiver({ ledger: new MemoryLedger() });
    assert.deepEqual(await idsOf(fresh), ["along", "early", "moved"]);
  });

  it("restores a kept version", async () => {
    agent.set(session("one", []));
    const [{ copies }] = await archiveAll(archiver(), { ids: ["one"] });
    agent.remove("one");
    await archiver().restore(copies[0].version!, { children: false });
    assert.deepEqual(agent.get("one")?.messages, [says("m1")]);
  });

  it("does not touch the agent when the archive is damaged", async () => {
    agent.remove("one");
    await backend.put(KEY, new TextEncoder().encode((await textOf(KEY)).slice(0, -9)));
    await assert.rejects(archiver().restore(KEY), (error) => isArchiveError(error, "Corrupt"));
    assert.equal(agent.get("one"), undefined);
  });
});

describe("forgetEmptied()", () => {
  it("notices a store that was emptied, and has everything archived again", async () => {
    agent.set(session("one"));
    agent.set(session("two"));
    await archiveAll();
    assert.deepEqual(await collect(archiver().forgetEmptied()), []);
    for (const key of await keysOf()) await backend.delete(key);
    assert.deepEqual(await collect(archiver().forgetEmptied()), [{ backend: "store", copies: 2 }]);
    assert.ok((await archiveAll()).every(({ copies }) => copies[0].status === "archived"));
    assert.equal((await keysOf()).length, 2);
  });

  it("does not call a store emptied that never had anything", async () => {
    assert.deepEqual(await collect(archiver().forgetEmptied()), []);
  });
});

describe("entry()", () => {
  it("is what a list shows of one archive", async () => {
    agent.set(session("one"));
    await archiveAll();
    const [row] = await collect(archiver().list());
    assert.deepEqual(await archiver().entry(KEY), row);
    const missing = archiver().entry(KEY.replace("one", "two"));
    await assert.rejects(missing, (error) => isArchiveError(error, "NotFound"));
  });
});

describe("an Archiver", () => {
  it("refuses names that repeat or that nobody has", () => {
    assert.throws(() => archiver({ backends: [backend, backend] }), /same name: store, store/);
    assert.throws(() => archiver({ default: ["disk"] }), /"disk"; there are: store/);
    const rules = [{ match: ["/**"], backends: ["minio"] }];
    assert.throws(() => archiver({ rules }), /"minio"; there are: store/);
  });

  it("puts a large session through the spool, and disposes of it", async () => {
    const held = new Set<string>();
    const spool = {
      async write(chunks: AsyncIterable<Uint8Array>) {
        const bytes = new Uint8Array(
          await new Blob(await collect(chunks) as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
        );
        held.add("it");
        return {
          size: bytes.length,
          sha256: "",
          read: (start: number, end: number) => Promise.resolve(bytes.slice(start, end)),
          dispose: () => Promise.resolve(void held.delete("it")),
        };
      },
    };
    const text = "large ".repeat(2_000_000);
    agent.set(session("one", [says("m1", text)]));
    const put = backend.put.bind(backend);
    backend.put = (...args: Parameters<typeof put>) => {
      assert.equal(held.size, 1);
      return put(...args);
    };
    await archiveAll(archiver({ spool }));
    assert.equal(held.size, 0);
    const { native } = await readDocument((await backend.get(KEY)).body, KEY);
    assert.ok((await collect(native))[1].includes(text));
  });
});
