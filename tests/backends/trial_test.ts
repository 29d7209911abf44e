import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Backend, Body, Finding, PutOptions } from "../../core/backend.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { FileBackend } from "../../backends/file.ts";
import { MemoryBackend } from "../../backends/memory.ts";
import { type TrialOptions, tryBackend } from "../../backends/support/trial.ts";
import { clockOutcome, STEPS } from "../../backends/support/trial_steps.ts";

/** Tries a backend, and gives the findings by check. */
async function trial(backend: Backend, options?: TrialOptions): Promise<Map<string, Finding>> {
  const found = new Map<string, Finding>();
  for await (const finding of tryBackend(backend, options)) found.set(finding.check, finding);
  return found;
}

async function keysOf(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
  return keys;
}

/** A store in memory that does one thing its own way. */
function otherwise(change: (store: MemoryBackend) => Partial<Backend>): Backend {
  const store = new MemoryBackend();
  const usual: Backend = {
    name: store.name,
    identity: store.identity,
    capabilities: store.capabilities,
    put: (key, body, options) => store.put(key, body, options),
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    copy: (from, to, options) => store.copy(from, to, options),
    list: (options) => store.list(options),
    delete: (key, options) => store.delete(key, options),
  };
  return { ...usual, ...change(store) };
}

function denied(): Promise<never> {
  return Promise.reject(new ArchiveError("Unauthorized", "it is not allowed"));
}

function statuses(found: Map<string, Finding>, status: Finding["status"]): string[] {
  return [...found.values()].filter((one) => one.status === status).map(({ check }) => check);
}

const NO_OPTIONS: PutOptions = {};

describe("trying a backend", () => {
  it("finds everything well in a store that can everything, and leaves nothing behind", async () => {
    const backend = new MemoryBackend();
    await backend.put("mine.json", new Uint8Array(3));
    const found = await trial(backend);
    assert.deepEqual(statuses(found, "ok"), STEPS.map(({ check }) => check));
    assert.deepEqual(await keysOf(backend), ["mine.json"]);
    assert.match(found.get("latency")?.detail ?? "", /^median write [\d.]+ ms, read [\d.]+ ms$/);
  });

  it("finds a folder well, and says what plain files cannot", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trial-"));
    try {
      const found = await trial(new FileBackend({ path: join(folder, "archives") }));
      assert.deepEqual(statuses(found, "failed"), []);
      assert.deepEqual(statuses(found, "skipped"), []);
      assert.deepEqual(statuses(found, "limited"), ["metadata", "replace if unchanged"]);
      assert.deepEqual(await readdir(join(folder, "archives")), []);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is what the file and memory backends do as probe()", async () => {
    const checks: string[] = [];
    for await (const { check } of new MemoryBackend().probe()) checks.push(check);
    assert.deepEqual(checks, STEPS.map(({ check }) => check));
  });

  it("says what to do where a folder cannot be made, and skips what needs it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trial-"));
    try {
      await writeFile(join(folder, "file"), "");
      const found = await trial(new FileBackend({ path: join(folder, "file", "archives") }));
      const write = found.get("write");
      assert.equal(write?.status, "failed");
      assert.match(write?.detail ?? "", /a file stands where a folder is needed/);
      assert.match(write?.advice ?? "", /correct what the backend's configuration says/);
      assert.equal(found.get("read")?.detail, 'not tried, as "write" did not work');
      assert.equal(found.get("large object")?.detail, 'not tried, as "write" did not work');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("still tries to list and delete where writing is denied", async () => {
    const found = await trial(otherwise(() => ({ put: denied })));
    assert.deepEqual(statuses(found, "ok"), ["list", "missing object", "delete"]);
    assert.deepEqual(statuses(found, "failed"), ["write"]);
    assert.match(found.get("write")?.advice ?? "", /right/);
    assert.equal(found.get("write")?.error?.message, "it is not allowed");
  });

  it("takes denied deletes for a choice, and litters a store that keeps everything with one object", async () => {
    const backend = otherwise(() => ({ delete: denied }));
    const found = await trial(backend);
    assert.equal(found.get("delete")?.status, "limited");
    assert.match(found.get("delete")?.advice ?? "", /allow deleting/);
    assert.match(found.get("copy")?.detail ?? "", /"delete" did not work/);
    const left = await keysOf(backend);
    assert.equal(left.length, 1);
    assert.ok(found.get("clean up")?.detail.includes(left[0]), found.get("clean up")?.detail);
  });

  it("names what it could not remove, when deleting stops working half-way", async () => {
    let deletes = 0;
    const backend = otherwise((store) => ({
      delete: (key) => ++deletes > 3 ? denied() : store.delete(key),
    }));
    const found = await trial(backend);
    const left = await keysOf(backend);
    assert.ok(left.length > 3);
    for (const key of left) assert.ok(found.get("clean up")?.detail.includes(key), key);
  });

  const LIES: readonly [what: string, check: string, status: Finding["status"], Backend][] = [
    [
      "changed bytes",
      "read",
      "failed",
      otherwise((store) => ({
        put: (key, _body, options) => store.put(key, new Uint8Array(4), options),
      })),
    ],
    [
      "ignored ranges",
      "range read",
      "failed",
      otherwise((store) => ({ get: (key, { signal } = {}) => store.get(key, { signal }) })),
    ],
    [
      "a create that overwrites",
      "create only",
      "failed",
      otherwise((store) => ({ put: overwriting(store, "create") })),
    ],
    [
      "an ignored ifMatch",
      "replace if unchanged",
      "failed",
      otherwise((store) => ({ put: overwriting(store, "ifMatch") })),
    ],
    [
      "an ifMatch that is looked at before the write",
      "replace if unchanged",
      "failed",
      otherwise((store) => ({ put: hesitating(store) })),
    ],
    [
      "lost metadata",
      "metadata",
      "limited",
      otherwise((store) => ({
        put: (key, body, options) => store.put(key, body, { ...options, metadata: {} }),
      })),
    ],
    [
      "keys that are decoded once too often",
      "odd keys",
      "failed",
      otherwise((store) => ({
        put: (key, body, options) => store.put(key.replaceAll("%25", "%"), body, options),
        get: (key, options) => store.get(key.replaceAll("%25", "%"), options),
        delete: (key, options) => store.delete(key.replaceAll("%25", "%"), options),
      })),
    ],
    [
      "lists in another order",
      "list order",
      "failed",
      otherwise((store) => ({
        async *list(options) {
          for await (const { objects, prefixes } of store.list(options)) {
            yield { objects: objects.toReversed(), prefixes };
          }
        },
      })),
    ],
    [
      "objects that were never written",
      "missing object",
      "failed",
      otherwise((store) => ({
        head: (key) =>
          store.head(key).catch(() => ({ key, size: 1, modified: new Date(), metadata: {} })),
      })),
    ],
    [
      "an overwrite without effect",
      "overwrite",
      "failed",
      otherwise((store) => {
        const seen = new Set<string>();
        return {
          put: (key, body, options) => {
            if (seen.has(key)) return Promise.resolve({ etag: crypto.randomUUID() });
            seen.add(key);
            return store.put(key, body, options);
          },
        };
      }),
    ],
    [
      "a copy that is empty",
      "copy",
      "failed",
      otherwise((store) => ({ copy: (_from, to) => store.put(to, new Uint8Array(0)) })),
    ],
    [
      "large objects that lose their end",
      "large object",
      "failed",
      otherwise((store) => ({
        put: (key, body, options) =>
          store.put(key, body instanceof Uint8Array ? body : { ...body, size: 100 }, options),
      })),
    ],
    [
      "a clock an hour ahead",
      "clock",
      "limited",
      otherwise((store) => ({
        head: async (key) => ({
          ...await store.head(key),
          modified: new Date(Date.now() + 3_600_000),
        }),
      })),
    ],
  ];
  for (const [what, check, status, backend] of LIES) {
    it(`sees ${what}`, async () => {
      const finding = (await trial(backend)).get(check);
      assert.equal(finding?.status, status, JSON.stringify(finding));
      assert.ok(finding?.advice);
      assert.deepEqual(await keysOf(backend), []);
    });
  }

  it("asks a store that promises less for less", async () => {
    const less = { createOnly: false, ifMatch: false, metadata: false, maxKeyBytes: 1024 };
    const found = await trial(otherwise(() => ({ capabilities: less, copy: undefined })));
    assert.deepEqual(statuses(found, "failed"), []);
    assert.deepEqual(
      statuses(found, "limited"),
      ["create only", "replace if unchanged", "copy"],
    );
  });

  it("ends soon where nothing answers, and tries nothing more", async () => {
    let calls = 0;
    const never = () => new Promise<never>(() => void calls++);
    const backend = otherwise(() => ({ put: never, head: never, delete: never, get: never }));
    const found = await trial(backend, { limitMs: 30 });
    assert.equal(found.get("missing object")?.status, "failed");
    assert.match(found.get("missing object")?.detail ?? "", /did not end within 30 ms/);
    assert.match(found.get("missing object")?.advice ?? "", /whether the store runs/);
    assert.equal(statuses(found, "skipped").length, STEPS.length - 2);
    assert.equal(calls, 1);
  });

  it("removes everything when it is stopped, then says that it was", async () => {
    const stop = new AbortController();
    const backend = otherwise((store) => ({
      put: (key: string, body: Body, options = NO_OPTIONS) => {
        if (key.endsWith("large.json")) stop.abort();
        return store.put(key, body, { ...options, signal: undefined });
      },
    }));
    const checks: string[] = [];
    await assert.rejects(async () => {
      const findings = tryBackend(backend, { signal: stop.signal });
      for await (const { check } of findings) checks.push(check);
    }, (error) => isArchiveError(error, "Aborted"));
    assert.ok(checks.includes("copy") && !checks.includes("latency"), checks.join());
    assert.deepEqual(await keysOf(backend), []);
  });

  it("removes everything when nobody listens any more", async () => {
    const backend = new MemoryBackend();
    for await (const { check } of tryBackend(backend)) if (check === "read") break;
    assert.deepEqual(await keysOf(backend), []);
  });

  it("does not begin when it was stopped before", async () => {
    const backend = otherwise(() => ({ put: () => assert.fail("it wrote") }));
    await assert.rejects(trial(backend, { signal: AbortSignal.abort() }), /was stopped/);
  });
});

/** A store that takes one condition and ignores it. */
function overwriting(store: MemoryBackend, ignored: "create" | "ifMatch"): Backend["put"] {
  return (key, body, options = NO_OPTIONS) => {
    const { mode = "overwrite" } = options;
    const ignores = typeof mode === "object" ? ignored === "ifMatch" : ignored === mode;
    return store.put(key, body, ignores ? { ...options, mode: "overwrite" } : options);
  };
}

/** A store that looks at the condition, and writes a moment later. */
function hesitating(store: MemoryBackend): Backend["put"] {
  return async (key, body, options = NO_OPTIONS) => {
    const { mode = "overwrite" } = options;
    if (typeof mode !== "object") return await store.put(key, body, options);
    const info = await store.head(key);
    if (info.etag !== mode.ifMatch) return await store.put(key, body, options);
    await delay(5);
    return await store.put(key, body, { ...options, mode: "overwrite" });
  };
}

describe("a difference of clocks", () => {
  it("of up to five minutes is fine", () => {
    assert.equal(clockOutcome(900).detail, "agrees with this machine's");
    assert.equal(clockOutcome(-290_000).detail, "290 s off");
    assert.equal(clockOutcome(-290_000).status, undefined);
  });

  it("beyond that is told with its direction", () => {
    assert.match(clockOutcome(3_600_000).detail, /60 min ahead of/);
    assert.match(clockOutcome(-600_000).detail, /10 min behind/);
    assert.match(clockOutcome(-600_000).advice ?? "", /NTP/);
  });
});
