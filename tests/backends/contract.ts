/**
 * What every backend must do, as tests: the suite that the library's own backends pass, for those
 * who write another one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import type {
  Backend,
  ByteRange,
  ListOptions,
  ObjectInfo,
  RangedBody,
} from "../../core/backend.ts";
import { type ErrorCode, isArchiveError } from "../../core/errors.ts";

/**
 * A backend to test, empty, and how to get rid of it.
 *
 * @since 0.1.0
 */
export interface BackendUnderTest {
  /** The backend, with nothing in it. */
  readonly backend: Backend;
  /** Removes it and all that it stored; called once after each test. */
  dispose?(): Promise<void> | void;
}

/**
 * How much {@linkcode testBackend} asks of a backend, for stores that are slow or cost money.
 *
 * @since 0.1.0
 */
export interface BackendTestOptions {
  /** How many objects the paging test stores; 2,500 by default. More than a page, best two. */
  manyKeys?: number;
  /** Length of the large streamed body in bytes; 20 MiB by default. */
  largeBytes?: number;
  /** How many calls run at once; 16 by default. */
  concurrency?: number;
}

/**
 * Registers the contract suite with `node:test`: one test a behaviour, each with a backend of its
 * own.
 *
 * @param name What the tests call the backend, as in "memory".
 * @param makeBackend Makes an empty backend.
 * @param options How much to ask of it.
 *
 * @example
 * ```ts ignore
 * testBackend("my store", async () => {
 *   const backend = new MyBackend({ bucket: `test-${crypto.randomUUID()}` });
 *   return { backend, dispose: () => backend.deleteBucket() };
 * });
 * ```
 *
 * @since 0.1.0
 */
export function testBackend(
  name: string,
  makeBackend: (t: TestContext) => Promise<BackendUnderTest>,
  options: BackendTestOptions = {},
): void {
  const settings = { manyKeys: 2500, largeBytes: 20 * 1024 * 1024, concurrency: 16, ...options };
  for (const [sentence, behaviour] of Object.entries(BEHAVIOURS)) {
    test(`${name}: ${sentence}`, async (t) => {
      const { backend, dispose } = await makeBackend(t);
      try {
        await behaviour(backend, settings);
      } finally {
        await backend.close?.();
        await dispose?.();
      }
    });
  }
}

const MIB = 1 << 20;

type Behaviour = (backend: Backend, settings: Required<BackendTestOptions>) => Promise<void>;

const WRITING: Record<string, Behaviour> = {
  "what was put is read back, byte for byte": async (backend) => {
    const bytes = noise(100_000);
    await backend.put("project/2024-01-15/ses_1.json", bytes);
    assert.deepEqual(await read(backend, "project/2024-01-15/ses_1.json"), bytes);
  },

  "an object may be empty": async (backend) => {
    await backend.put("empty", new Uint8Array());
    assert.equal((await backend.head("empty")).size, 0);
    assert.equal((await read(backend, "empty")).byteLength, 0);
  },

  "bytes that are changed after put, or after get, change nothing stored": async (backend) => {
    const bytes = text("before");
    await backend.put("a", bytes);
    bytes.fill(0);
    const { value } = await (await backend.get("a")).body.getReader().read();
    assert.deepEqual(new Uint8Array(value ?? []), text("before"));
    value?.fill(0);
    assert.deepEqual(await read(backend, "a"), text("before"));
  },

  "overwrite replaces the whole object, also by a shorter one": async (backend) => {
    await backend.put("a", text("a long first version"));
    await backend.put("a", text("short"), { mode: "overwrite" });
    assert.deepEqual(await read(backend, "a"), text("short"));
    assert.equal((await backend.head("a")).size, 5);
  },

  "create stores a new object and fails with AlreadyExists on an old one": async (backend) => {
    await backend.put("a", text("first"), { mode: "create" });
    await fails(backend, "AlreadyExists", "a", backend.put("a", text("2nd"), { mode: "create" }));
    assert.deepEqual(await read(backend, "a"), text("first"));
    assert.deepEqual(await keys(backend), ["a"]);
  },

  "one of many racing creates wins": async (backend, { concurrency }) => {
    if (!backend.capabilities.createOnly) return;
    const bodies = Array.from({ length: concurrency }, (_, i) => text(`writer ${i}`));
    const results = await Promise.allSettled(
      bodies.map((body) => backend.put("dir/one", body, { mode: "create" })),
    );
    const winners = results.flatMap((result, i) => result.status === "fulfilled" ? [i] : []);
    assert.equal(winners.length, 1, `${winners.length} writers were told that they had created it`);
    assert.deepEqual(await read(backend, "dir/one"), bodies[winners[0]]);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      assert.ok(isArchiveError(result.reason, "AlreadyExists"), String(result.reason));
    }
  },

  "ifMatch replaces only the version it names, or is NotSupported": async (backend) => {
    const { etag = "?" } = await backend.put("a", text("one"));
    const replace = (body: string, ifMatch: string) =>
      backend.put("a", text(body), { mode: { ifMatch } });
    if (!backend.capabilities.ifMatch) {
      await fails(backend, "NotSupported", "a", replace("two", etag));
      assert.deepEqual(await read(backend, "a"), text("one"));
      return;
    }
    await replace("two", etag);
    await fails(backend, "Precondition", "a", replace("three", etag));
    assert.deepEqual(await read(backend, "a"), text("two"));
    const missing = backend.put("b", text("x"), { mode: { ifMatch: etag } });
    await fails(backend, "Precondition", "b", missing);
    assert.deepEqual(await keys(backend), ["a"]);
  },

  "one of many racing ifMatch writers wins": async (backend, { concurrency }) => {
    if (!backend.capabilities.ifMatch) return;
    const { etag } = await backend.put("a", text("start"));
    assert.ok(etag, "a backend with ifMatch tells etags");
    const mode = { ifMatch: etag };
    const results = await Promise.allSettled(
      Array.from({ length: concurrency }, (_, i) => backend.put("a", text(`${i}`), { mode })),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  },

  "the etag changes whenever the bytes do": async (backend) => {
    const seen = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const { etag } = await backend.put("a", text(`version ${i}`));
      const head = (await backend.head("a")).etag;
      if (etag === undefined || head === undefined) return; // a store may tell none
      assert.equal(head, etag, "put and head tell the same etag");
      seen.add(etag);
    }
    assert.equal(seen.size, 5);
  },

  "a large body is read in parts and stored whole": async (backend, { largeBytes }) => {
    const { body, bytes, largest } = ranged(largeBytes);
    await backend.put("large/body.json", body);
    assert.equal((await backend.head("large/body.json")).size, largeBytes);
    assert.equal(hash(await read(backend, "large/body.json")), hash(bytes));
    assert.ok(largest() < largeBytes, `one part had all ${largest()} bytes`);
  },

  "what is stored is the body, whatever is said to be there of it already": async (backend) => {
    const [old, wanted] = [noise(6 * MIB), noise(6 * MIB + 1000)];
    const stores = async (etag: string, length: number) => {
      await backend.put("a/b", wanted, { continues: { etag, length }, metadata: { title: "x" } });
      const { size, metadata } = await backend.head("a/b");
      assert.equal(size, wanted.length);
      assert.deepEqual(metadata, backend.capabilities.metadata ? { title: "x" } : undefined);
      assert.equal(hash(await read(backend, "a/b")), hash(wanted));
    };
    const putOld = async () => (await backend.put("a/b", old)).etag ?? "none";
    const first = await putOld();
    await stores(first, old.length);
    await stores(first, old.length); // by now it is another's etag
    await stores("no-etag-of-any-store", 5 * MIB);
    const etag = await putOld();
    for (const length of [0, 1, 5 * MIB, wanted.length, 2 * wanted.length]) {
      await stores(etag, length);
      await putOld();
    }
    await backend.delete("a/b");
    await stores(etag, 5 * MIB);
  },

  "a beginning that is named does not weaken ifMatch": async (backend) => {
    if (!backend.capabilities.ifMatch) return;
    const { etag: stale = "none" } = await backend.put("a/b", noise(6 * MIB));
    const { etag } = await backend.put("a/b", noise(6 * MIB).fill(1));
    const wanted = noise(6 * MIB + 1000);
    const continues = { etag: stale, length: 5 * MIB };
    const mode = { ifMatch: stale };
    await fails(backend, "Precondition", "a/b", backend.put("a/b", wanted, { mode, continues }));
    assert.equal((await backend.head("a/b")).etag, etag);
  },

  "a body that fails halfway leaves the old object and no litter": async (backend, settings) => {
    await backend.put("a", text("old"));
    for (const key of ["a", "b/new"]) {
      const body = failingBody(settings.largeBytes);
      await assert.rejects(backend.put(key, body), (error: unknown) => {
        assert.ok(isArchiveError(error) && error.key === key && error.backend === backend.name);
        assert.match(String(error.message), /the disk under the body broke/);
        return true;
      });
    }
    assert.deepEqual(await read(backend, "a"), text("old"));
    assert.deepEqual(await keys(backend), ["a"]);
  },

  "a body whose parts are too short is refused": async (backend) => {
    const body = { size: 10, sha256: "0".repeat(64), read: () => Promise.resolve(text("four")) };
    await fails(backend, "Corrupt", "a", backend.put("a", body));
    assert.deepEqual(await keys(backend), []);
  },

  "readers see one whole version while it is being replaced": async (backend) => {
    const size = (version: number) => 200_000 + version * 1000;
    const write = (version: number) =>
      backend.put("a/b", new Uint8Array(size(version)).fill(version));
    await write(0);
    let writing = true;
    const reader = async () => {
      while (writing) {
        const { info, body } = await backend.get("a/b");
        const bytes = new Uint8Array(await new Response(body).arrayBuffer());
        assert.equal(bytes.byteLength, info.size);
        assert.equal(bytes.byteLength, size(bytes[0]));
        assert.ok(bytes.every((byte) => byte === bytes[0]), "two versions in one read");
      }
    };
    const writer = async () => {
      for (let version = 1; version <= 25 && writing; version++) await write(version);
    };
    const end = () => writing = false;
    await Promise.all([writer().finally(end), ...[1, 2, 3].map(() => reader().finally(end))]);
  },

  "many objects may be written and deleted at once in one folder": async (backend, settings) => {
    const names = Array.from({ length: settings.concurrency }, (_, i) => `x/y/${i}`);
    for (let round = 0; round < 5; round++) {
      await Promise.all(names.map(async (key, i) => {
        await backend.put(key, text(key));
        if (i % 2 === round % 2) await backend.delete(key);
      }));
    }
    const left = names.filter((_, i) => i % 2 === 1);
    assert.deepEqual(await keys(backend), left.sort());
  },

  "metadata comes back where the backend keeps it": async (backend) => {
    const metadata = { title: "caf%C3%A9", schema: "1" };
    await backend.put("a", text("x"), { metadata });
    const infos = [await backend.head("a"), (await backend.get("a")).info];
    for (const info of infos) {
      assert.deepEqual(info.metadata, backend.capabilities.metadata ? metadata : undefined);
    }
    await backend.put("a", text("y"));
    assert.deepEqual((await backend.head("a")).metadata ?? {}, {}, "an overwrite begins afresh");
  },

  "copy makes an object that lives on its own": async (backend) => {
    if (backend.copy === undefined) return;
    const bytes = noise(300_000);
    await backend.put("a/one", bytes, { metadata: { title: "x" } });
    await backend.put("b/two", text("is overwritten"));
    await backend.copy("a/one", "b/two");
    await backend.put("a/one", text("changed"));
    assert.deepEqual(await read(backend, "b/two"), bytes);
    const { metadata } = await backend.head("b/two");
    assert.deepEqual(metadata, backend.capabilities.metadata ? { title: "x" } : undefined);
    await fails(backend, "NotFound", "missing", backend.copy("missing", "c"));
    assert.deepEqual(await keys(backend), ["a/one", "b/two"]);
  },
};

const READING: Record<string, Behaviour> = {
  "a range is cut out of the object": async (backend) => {
    await backend.put("a", text("0123456789"));
    const cases: [ByteRange, string][] = [
      [{ start: 0, end: 1 }, "0"],
      [{ start: 3, end: 7 }, "3456"],
      [{ start: 8 }, "89"],
      [{ start: 0 }, "0123456789"],
      [{ suffix: 3 }, "789"],
      [{ start: 9, end: 10 }, "9"],
    ];
    for (const [range, expected] of cases) await assertRange(backend, "a", range, expected, 10);
  },

  "a range past the end is cut, or empty": async (backend) => {
    await backend.put("a", text("0123456789"));
    const cases: [ByteRange, string][] = [
      [{ start: 7, end: 1000 }, "789"],
      [{ suffix: 1000 }, "0123456789"],
      [{ suffix: 0 }, ""],
      [{ start: 4, end: 4 }, ""],
      [{ start: 10 }, ""],
      [{ start: 5000 }, ""],
      [{ start: 5000, end: 6000 }, ""],
    ];
    for (const [range, expected] of cases) await assertRange(backend, "a", range, expected, 10);
  },

  "every range of an empty object is empty": async (backend) => {
    await backend.put("a", new Uint8Array());
    for (const range of [{ start: 0 }, { start: 0, end: 5 }, { start: 3 }, { suffix: 5 }]) {
      await assertRange(backend, "a", range, "", 0);
    }
  },

  "a range in the middle of a large object is right": async (backend, { largeBytes }) => {
    const { body, bytes } = ranged(largeBytes);
    await backend.put("a", body);
    const start = Math.floor(largeBytes / 3);
    const end = Math.floor(largeBytes / 2) + 1;
    const found = await read(backend, "a", { start, end });
    assert.equal(hash(found), hash(bytes.subarray(start, end)));
  },

  "a range that makes no sense is Invalid": async (backend) => {
    await backend.put("a", text("0123456789"));
    const bad = [{ start: -1 }, { start: 5, end: 3 }, { suffix: -1 }, { start: 0.5 }];
    for (const range of bad) await fails(backend, "Invalid", "a", backend.get("a", { range }));
  },

  "head and get tell size, time and key": async (backend) => {
    const before = Date.now();
    await backend.put("a/b", text("four"));
    for (const info of [await backend.head("a/b"), (await backend.get("a/b")).info]) {
      assert.equal(info.key, "a/b");
      assert.equal(info.size, 4);
      // Clocks of stores differ; a day apart they do not.
      assert.ok(Math.abs(info.modified.getTime() - before) < 86_400_000, String(info.modified));
    }
  },

  "what is not there is NotFound": async (backend) => {
    await backend.put("a/b", text("x"));
    for (const key of ["missing", "a", "a/missing", "a/b/c", "b/c/d"]) {
      await fails(backend, "NotFound", key, backend.get(key));
      await fails(backend, "NotFound", key, backend.head(key));
    }
  },

  "delete removes an object, and what is not there is fine": async (backend) => {
    await backend.put("a/b", text("x"));
    await backend.put("a/c", text("y"));
    for (const key of ["a/b", "a/b", "missing", "a", "a/c/d", "no/such/thing"]) {
      await backend.delete(key);
    }
    await fails(backend, "NotFound", "a/b", backend.get("a/b"));
    assert.deepEqual(await keys(backend), ["a/c"]);
  },

  "a body that is not read to its end may be cancelled": async (backend, { largeBytes }) => {
    await backend.put("a", ranged(largeBytes).body);
    for (let i = 0; i < 20; i++) {
      const reader = (await backend.get("a")).body.getReader();
      assert.ok((await reader.read()).value?.byteLength);
      await reader.cancel();
    }
    await backend.delete("a");
  },
};

const LISTING: Record<string, Behaviour> = {
  "an empty backend lists nothing": async (backend) => {
    assert.deepEqual(await listed(backend, {}), []);
    assert.deepEqual(await listed(backend, { prefix: "a/", delimiter: "/" }), []);
  },

  "a listing tells size and time, as head does": async (backend) => {
    await backend.put("a/b", text("four"));
    const [info] = await infos(backend);
    const head = await backend.head("a/b");
    assert.equal(info.size, 4);
    assert.equal(info.metadata, undefined);
    // S3 tells whole seconds in one of the two.
    assert.ok(Math.abs(info.modified.getTime() - head.modified.getTime()) < 1000);
    if (info.etag !== undefined) assert.equal(info.etag, head.etag);
  },

  "a listing shows what was put and deleted since the one before": async (backend) => {
    await putAll(backend, ["b", "c"]);
    assert.deepEqual(await keys(backend), ["b", "c"]);
    await backend.put("a", text("x"));
    assert.deepEqual(await keys(backend), ["a", "b", "c"]);
    await backend.delete("c");
    assert.deepEqual(await keys(backend), ["a", "b"]);
  },

  "keys come in the order of their UTF-8 bytes": async (backend) => {
    await putAll(backend, TRICKY);
    assert.deepEqual(await keys(backend), byBytes(TRICKY));
  },

  "a prefix need not end at a slash": async (backend) => {
    await putAll(backend, TRICKY);
    for (const prefix of ["a", "a/", "a-", "a.", "b/\u{1F600}", "zz", "a/b/c", "/", "a//", "../"]) {
      const expected = byBytes(TRICKY.filter((key) => key.startsWith(prefix)));
      assert.deepEqual(await listed(backend, { prefix }), expected, `prefix ${prefix}`);
    }
  },

  "a delimiter folds what lies deeper": async (backend) => {
    await putAll(backend, ["a/1/x", "a/1/y", "a/2/x", "a/f", "a-b", "b"]);
    assert.deepEqual(await listed(backend, { delimiter: "/" }), ["a-b", "a/", "b"]);
    const cases = [
      ["a/", ["a/1/", "a/2/", "a/f"]],
      ["a", ["a-b", "a/"]],
      ["a/1", ["a/1/"]],
      ["a/1/", ["a/1/x", "a/1/y"]],
      ["c", []],
    ] as const;
    for (const [prefix, expected] of cases) {
      assert.deepEqual(await listed(backend, { prefix, delimiter: "/" }), expected, prefix);
    }
  },

  "startAfter leaves out what sorts before it, and itself": async (backend) => {
    await putAll(backend, TRICKY);
    for (const startAfter of [...TRICKY, "a", "a/", "a/b/", "b/\u{1F600}", "zzz", "\u{10FFFF}"]) {
      const expected = byBytes(TRICKY.filter((key) => bytesOrder(key, startAfter) > 0));
      assert.deepEqual(await listed(backend, { startAfter }), expected, `after ${startAfter}`);
    }
  },

  "startAfter works with a prefix, before, in and after it": async (backend) => {
    await putAll(backend, TRICKY);
    for (const startAfter of ["a", "a/b", "a/b/c", "a/b/c0", "a/z", "b"]) {
      const wanted = (key: string) => key.startsWith("a/") && bytesOrder(key, startAfter) > 0;
      const found = await listed(backend, { prefix: "a/", startAfter });
      assert.deepEqual(found, byBytes(TRICKY.filter(wanted)), `after ${startAfter}`);
    }
  },

  "startAfter with a delimiter also leaves out folded prefixes": async (backend) => {
    await putAll(backend, ["p/01/x", "p/02/x", "p/02/y", "p/03/x", "p/f"]);
    const cases = [
      ["p/01/", ["p/02/", "p/03/", "p/f"]],
      ["p/02", ["p/02/", "p/03/", "p/f"]],
      ["p/02/x", ["p/03/", "p/f"]],
      ["p/02/~", ["p/03/", "p/f"]],
      ["p/f", []],
      ["a", ["p/01/", "p/02/", "p/03/", "p/f"]],
    ] as const;
    for (const [startAfter, expected] of cases) {
      const found = await listed(backend, { prefix: "p/", delimiter: "/", startAfter });
      assert.deepEqual(found, expected, `after ${startAfter}`);
    }
  },

  "a listing ends at its limit, which counts keys and prefixes": async (backend) => {
    await putAll(backend, ["a/1", "a/2", "b", "c/1", "d"]);
    assert.deepEqual(await listed(backend, { limit: 2 }), ["a/1", "a/2"]);
    assert.deepEqual(await listed(backend, { limit: 3, delimiter: "/" }), ["a/", "b", "c/"]);
    assert.deepEqual(await listed(backend, { limit: 0 }), []);
    assert.equal((await listed(backend, { limit: 99 })).length, 5);
    await fails(backend, "Invalid", undefined, listed(backend, { limit: -1 }));
  },

  "a listing goes on past its first page, in order": async (backend, settings) => {
    const names = Array.from({ length: settings.manyKeys }, (_, i) => `many/${i % 7}/${i}`);
    await putAll(backend, names, settings.concurrency);
    const sorted = byBytes(names);
    assert.deepEqual(await keys(backend), sorted);
    const middle = Math.floor(sorted.length / 2);
    const rest = await listed(backend, { startAfter: sorted[middle], limit: middle - 5 });
    assert.deepEqual(rest, sorted.slice(middle + 1, middle + 1 + middle - 5));
    assert.equal((await listed(backend, { prefix: "many/", delimiter: "/" })).length, 7);
  },

  "a consumer may leave a listing early": async (backend) => {
    await putAll(backend, ["a", "b", "c"]);
    for await (const page of backend.list()) {
      assert.ok(page.objects.length > 0);
      break;
    }
    assert.equal((await keys(backend)).length, 3);
  },
};

const KEYS: Record<string, Behaviour> = {
  "odd keys keep their names": async (backend) => {
    await putAll(backend, ODD);
    assert.deepEqual(await keys(backend), byBytes(ODD));
    for (const key of ODD) {
      assert.equal((await backend.head(key)).key, key);
      assert.deepEqual(await read(backend, key), text(key), key);
      assert.deepEqual(await listed(backend, { prefix: key }), [key]);
    }
    for (const key of ODD) await backend.delete(key);
    assert.deepEqual(await keys(backend), []);
  },

  "a key may be as long as the backend says, and no longer": async (backend) => {
    const longest = longKey(backend.capabilities.maxKeyBytes);
    await backend.put(longest, text("x"));
    assert.deepEqual(await keys(backend), [longest]);
    assert.deepEqual(await read(backend, longest), text("x"));
    const longer = longKey(backend.capabilities.maxKeyBytes + 1);
    await fails(backend, "Invalid", longer, backend.put(longer, text("x")));
  },

  "keys that can never work are Invalid for every call": async (backend) => {
    const bad = ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\\b", "a\0b", "a\nb"];
    for (const key of [...bad, "\x7f", "half \ud83d", "\ude00 half"]) {
      await fails(backend, "Invalid", key, backend.put(key, text("x")));
      await fails(backend, "Invalid", key, backend.get(key));
      await fails(backend, "Invalid", key, backend.head(key));
      await fails(backend, "Invalid", key, backend.delete(key));
      if (backend.copy) await fails(backend, "Invalid", key, backend.copy("a", key));
    }
    assert.deepEqual(await keys(backend), []);
  },
};

const ENDING: Record<string, Behaviour> = {
  "a signal that has fired stops every call before it begins": async (backend) => {
    await backend.put("a", text("old"));
    const signal = AbortSignal.abort(new Error("the user said stop"));
    await fails(backend, "Aborted", "a", backend.put("a", text("new"), { signal }));
    await fails(backend, "Aborted", "a", backend.get("a", { signal }));
    await fails(backend, "Aborted", "a", backend.head("a", { signal }));
    await fails(backend, "Aborted", "a", backend.delete("a", { signal }));
    await fails(backend, "Aborted", undefined, listed(backend, { signal }));
    if (backend.copy) await fails(backend, "Aborted", "a", backend.copy("a", "b", { signal }));
    assert.deepEqual(await read(backend, "a"), text("old"));
    assert.deepEqual(await keys(backend), ["a"]);
  },

  "a signal stops a write halfway, even when its body hangs": async (backend, settings) => {
    await backend.put("a", text("old"));
    for (const key of ["a", "new/b"]) {
      const stop = new AbortController();
      const { body } = ranged(settings.largeBytes);
      const hanging: RangedBody = {
        ...body,
        read(start, end) {
          if (start === 0) return body.read(start, end);
          stop.abort();
          return new Promise(() => {});
        },
      };
      await fails(backend, "Aborted", key, backend.put(key, hanging, { signal: stop.signal }));
    }
    assert.deepEqual(await read(backend, "a"), text("old"));
    assert.deepEqual(await keys(backend), ["a"]);
  },

  "a signal stops a read halfway": async (backend, { largeBytes }) => {
    await backend.put("a", ranged(largeBytes).body);
    const stop = new AbortController();
    const { body } = await backend.get("a", { signal: stop.signal });
    const reader = body.getReader();
    await reader.read();
    stop.abort();
    await fails(backend, "Aborted", "a", drain(reader));
  },

  "a signal stops a listing between pages": async (backend, settings) => {
    const names = Array.from({ length: settings.manyKeys }, (_, i) => `k/${i}`);
    await putAll(backend, names, settings.concurrency);
    const stop = new AbortController();
    const half = async () => {
      for await (const _ of backend.list({ signal: stop.signal })) stop.abort();
    };
    await fails(backend, "Aborted", undefined, half());
  },

  "a signal that fires later does no harm": async (backend) => {
    const stop = new AbortController();
    const { signal } = stop;
    await backend.put("a", text("x"), { signal });
    const { body } = await backend.get("a", { signal });
    assert.equal(await new Response(body).text(), "x");
    stop.abort();
    assert.deepEqual(await read(backend, "a"), text("x"));
  },

  "a closed backend refuses further calls, and closing twice is fine": async (backend) => {
    await backend.put("a", text("x"));
    if (backend.close === undefined) return;
    await backend.close();
    await backend.close();
    const calls = [backend.put("a", text("y")), backend.get("a"), backend.head("a")];
    for (const call of [...calls, backend.delete("a"), listed(backend, {})]) {
      await assert.rejects(call, (error: unknown) => isArchiveError(error));
    }
  },

  "name and identity are told, and stay": async (backend) => {
    const { name, identity } = backend;
    assert.ok(name.length > 0 && identity.length > 0);
    await backend.put("a/b", text("x"));
    assert.equal(backend.name, name);
    assert.equal(backend.identity, identity);
  },
};

const BEHAVIOURS: Record<string, Behaviour> = {
  ...WRITING,
  ...READING,
  ...LISTING,
  ...KEYS,
  ...ENDING,
};

/**
 * Keys whose order differs by UTF-16 units, by locale, or folder by folder. None is a folder of
 * another one, or differs only by case from it, which not every store can hold.
 */
const TRICKY = [
  "a-b",
  "a.json",
  "a/b-c",
  "a/b.json",
  "a/b/c/d",
  "a/b0",
  "a0",
  "C",
  "D/x",
  "b/\uff5e", // U+FF5E comes before U+1F600 in UTF-8, after it in UTF-16
  "b/\u{1F600}",
  "b/\ue000",
  "b/~",
  "b/é",
  "b/z",
  "\uff5e/x",
  "\u{1F600}/x",
];

const ODD = [
  "with space/and  two.json",
  " leading and trailing ",
  "plus+percent%25equals=hash#question&at@.json",
  "%2e%2e/%2F",
  "quote'\"<>|*:;,$!()[]{}^`~",
  "ünïcödé/日本語/한국어.json",
  "emoji \u{1F600}\u{1F468}\u200D\u{1F469}/\uff5e",
  "...",
  ".hidden/.json",
  "-rf",
  "CON",
  "a".repeat(255),
];

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** Bytes that do not repeat, the same each time. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 12345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function ranged(size: number): { body: RangedBody; bytes: Uint8Array; largest(): number } {
  const bytes = noise(size);
  let largest = 0;
  const body: RangedBody = {
    size,
    sha256: hash(bytes),
    read(start, end) {
      largest = Math.max(largest, end - start);
      return Promise.resolve(bytes.slice(start, end));
    },
  };
  return { body, bytes, largest: () => largest };
}

function failingBody(size: number): RangedBody {
  const { body } = ranged(size);
  const broken = () => Promise.reject(new Error("the disk under the body broke"));
  return { ...body, read: (start, end) => start > 0 ? broken() : body.read(start, end) };
}

function longKey(bytes: number): string {
  const segment = "s".repeat(200) + "/";
  const whole = segment.repeat(Math.ceil(bytes / segment.length)).slice(0, bytes);
  return whole.endsWith("/") ? whole.slice(0, -1) + "s" : whole;
}

function bytesOrder(a: string, b: string): number {
  const [x, y] = [text(a), text(b)];
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? x.length - y.length : x[at] - (y[at] ?? -1);
}

function byBytes(names: readonly string[]): string[] {
  return [...names].sort(bytesOrder);
}

async function putAll(backend: Backend, names: readonly string[], atOnce = 8): Promise<void> {
  const queue = names.values();
  const worker = async () => {
    for (const key of queue) await backend.put(key, text(key));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function read(backend: Backend, key: string, range?: ByteRange): Promise<Uint8Array> {
  const { body } = await backend.get(key, { range });
  return new Uint8Array(await new Response(body).arrayBuffer());
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

async function assertRange(
  backend: Backend,
  key: string,
  range: ByteRange,
  expected: string,
  size: number,
): Promise<void> {
  const { info, body } = await backend.get(key, { range });
  assert.equal(await new Response(body).text(), expected, JSON.stringify(range));
  assert.equal(info.size, size, "info tells the whole object's size");
}

async function infos(backend: Backend): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = [];
  for await (const { objects } of backend.list()) all.push(...objects);
  return all;
}

async function keys(backend: Backend): Promise<string[]> {
  return (await infos(backend)).map(({ key }) => key);
}

/** Keys and folded prefixes of a listing, in one row; each page's two rows must be ordered. */
async function listed(backend: Backend, options: ListOptions): Promise<string[]> {
  const all: string[] = [];
  for await (const { objects, prefixes } of backend.list(options)) {
    const names = objects.map(({ key }) => key);
    assert.deepEqual(names, byBytes(names));
    assert.deepEqual(prefixes, byBytes(prefixes));
    all.push(...byBytes([...names, ...prefixes]));
  }
  return all;
}

async function fails(
  backend: Backend,
  code: ErrorCode,
  key: string | undefined,
  call: Promise<unknown>,
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(isArchiveError(error), `not an ArchiveError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.equal(error.backend, backend.name);
    assert.equal(error.key, key);
    assert.doesNotMatch(error.message, /[\n\0]/, "a message is one line");
    return true;
  });
}
