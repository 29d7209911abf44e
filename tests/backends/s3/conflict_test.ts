/**
 * Conditional writes whose outcome is in doubt: the reply was lost after the store had done its
 * work, or another write was in the way.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { PutOptions, RangedBody } from "../../../core/backend.ts";
import { BUCKET, type FakeStore, storeFor } from "./fake_store.ts";

const SMALL = text("what we stored");
const LARGE = new Uint8Array(9 << 20).fill(7);
const OTHER = text("what they kept"); // as long as ours

/** With the hash of the content, with something else, and with nothing to compare by. */
const METADATA: readonly (Record<string, string> | undefined)[] = [
  { sha256: createHash("sha256").update(SMALL).digest("hex"), title: "" },
  { title: "x" },
  undefined,
];

for (const metadata of METADATA) {
  const beside = JSON.stringify(metadata) ?? "nothing";
  test(`a create whose reply is lost has created, with ${beside} beside it`, async (t) => {
    const store = await storeFor(t);
    const etag = await losingReply(store, "PutObject", { mode: "create", metadata });
    assert.equal(etag, (await store.backend.head("a")).etag);
    assert.deepEqual(store.s3.objects().get("a")?.bytes, SMALL);
  });

  test(`a replacement whose reply is lost has replaced, with ${beside} beside it`, async (t) => {
    const store = await storeFor(t);
    const { etag: old = "" } = await store.backend.put("a", OTHER);
    const etag = await losingReply(store, "PutObject", { mode: { ifMatch: old }, metadata });
    assert.notEqual(etag, old);
    assert.equal(etag, (await store.backend.head("a")).etag);
    assert.deepEqual(store.s3.objects().get("a")?.bytes, SMALL);
  });

  test(`another one's object is no creation of ours, with ${beside} beside it`, async (t) => {
    const { s3, backend } = await storeFor(t);
    s3.fault({ on: "PutObject", times: 1, do: "reset" });
    const headers = Object.entries(metadata ?? {}).map(([name, value]) =>
      [`x-amz-meta-${name}`, value] as const
    );
    const same = metadata?.sha256 === undefined; // metadata with another hash would not be theirs
    s3.put(BUCKET, "a", OTHER, same ? Object.fromEntries(headers) : {});
    const put = backend.put("a", SMALL, { mode: "create", metadata });
    await assert.rejects(put, { code: "AlreadyExists", retryable: false });
    assert.deepEqual(s3.objects().get("a")?.bytes, OTHER);
  });
}

test("an upload whose completion's reply is lost has stored, in any mode", async (t) => {
  const store = await storeFor(t);
  for (const mode of ["create", "overwrite"] as const) {
    const etag = await losingReply(store, "CompleteMultipartUpload", { mode }, mode, LARGE);
    assert.equal(etag, (await store.backend.head(mode)).etag);
    assert.equal(store.s3.objects().get(mode)?.bytes.length, LARGE.length);
  }
  const { etag: old = "" } = await store.backend.put("a", OTHER);
  const mode = { ifMatch: old };
  const etag = await losingReply(store, "CompleteMultipartUpload", { mode }, "a", ranged(LARGE));
  assert.equal(etag, (await store.backend.head("a")).etag);
  assert.equal(store.s3.openUploads, 0);
});

test("an upload that somebody else ended is an error", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ on: "CompleteMultipartUpload", do: { status: 404, code: "NoSuchUpload" } });
  await assert.rejects(backend.put("a", LARGE), { code: "Transient", message: /ended it/ });
  assert.equal(s3.objects().size, 0);
});

test("a write that meets another one is tried again", async (t) => {
  const { s3, backend } = await storeFor(t);
  const conflict = { status: 409, code: "ConditionalRequestConflict" };
  s3.fault({ on: "PutObject", times: 3, do: conflict });
  await backend.put("a", SMALL, { mode: "create" });
  assert.deepEqual(s3.objects().get("a")?.bytes, SMALL);
  s3.fault({ on: "CompleteMultipartUpload", times: 1, do: conflict });
  const { etag = "" } = await backend.head("a");
  await backend.put("a", LARGE, { mode: { ifMatch: etag } });
  assert.equal(s3.objects().get("a")?.bytes.length, LARGE.length);
  assert.equal(s3.openUploads, 0);
});

test("a write that always meets another one gives up, and may be tried later", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.fault({ on: "PutObject", do: { status: 409, code: "ConditionalRequestConflict" } });
  const put = backend.put("a", SMALL, { mode: "create" });
  await assert.rejects(put, { code: "Transient", retryable: true, message: /another write/ });
  assert.equal(s3.requests.length, 5);
});

test("a plain overwrite whose reply is lost is simply done again", async (t) => {
  const store = await storeFor(t);
  await losingReply(store, "PutObject", {});
  assert.deepEqual(store.s3.objects().get("a")?.bytes, SMALL);
});

test("a copy whose reply is lost is simply done again", async (t) => {
  const { s3, backend } = await storeFor(t);
  await backend.put("a", SMALL);
  s3.fault({ on: "CopyObject", times: 1, do: "loseReply" });
  await backend.copy?.("a", "b");
  assert.deepEqual(s3.objects().get("b")?.bytes, SMALL);
});

async function losingReply(
  { s3, backend }: FakeStore,
  on: "PutObject" | "CompleteMultipartUpload",
  options: PutOptions,
  key = "a",
  body: Uint8Array | RangedBody = SMALL,
): Promise<string | undefined> {
  const before = s3.requests.length;
  s3.fault({ on, times: 1, do: "loseReply" });
  const { etag } = await backend.put(key, body, options);
  const sent = s3.requests.slice(before).filter(({ operation }) => operation === on);
  assert.equal(sent.length, 2, "the SDK has sent it again");
  return etag;
}

function ranged(bytes: Uint8Array): RangedBody {
  return {
    size: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
  };
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
