/**
 * Large objects: in parts, a few at once, whole or not at all, and no upload left behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { partSize } from "../../../backends/s3/body_upload.ts";
import type { RangedBody } from "../../../core/backend.ts";
import { type ErrorCode, isArchiveError } from "../../../core/errors.ts";
import { until } from "../../until.ts";
import { BUCKET, EVERYTHING, type FakeStore, SHORT, storeFor } from "./fake_store.ts";

const MIB = 1 << 20;
const LARGE = 30 * MIB + 5;

test("parts are 8 MiB, and larger only where 10,000 would not do", () => {
  assert.equal(partSize(8 * MIB + 1, 10_000), 8 * MIB);
  assert.equal(partSize(10_000 * 8 * MIB, 10_000), 8 * MIB);
  assert.equal(partSize(10_000 * 8 * MIB + 1, 10_000), 9 * MIB);
  const largest = 5 * 2 ** 40;
  assert.ok(Math.ceil(largest / partSize(largest, 10_000)) <= 10_000);
});

for (const kind of ["an array", "a ranged body"] as const) {
  test(`${kind} over 8 MiB goes up in equal parts, a few at once, and is whole`, async (t) => {
    const { s3, backend } = await storeFor(t, { quirks: { ...EVERYTHING, partsAtOnce: 2 } });
    const { body, bytes, most } = ranged(LARGE);
    await backend.put("a/b", kind === "an array" ? bytes : body, { metadata: { title: "x" } });
    const parts = s3.requests.filter(({ operation }) => operation === "UploadPart");
    const sizes = parts.map(({ bytes }) => bytes).sort((a, b) => b - a);
    assert.deepEqual(sizes, [8 * MIB, 8 * MIB, 8 * MIB, 6 * MIB + 5]);
    assert.deepEqual(s3.objects().get("a/b")?.bytes, bytes);
    assert.deepEqual((await backend.head("a/b")).metadata, { title: "x" });
    assert.equal(s3.openUploads, 0);
    if (kind === "a ranged body") assert.ok(most() <= 1, "parts are read one after the other");
  });
}

test("8 MiB are one request", async (t) => {
  const { s3, backend } = await storeFor(t);
  await backend.put("a", ranged(8 * MIB).body);
  assert.deepEqual(s3.requests.map(({ operation }) => operation), ["PutObject"]);
});

test("a part that fails is sent again from the same bytes", async (t) => {
  const { s3, backend } = await storeFor(t);
  const { body, bytes } = ranged(LARGE);
  s3.fault({ on: "UploadPart", times: 2, do: { status: 503 } });
  s3.fault({ on: "UploadPart", times: 1, do: "reset" });
  await backend.put("a", body);
  assert.deepEqual(s3.objects().get("a")?.bytes, bytes);
});

const FAILURES: readonly [
  what: string,
  code: ErrorCode,
  make: (store: FakeStore) => Promise<unknown>,
][] = [
  ["a part is refused", "Unauthorized", ({ s3, backend }) => {
    s3.fault({ on: "UploadPart", do: { status: 403 } });
    return backend.put("a", ranged(LARGE).body);
  }],
  ["one part of several is refused", "Unauthorized", ({ s3, backend }) => {
    s3.fault({ on: ({ query }) => query.partNumber === "3", do: { status: 403 } });
    return backend.put("a", ranged(LARGE).body);
  }],
  ["the store hangs in a part", "Timeout", async ({ s3, open }) => {
    const backend = await open({ timeouts: SHORT, attempts: 1 });
    s3.fault({ on: ({ query }) => query.partNumber === "4", do: "hang" });
    return await backend.put("a", ranged(24 * MIB + 10).body);
  }],
  ["the body cannot be read", "Transient", ({ backend }) =>
    backend.put("a", {
      ...ranged(LARGE).body,
      read: (start, end) =>
        start > 0
          ? Promise.reject(new Error("the disk broke"))
          : Promise.resolve(new Uint8Array(end - start)),
    })],
  ["the body got shorter", "Corrupt", ({ backend }) =>
    backend.put("a", {
      ...ranged(LARGE).body,
      read: (start, end) => Promise.resolve(new Uint8Array(start > 0 ? 7 : end - start)),
    })],
  ["the body's content changed", "Corrupt", ({ backend }) =>
    backend.put("a", {
      ...ranged(LARGE).body,
      read: (start, end) => Promise.resolve(new Uint8Array(end - start)),
    })],
  ["completing fails", "Transient", ({ s3, backend }) => {
    s3.fault({ on: "CompleteMultipartUpload", do: { status: 500 } });
    return backend.put("a", ranged(LARGE).body);
  }],
  ["completing fails with status 200", "Transient", ({ s3, backend }) => {
    s3.fault({ on: "CompleteMultipartUpload", do: { status: 200, code: "InternalError" } });
    return backend.put("a", ranged(LARGE).body);
  }],
  ["another object came first", "AlreadyExists", ({ s3, backend }) => {
    const body = ranged(LARGE).body;
    return backend.put("a", {
      ...body,
      read(start, end) {
        if (start > 0) s3.put(BUCKET, "a", new Uint8Array(1));
        return body.read(start, end);
      },
    }, { mode: "create" });
  }],
  ["the object is another one", "Precondition", ({ s3, backend }) => {
    s3.put(BUCKET, "a", new Uint8Array(1));
    return backend.put("a", ranged(LARGE).body, { mode: { ifMatch: "not this one" } });
  }],
  ["the signal fires while parts are sent", "Aborted", ({ s3, backend }) => {
    const stop = new AbortController();
    s3.fault({ on: "UploadPart", do: "hang" });
    const { body } = ranged(LARGE);
    const stopping = {
      ...body,
      read: (start: number, end: number) => {
        if (start > 0) setTimeout(() => stop.abort(), 10);
        return body.read(start, end);
      },
    };
    return backend.put("a", stopping, { signal: stop.signal });
  }],
  ["the backend is closed while parts are sent", "Aborted", ({ s3, backend }) => {
    s3.fault({ on: "UploadPart", do: "hang" });
    const { body } = ranged(LARGE);
    const closing = {
      ...body,
      read: (start: number, end: number) => {
        if (start > 0) setTimeout(() => void backend.close(), 10);
        return body.read(start, end);
      },
    };
    return backend.put("a", closing);
  }],
];

for (const [what, code, make] of FAILURES) {
  test(`nothing is stored and no upload stays open when ${what}`, async (t) => {
    const store = await storeFor(t);
    const before = () => new Map(store.s3.objects());
    await assert.rejects(make(store), (error: unknown) => {
      assert.ok(isArchiveError(error, code), String(error));
      assert.equal(error.key, "a");
      return true;
    });
    assert.equal(store.s3.openUploads, 0);
    const stored = before().get("a");
    assert.ok(stored === undefined || stored.bytes.length === 1);
  });
}

test("an upload that began while the call was stopped is ended too", async (t) => {
  const { s3, backend } = await storeFor(t);
  const stop = new AbortController();
  s3.fault({ on: "CreateMultipartUpload", do: { delayMs: 100 } });
  const put = backend.put("a", ranged(LARGE).body, { signal: stop.signal });
  const stopped = assert.rejects(put, { code: "Aborted" });
  await until("the upload has begun", () => {
    return s3.requests.some(({ operation }) => operation === "CreateMultipartUpload");
  });
  stop.abort();
  await stopped;
  await backend.close();
  assert.equal(s3.openUploads, 0);
});

test("an upload that cannot be ended hides nothing of what went wrong before", async (t) => {
  const { s3, backend } = await storeFor(t, { timeouts: SHORT, attempts: 1 });
  s3.fault({ on: "UploadPart", do: { status: 403 } });
  s3.fault({ on: "AbortMultipartUpload", do: "hang" });
  const began = performance.now();
  await assert.rejects(backend.put("a", ranged(LARGE).body), { code: "Unauthorized" });
  assert.ok(performance.now() - began < 3_000);
});

test("a copy that is too large for one request is made in parts, with its metadata", async (t) => {
  const { s3, backend } = await storeFor(t);
  const bytes = ranged(1000).bytes;
  await backend.put("a", bytes, { metadata: { title: "x" }, contentType: "application/json" });
  const message =
    "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
  s3.fault({ on: "CopyObject", times: 1, do: { status: 400, code: "InvalidRequest", message } });
  const copied = await backend.copy?.("a", "b");
  const head = await backend.head("b");
  assert.equal(copied?.etag, head.etag);
  assert.deepEqual(head.metadata, { title: "x" });
  assert.deepEqual(s3.objects().get("b")?.bytes, bytes);
  assert.equal(s3.openUploads, 0);
  const [part] = s3.requests.filter(({ operation }) => operation === "UploadPartCopy");
  assert.equal(part.headers["x-amz-copy-source-range"], "bytes=0-999");
});

test("a copy that fails with status 200 has failed", async (t) => {
  const { s3, backend } = await storeFor(t);
  await backend.put("a", new Uint8Array(1));
  s3.fault({ on: "CopyObject", do: { status: 200, code: "InternalError" } });
  await assert.rejects(backend.copy?.("a", "b") ?? Promise.resolve(), { code: "Transient" });
});

test("a small ranged body whose content changed is refused too", async (t) => {
  const { s3, backend } = await storeFor(t);
  const { body } = ranged(1000);
  const changed = { ...body, read: () => Promise.resolve(new Uint8Array(1000).fill(1)) };
  await assert.rejects(backend.put("a", changed), { code: "Corrupt", message: /SHA-256/ });
  assert.deepEqual(s3.requests, []);
});

test("a store that cannot copy parts says so of a large copy", async (t) => {
  const { s3, backend } = await storeFor(t, { quirks: { ...EVERYTHING, copyParts: false } });
  await backend.put("a", new Uint8Array(1));
  s3.fault({ on: "CopyObject", times: 1, do: { status: 400, code: "EntityTooLarge" } });
  await assert.rejects(backend.copy?.("a", "b") ?? Promise.resolve(), { code: "Invalid" });
});

test("a store that cannot copy at all has no copy", async (t) => {
  const { backend } = await storeFor(t, { quirks: { ...EVERYTHING, copy: false } });
  assert.equal(backend.copy, undefined);
});

function ranged(size: number): { body: RangedBody; bytes: Uint8Array; most(): number } {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 251) bytes[i] = i >> 8;
  let [reading, most] = [0, 0];
  const body: RangedBody = {
    size,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    async read(start, end) {
      most = Math.max(most, ++reading);
      await tick();
      reading--;
      return bytes.slice(start, end);
    },
  };
  return { body, bytes, most: () => most };
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
