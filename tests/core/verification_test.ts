import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  ArchiveError,
  Archiver,
  type ArchiverOptions,
  type Backend,
  compareUtf8,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type VerifyOptions,
  type VerifyOutcome,
} from "@session-archiver/archiver";
import fc from "../properties.ts";

const DAY = "home_me_project/2026-01-31";
const keyOf = (id: string) => `${DAY}/${id}.json`;
const KEY = keyOf("one");

let agent: MemoryAgent;
let left: MemoryBackend;
let right: MemoryBackend;
let ledger: MemoryLedger;

beforeEach(() => {
  agent = new MemoryAgent();
  left = new MemoryBackend({ name: "left", pageSize: 3 });
  right = new MemoryBackend({ name: "right", pageSize: 2 });
  ledger = new MemoryLedger();
});

function archiver(options: Partial<ArchiverOptions> = {}): Archiver {
  return new Archiver({ agents: [agent], backends: [left, right], ledger, ...options });
}

function set(id: string, messages = 1, projectPath = "/home/me/project"): void {
  agent.set({
    ...{ id, projectPath, title: `About ${id}`, createdAt: "2026-01-31T12:00:00.000Z" },
    updatedAt: `2026-01-31T12:00:0${messages}.000Z`,
    messages: Array.from({ length: messages }, (_, index) => ({
      ...{ id: `${id}-${index}`, role: "user" as const, text: `Hello ${index}` },
    })),
  });
}

async function archive(options: Partial<ArchiverOptions> = {}): Promise<void> {
  for await (const { copies } of archiver(options).archiveAll()) {
    for (const { error } of copies) if (error) throw error;
  }
}

async function verify(
  options: VerifyOptions = {},
  from: Partial<ArchiverOptions> = {},
  keys?: readonly string[],
): Promise<VerifyOutcome[]> {
  const outcomes: VerifyOutcome[] = [];
  for await (const outcome of archiver(from).verify(keys, options)) outcomes.push(outcome);
  return outcomes;
}

const told = (outcomes: readonly VerifyOutcome[]) =>
  outcomes.map(({ key, backend, status }) =>
    [key.replace(`${DAY}/`, "").replace(".json", ""), backend, status].join(" ")
  );
const wrong = (outcomes: readonly VerifyOutcome[]) =>
  outcomes.filter((outcome) => outcome.status !== "ok");

async function bytesAt(key: string, from: Backend): Promise<Uint8Array> {
  const { body } = await from.get(key);
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** Counts calls, and lets some answer otherwise. */
function watched(inner: Backend, instead: Partial<Backend> = {}) {
  const calls: Record<string, number> = {};
  const backend = new Proxy(inner, {
    get(target, method) {
      const own = Reflect.get(instead, method) ?? Reflect.get(target, method, target);
      if (typeof own !== "function") return own;
      return (...args: unknown[]) => {
        calls[String(method)] = (calls[String(method)] ?? 0) + 1;
        return own.apply(target, args);
      };
    },
  });
  return { backend, calls };
}

describe("verifying all", () => {
  it("tells of all copies of a key together, in the order of the keys' bytes", async () => {
    const ids = ["b", "a", "\uFF5E", "\u{1F600}", "c", "Z"];
    for (const id of ids) set(id);
    await archive();
    const ordered = ids.map(keyOf).sort(compareUtf8);
    assert.deepEqual(
      (await verify()).map(({ key, backend }) => [key, backend]),
      ordered.flatMap((key) => [[key, "left"], [key, "right"]]),
    );
  });

  it("misses what is remembered in its place, wherever that is", async () => {
    for (const id of ["a", "b", "c", "d"]) set(id);
    await archive();
    for (const id of ["a", "d"]) await left.delete(keyOf(id));
    for (const id of ["b", "d"]) await right.delete(keyOf(id));
    assert.deepEqual(told(await verify()), [
      ...["a left missing", "a right ok", "b left ok", "b right missing"],
      ...["c left ok", "c right ok", "d left missing", "d right missing"],
    ]);
    assert.deepEqual(told(await verify({}, { backends: [left] })), [
      ...["a left missing", "b left ok", "c left ok", "d left missing"],
    ]);
  });

  it("reads each once, without a look before it", async () => {
    for (const id of ["a", "b", "c"]) set(id);
    await archive();
    const { backend, calls } = watched(left);
    await verify({}, { backends: [backend] });
    assert.deepEqual(calls, { list: 1, get: 3 });
  });

  it("looks at no more objects at once than it may, and at as many", async () => {
    for (let id = 0; id < 20; id++) set(`s${id}`);
    await archive();
    let [now, most] = [0, 0];
    const slow = watched(left, {
      async get(key, options) {
        most = Math.max(most, ++now);
        await new Promise((done) => setTimeout(done, 1));
        now--;
        return await left.get(key, options);
      },
    });
    await verify({ concurrency: 3 }, { backends: [slow.backend] });
    assert.equal(most, 3);
    await assert.rejects(verify({ concurrency: 0 }), /concurrency 0 is no whole number/);
  });

  it("goes on when a listing breaks off, misses nothing there, and says so at the end", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) set(id);
    await archive();
    const broken = watched(right, {
      async *list(options) {
        for await (const page of right.list(options)) {
          yield page;
          throw new ArchiveError("Timeout", "right does not answer", { backend: "right" });
        }
      },
    });
    const outcomes: VerifyOutcome[] = [];
    await assert.rejects(async () => {
      const from = archiver({ backends: [left, broken.backend] }).verify();
      for await (const outcome of from) outcomes.push(outcome);
    }, (error) => isArchiveError(error, "Timeout"));
    assert.deepEqual(wrong(outcomes), []);
    assert.equal(outcomes.filter(({ backend }) => backend === "left").length, 5);
    assert.equal(outcomes.filter(({ backend }) => backend === "right").length, 2);
  });

  it("asks no more of a backend that fails each time, and says so of each object", async () => {
    for (let id = 0; id < 20; id++) set(`s${id}`);
    await archive();
    let asked = 0;
    const mute = watched(right, {
      get: () => {
        asked++;
        return Promise.reject(new ArchiveError("Timeout", "no answer", { backend: "right" }));
      },
    });
    const outcomes = await verify({ concurrency: 2 }, { backends: [left, mute.backend] });
    const failed = outcomes.filter(({ status }) => status === "failed");
    assert.equal(failed.length, 20);
    assert.ok(asked < 6, `asked ${asked} times`);
    assert.ok(failed.every(({ problem }) => problem?.includes("no answer")));
    assert.equal(outcomes.filter(({ status }) => status === "ok").length, 20);
  });

  it("refuses a listing that is in no order rather than miss what it has", async () => {
    for (const id of ["a", "b", "c"]) set(id);
    await archive();
    const odd = watched(right, {
      async *list(options) {
        for await (const page of new MemoryBackend().list(options)) yield page;
        for await (const page of right.list(options)) {
          yield { ...page, objects: [...page.objects].reverse() };
        }
      },
    });
    await assert.rejects(
      verify({}, { backends: [left, odd.backend] }),
      /right does not list keys in the order of their bytes/,
    );
  });

  it("looks at every object, stopped anywhere and gone on with behind what was taken", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `s${index}`);
    for (const id of ids) set(id);
    await archive();
    await left.delete(keyOf("s3"));
    await right.delete(keyOf("s11"));
    const all = (await verify()).map(({ key, backend }) => `${key} ${backend}`);
    assert.equal(all.length, 24);
    const stops = fc.array(fc.nat(6), { maxLength: 8 });
    await fc.assert(fc.asyncProperty(stops, fc.integer({ min: 1, max: 5 }), async (some, width) => {
      const seen = new Set<string>();
      let after: string | undefined;
      for (const stop of [...some, Infinity]) {
        let [count, last]: [number, string?] = [0];
        for await (
          const { key, backend } of archiver().verify(undefined, { after, concurrency: width })
        ) {
          // Only once the next key comes is one done with.
          if (last !== undefined && last !== key) after = last;
          last = key;
          if (count++ >= stop) break;
          seen.add(`${key} ${backend}`);
        }
      }
      assert.deepEqual([...seen].sort(), [...all].sort());
    }));
  });

  it("is stopped by a signal", async () => {
    for (const id of ["a", "b", "c"]) set(id);
    await archive();
    const stop = new AbortController();
    const outcomes = archiver().verify(undefined, { signal: stop.signal, concurrency: 1 });
    await outcomes.next();
    stop.abort();
    await assert.rejects(async () => {
      for await (const _ of outcomes);
    }, (error) => isArchiveError(error, "Aborted"));
  });
});

describe("verifying quickly", () => {
  beforeEach(async () => {
    for (const id of ["one", "two", "three"]) set(id);
    await archive();
  });

  it("asks for nothing that the listing tells as it was acknowledged", async () => {
    const { backend, calls } = watched(left);
    const outcomes = await verify({ quick: true }, { backends: [backend, right] });
    assert.equal(outcomes.length, 6);
    assert.deepEqual(wrong(outcomes), []);
    assert.deepEqual(calls, { list: 1 });
  });

  it("asks by HEAD where the ledger knows nothing, and goes by the metadata", async () => {
    const { backend, calls } = watched(left);
    const fresh = new MemoryLedger();
    const outcomes = await verify({ quick: true }, { backends: [backend], ledger: fresh });
    assert.deepEqual(told(outcomes), ["one left ok", "three left ok", "two left ok"]);
    assert.deepEqual(calls, { list: 1, head: 3 });
  });

  it("reads what the store cannot vouch for", async () => {
    const bytes = await bytesAt(KEY, left);
    await left.put(KEY, bytes);
    const { backend, calls } = watched(left);
    assert.deepEqual(wrong(await verify({ quick: true }, { backends: [backend] })), []);
    assert.deepEqual(calls, { list: 1, head: 1, get: 1 });
    await left.put(KEY, bytes.with(200, bytes[200] ^ 1));
    assert.deepEqual(told(wrong(await verify({ quick: true }))), ["one left damaged"]);
  });

  it("finds what is cut off though its metadata are right", async () => {
    const { metadata } = await left.head(KEY);
    await left.put(KEY, (await bytesAt(KEY, left)).slice(0, -9), { metadata });
    assert.deepEqual(told(wrong(await verify({ quick: true }))), ["one left damaged"]);
  });

  it("finds an object that was put back to an older state, and one swapped with another", async () => {
    const old = [await bytesAt(KEY, left), (await left.head(KEY)).metadata] as const;
    set("one", 3);
    await archive();
    await left.put(KEY, old[0], { metadata: old[1] });
    const two = (await right.head(keyOf("two"))).metadata;
    await right.put(keyOf("three"), await bytesAt(keyOf("two"), right), { metadata: two });
    for (const quick of [true, false]) {
      const found = wrong(await verify({ quick }));
      assert.deepEqual(told(found), ["one left damaged", "three right damaged"]);
      assert.match(found[0].problem, /older state, last changed 2026-01-31T12:00:01/);
      assert.match(found[1].problem, /the archive of two/);
    }
    await archive();
    assert.deepEqual(wrong(await verify()), []);
  });

  it("does not take a HEAD's word that something is gone, nor a listing's", async () => {
    const notFound = (key: string) => new ArchiveError("NotFound", `no ${key}`, { key });
    const lying = watched(left, {
      async *list(options) {
        for await (const { objects, prefixes } of left.list(options)) {
          yield { prefixes, objects: objects.filter(({ key }) => key !== KEY) };
        }
      },
      head: (key) => Promise.reject(notFound(key)),
    });
    assert.deepEqual(wrong(await verify({ quick: true }, { backends: [lying.backend] })), []);
    await left.delete(KEY);
    assert.deepEqual(told(wrong(await verify({ quick: true }))), ["one left missing"]);
  });

  it("believes a HEAD that lies of bytes that went bad, which reading does not", async () => {
    const bytes = await bytesAt(KEY, left);
    const acknowledged = await left.head(KEY);
    await left.put(KEY, bytes.with(200, bytes[200] ^ 1), { metadata: acknowledged.metadata });
    const lying = watched(left, {
      head: (key) => key === KEY ? Promise.resolve(acknowledged) : left.head(key),
    });
    const backends = [lying.backend];
    assert.deepEqual(wrong(await verify({ quick: true }, { backends })), []);
    assert.deepEqual(told(wrong(await verify({}, { backends }))), ["one left damaged"]);
    const all = { share: 1, seed: "" };
    const sampled = await verify({ quick: true, sample: all }, { backends });
    assert.deepEqual(told(wrong(sampled)), ["one left damaged"]);
  });

  it("leaves what another machine went on with as it is", async () => {
    const [mine, theirs] = [ledger, new MemoryLedger()];
    ledger = theirs;
    set("one", 2);
    await archive();
    ledger = mine;
    for (const quick of [true, false]) assert.deepEqual(wrong(await verify({ quick })), []);
  });

  it("goes by the names of kept versions", async () => {
    set("one", 0);
    await archive();
    const { backend, calls } = watched(left);
    const outcomes = await verify({ quick: true }, { backends: [backend] });
    assert.equal(outcomes.length, 4);
    assert.deepEqual([wrong(outcomes), calls.head], [[], 1]);
  });
});

describe("verifying a sample", () => {
  const MANY = Array.from({ length: 60 }, (_, index) => `s${index}`);
  const sample = { share: 0.2, seed: "a" };

  beforeEach(async () => {
    for (const id of MANY) set(id);
    await archive();
  });

  it("reads a share, the same each time and in all backends, and others by another seed", async () => {
    const { backend, calls } = watched(left);
    const keys = (outcomes: VerifyOutcome[]) => new Set(outcomes.map(({ key }) => key));
    const first = await verify({ sample }, { backends: [backend, right] });
    assert.equal(calls.get, keys(first).size);
    assert.ok(keys(first).size > 3 && keys(first).size < 25, `${keys(first).size} of 60`);
    assert.equal(first.length, 2 * keys(first).size);
    assert.deepEqual(keys(await verify({ sample })), keys(first));
    assert.notDeepEqual(keys(await verify({ sample: { ...sample, seed: "b" } })), keys(first));
    await assert.rejects(verify({ sample: { share: 5, seed: "" } }), /share 5 is no number from 0/);
  });

  it("misses what is gone, sampled or not", async () => {
    for (const id of MANY) await left.delete(keyOf(id));
    const missing = wrong(await verify({ sample: { share: 0, seed: "" } }));
    assert.equal(missing.length, 60);
    assert.ok(missing.every(({ status, backend }) => status === "missing" && backend === "left"));
  });
});

describe("mirrors", () => {
  it("that are behind are told, with which is newer, and are not taken for lost", async () => {
    set("one", 1);
    await archive();
    const mine = ledger;
    ledger = new MemoryLedger();
    set("one", 2);
    await archive({ backends: [right] });
    ledger = mine;
    for (const quick of [true, false]) {
      const [found, ...more] = wrong(await verify({ quick }));
      assert.deepEqual(more, []);
      assert.ok(found.status === "differs");
      assert.deepEqual([found.backend, found.newest], ["left", "right"]);
      assert.match(
        found.problem,
        /one\.json on left is older than on right: last changed .*:01.* with 1/,
      );
    }
    assert.ok([...ledger.entries()].every(({ state }) => state === "stored"));
  });

  it("of the same time and size are told as well, where none is newer", async () => {
    set("one", 1);
    await archive({ backends: [left] });
    agent.set({ ...base("one"), title: "Another" });
    ledger = new MemoryLedger();
    await archive({ backends: [right] });
    const [found] = wrong(await verify({}, { ledger: new MemoryLedger() }));
    assert.match(found?.problem ?? "", /not the same as on left, and none of the two is newer/);
  });

  function base(id: string) {
    return {
      ...{ id, projectPath: "/home/me/project", createdAt: "2026-01-31T12:00:00.000Z" },
      updatedAt: "2026-01-31T12:00:01.000Z",
      messages: [{ id: `${id}-0`, role: "user" as const, text: "Hello 0" }],
    };
  }
});

describe("what lies where an archive should", () => {
  const put = (key: string, text: string, metadata?: Record<string, string>) =>
    left.put(key, new TextEncoder().encode(text), { metadata });
  const only = { backends: [] as Backend[] };
  beforeEach(() => void (only.backends = [left]));

  it("is foreign when it is another session's and nobody knows of one there", async () => {
    set("one");
    await archive(only);
    const { metadata } = await left.head(KEY);
    await left.put(keyOf("two"), await bytesAt(KEY, left), { metadata });
    const [found] = wrong(await verify({}, only));
    assert.deepEqual([found.key, found.status], [keyOf("two"), "foreign"]);
    assert.match(found.problem, /the archive of one/);
  });

  it("is foreign when it is no archive and nobody knows of one there", async () => {
    await put(KEY, '{"name": "somebody\'s notes"}\n');
    for (const quick of [true, false]) {
      assert.deepEqual(told(await verify({ quick }, only)), ["one left foreign"]);
    }
  });

  it("is damaged when it is empty, zeros or the end of an archive is gone", async () => {
    set("three");
    await archive(only);
    const text = new TextDecoder().decode(await bytesAt(keyOf("three"), left));
    await put(KEY, "");
    await put(keyOf("two"), "\0".repeat(99));
    await put(keyOf("three"), text.slice(0, -20));
    const outcomes = await verify({}, { ...only, ledger: new MemoryLedger() });
    assert.deepEqual(outcomes.map(({ status }) => status), ["damaged", "damaged", "damaged"]);
  });

  it("cannot be decoded when it is of a later format, unless it was changed", async () => {
    set("one");
    await archive(only);
    const text = new TextDecoder().decode(await bytesAt(KEY, left));
    const later = text.replace('"version":1', '"version":2');
    await put(KEY, later);
    assert.deepEqual(told(await verify({}, only)), ["one left undecodable"]);
    assert.equal([...ledger.entries()][0].state, "stored");
    await put(KEY, later, { ...(await left.head(KEY)).metadata, ...metadataOf("0".repeat(64)) });
    const [changed] = wrong(await verify({}, only));
    assert.equal(changed.status, "damaged");
    assert.match(
      changed.problem,
      /one\.json is damaged: its SHA-256 is not that of what was archived/,
    );
  });

  function metadataOf(sha256: string): Record<string, string> {
    const time = "2026-01-31T12:00:00.000Z";
    return {
      ...{ agent: "memory", id: "one", "project-path": "%2Fp", "created-at": time },
      ...{ "updated-at": time, sha256 },
    };
  }
});

describe("a backend that the rules name", () => {
  const rules = [{ match: ["/home/me/team/**"], backends: ["left"] }];

  it("misses what it was never given", async () => {
    set("one");
    await archive({ backends: [left] });
    for (const quick of [true, false]) {
      for (const keys of [undefined, [KEY]]) {
        const [found, ...more] = wrong(await verify({ quick }, {}, keys));
        assert.deepEqual([found.backend, found.status, more], ["right", "missing", []]);
        assert.match(found.problem, /is not on right, where the rules send .* \/home\/me\/project/);
      }
    }
  });

  it("misses nothing of a project that goes elsewhere", async () => {
    set("one", 1, "/home/me/team/app");
    await archive({ rules });
    assert.deepEqual(wrong(await verify({}, { rules })), []);
  });

  it("misses nothing of what may be another worktree of such a project", async () => {
    set("one", 1, "/tmp/worktree");
    await archive({ backends: [left] });
    assert.deepEqual(wrong(await verify({}, { rules })), []);
    const other = [{ match: ["/home/me/team/**"], backends: ["right"] }];
    assert.equal(wrong(await verify({}, { rules: other })).length, 1);
  });

  it("misses no session whose copy there was deleted, or has another key", async () => {
    set("one");
    set("two");
    await archive({ backends: [left] });
    set("two", 2, "/home/me/moved");
    await archive();
    await archiver().delete(KEY, { backend: "right" });
    assert.equal((await right.head("home_me_moved/2026-01-31/two.json")).size > 0, true);
    assert.deepEqual(wrong(await verify()), []);
  });
});
