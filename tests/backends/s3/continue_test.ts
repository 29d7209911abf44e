/**
 * Large objects that have only grown: what the store has of them is copied there, and whatever comes
 * between, what is stored is the body and no upload stays behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import { copyableLength } from "../../../backends/s3/continued_upload.ts";
import type { S3Backend, S3BackendOptions } from "../../../backends/s3.ts";
import type { Body, PutMode, PutOptions, RangedBody } from "../../../core/backend.ts";
import type { FakeS3, FakeS3Options } from "../../s3/fake.ts";
import { until } from "../../until.ts";
import { BUCKET, EVERYTHING, SHORT, storeFor } from "./fake_store.ts";

const MIB = 1 << 20;
const KEY = "a b/ü+1.json";
const LENGTH = 6 * MIB + 17;
const CONTINUED = [
  "CreateMultipartUpload",
  "UploadPartCopy",
  "UploadPart",
  "CompleteMultipartUpload",
];
const WITHOUT_CONDITIONS = { createOnly: false, ifMatch: false } as const;

/** A store with an object in it, and how to write one that begins alike. */
async function grown(
  t: TestContext,
  options: Partial<S3BackendOptions> = {},
  fake: FakeS3Options = {},
) {
  const { s3, backend, open } = await storeFor(t, { prefix: "pre fix", ...options }, fake);
  const old = noise(LENGTH);
  const { etag = "" } = await backend.put(KEY, old);
  s3.requests.length = 0;
  return { s3, backend, open, old, etag, ...writing(backend, s3, etag) };
}

function writing(backend: S3Backend, s3: FakeS3, etag: string) {
  const body = noise(7 * MIB);
  const mode: PutMode = backend.capabilities.ifMatch ? { ifMatch: etag } : "overwrite";
  /** Writes what has grown, and makes sure that nothing else is stored. */
  const put = async (options: PutOptions = {}, wanted: Body = body) => {
    const continues = { etag, length: LENGTH };
    const stored = await backend.put(KEY, wanted, { mode, continues, ...options });
    const bytes = wanted instanceof Uint8Array ? wanted : await wanted.read(0, wanted.size);
    assertStored(s3, bytes);
    assert.equal(s3.openUploads, 0);
    return stored;
  };
  return { body, put };
}

test("what the store has is copied there, and only the rest is sent", async (t) => {
  const { s3, backend, put } = await grown(t);
  const metadata = { title: "x" };
  const { etag, copied } = await put({ metadata, contentType: "application/json" });
  assert.equal(copied, LENGTH);
  assert.deepEqual(operations(s3), CONTINUED);
  const [create, copy, part, complete] = s3.requests;
  assert.equal(copy.headers["x-amz-copy-source-range"], `bytes=0-${LENGTH - 1}`);
  assert.equal(part.bytes, 7 * MIB - LENGTH);
  assert.equal(create.headers["content-type"], "application/json");
  assert.ok(complete.headers["if-match"]);
  const head = await backend.head(KEY);
  assert.deepEqual([head.etag, head.metadata, head.size], [etag, metadata, 7 * MIB]);
});

test("storage class, encryption and tags are asked for as with any upload", async (t) => {
  const headers = { storageClass: "STANDARD_IA", serverSideEncryption: "AES256" };
  const { s3, put } = await grown(t, { ...headers, tags: { a: "1" } });
  assert.equal((await put()).copied, LENGTH);
  const stored = s3.objects().get(`pre fix/${KEY}`)?.headers ?? {};
  assert.equal(stored["x-amz-storage-class"], "STANDARD_IA");
  assert.equal(stored["x-amz-server-side-encryption"], "AES256");
  assert.equal(stored["x-amz-tagging"], "a=1");
});

test("a spooled body over 8 MiB is continued too, its rest in parts of 8 MiB", async (t) => {
  const { s3, put } = await grown(t);
  const { copied } = await put({}, ranged(noise(16 * MIB)));
  assert.equal(copied, LENGTH);
  const sent = s3.requests.filter(({ operation }) => operation === "UploadPart");
  assert.deepEqual(sent.map(({ bytes }) => bytes).sort((a, b) => b - a), [
    8 * MIB,
    2 * MIB - 17,
  ]);
});

test("the checksum of what is copied is named with those of what is sent", async (t) => {
  const { s3, put } = await grown(t, { quirks: { ...EVERYTHING, checksums: "always" } });
  assert.equal((await put()).copied, LENGTH);
  assert.match(
    s3.objects().get(`pre fix/${KEY}`)?.headers["x-amz-checksum-crc32"] ?? "",
    /-2$/,
  );
});

test("a copied part has at least 5 MiB, and at most 512", () => {
  assert.equal(copyableLength(5 * MIB - 1), 0);
  assert.equal(copyableLength(5 * MIB), 5 * MIB);
  assert.equal(copyableLength(512 * MIB + 1), 512 * MIB);
  assert.equal(copyableLength(517 * MIB), 517 * MIB);
});

test("less than 5 MiB are sent with the rest", async (t) => {
  const { s3, etag, put } = await grown(t);
  assert.equal((await put({ continues: { etag, length: 5 * MIB - 1 } })).copied, undefined);
  assert.deepEqual(operations(s3), ["PutObject"]);
});

test("a backend that has written nothing yet looks whether versions are kept, once", async (t) => {
  const { s3, open, etag } = await grown(t);
  const backend = await open();
  const first = await writing(backend, s3, etag).put();
  await writing(backend, s3, first.etag ?? "").put();
  assert.deepEqual(operations(s3), ["HeadObject", ...CONTINUED, ...CONTINUED]);
});

test("where that may not be looked at, all is sent", async (t) => {
  const { s3, open, etag } = await grown(t);
  s3.fault({ on: "HeadObject", do: { status: 403, code: "AccessDenied" } });
  assert.equal((await writing(await open(), s3, etag).put()).copied, undefined);
  assert.equal(operations(s3).at(-1), "PutObject");
});

test("where versions are kept, all is sent, as each copy would be paid for", async (t) => {
  const { s3, open, etag, put } = await grown(t, {}, { versioned: true });
  const { etag: next = "", copied } = await put();
  assert.equal(copied, undefined);
  const other = writing(await open(), s3, next);
  assert.equal((await other.put()).copied, undefined);
  assert.deepEqual(operations(s3), ["PutObject", "HeadObject", "PutObject"]);
  assert.notEqual(etag, next);
});

test("what the first look finds to be another object is sent whole", async (t) => {
  const { s3, open, old, etag } = await grown(t, { quirks: WITHOUT_CONDITIONS });
  s3.put(BUCKET, `pre fix/${KEY}`, old.slice(1));
  assert.equal((await writing(await open(), s3, etag).put()).copied, undefined);
  assert.deepEqual(operations(s3), ["HeadObject", "PutObject"]);
});

test('"always" copies where versions are kept, and "never" nowhere', async (t) => {
  const always = await grown(t, { incremental: "always" }, { versioned: true });
  assert.equal((await always.put()).copied, LENGTH);
  const never = await grown(t, { incremental: "never" });
  assert.equal((await never.put()).copied, undefined);
  assert.deepEqual(operations(never.s3), ["PutObject"]);
});

test("a provider that is known not to copy parts is tried only when told to", async (t) => {
  const gcs = { provider: "gcs", quirks: {} } as const;
  const auto = await grown(t, gcs, { personality: "gcs" });
  assert.equal((await auto.put()).copied, undefined);
  assert.deepEqual(operations(auto.s3), ["PutObject"]);
  const always = await grown(t, { ...gcs, incremental: "always" }, { personality: "gcs" });
  await always.put();
  await always.put();
  assert.deepEqual(operations(always.s3).filter((one) => one !== "UploadPart"), [
    "CreateMultipartUpload",
    "UploadPartCopy",
    "AbortMultipartUpload",
    "PutObject",
    "PutObject",
  ]);
});

for (
  const [what, status, code] of [
    ["is not implemented", 501, "NotImplemented"],
    ["is denied", 403, "AccessDenied"],
    ["is found wrong", 400, "InvalidArgument"],
    ["breaks the store", 500, "InternalError"],
  ] as const
) {
  test(`where the copy ${what}, all is sent in the same call, and from then on`, async (t) => {
    const { s3, put } = await grown(t, { attempts: 1 });
    s3.fault({ on: "UploadPartCopy", do: { status, code } });
    const { etag = "", copied } = await put();
    assert.equal(copied, undefined);
    s3.requests.length = 0;
    await put({ mode: { ifMatch: etag }, continues: { etag, length: LENGTH } });
    assert.deepEqual(operations(s3), ["PutObject"]);
  });
}

test("where the store hangs in a copy, all is sent, and from then on", async (t) => {
  const { s3, open, etag } = await grown(t);
  s3.fault({ on: "UploadPartCopy", do: "hang" });
  const timeouts = { ...SHORT, requestMs: 100 };
  const backend = await open({ attempts: 1, timeouts });
  const { put } = writing(backend, s3, etag);
  const stored = await put();
  s3.requests.length = 0;
  await writing(backend, s3, stored.etag ?? "").put();
  assert.deepEqual(operations(s3), ["PutObject"]);
});

test("an object that is gone, or another by now, does not keep later ones from copies", async (t) => {
  const { s3, backend, put, etag } = await grown(t, { quirks: WITHOUT_CONDITIONS });
  await backend.delete(KEY);
  await put();
  await put({ continues: { etag, length: LENGTH } });
  const last = (await put()).etag ?? "";
  s3.requests.length = 0;
  assert.equal((await put({ continues: { etag: last, length: LENGTH } })).copied, LENGTH);
});

test("a store that asks to slow down is not sent more", async (t) => {
  const { s3, put } = await grown(t, { attempts: 1 });
  s3.fault({ on: "UploadPartCopy", times: 1, do: { status: 503 } });
  await assert.rejects(put(), { code: "Throttled" });
  assert.equal(s3.openUploads, 0);
  assert.equal((await put()).copied, LENGTH);
});

test("what somebody else writes meanwhile stays, where the store has conditions", async (t) => {
  const { s3, put } = await grown(t);
  const theirs = noise(100);
  const swapped = swapDuring("CompleteMultipartUpload", s3, theirs);
  await assert.rejects(put(), { code: "Precondition" });
  swapped();
  assertStored(s3, theirs);
  assert.equal(s3.openUploads, 0);
});

for (const personality of ["plain", "ceph"] as const) {
  test(`what is swapped before the copy is not copied, on a ${personality} store`, async (t) => {
    const store = await grown(t, { quirks: WITHOUT_CONDITIONS }, { personality });
    const swapped = swapDuring("UploadPartCopy", store.s3, noise(8 * MIB).reverse());
    assert.equal((await store.put()).copied, undefined);
    swapped();
  });
}

test("a lie about the length is seen by the hash of what was copied", async (t) => {
  const { s3, backend, put } = await grown(t, { quirks: WITHOUT_CONDITIONS });
  const { etag = "" } = await backend.put(KEY, noise(LENGTH).fill(1, 5 * MIB));
  assert.equal((await put({ continues: { etag, length: LENGTH } })).copied, undefined);
  assert.ok(operations(s3).includes("UploadPartCopy"));
});

test("it is seen once where the store has conditions too, as any fault of its copies", async (t) => {
  const { backend, put } = await grown(t);
  const { etag = "" } = await backend.put(KEY, noise(LENGTH).fill(1, 5 * MIB));
  const lie = { mode: { ifMatch: etag }, continues: { etag, length: LENGTH } };
  assert.equal((await put(lie)).copied, undefined);
});

const KMS = { serverSideEncryption: "aws:kms" } as const;

test("where etags are no hashes, the condition at the end is enough", async (t) => {
  const { s3, put } = await grown(t, KMS);
  assert.equal((await put()).copied, LENGTH);
  assert.deepEqual(operations(s3), CONTINUED);
});

test("where they are no hashes and there is no condition, the object is looked at", async (t) => {
  const options = { ...KMS, quirks: WITHOUT_CONDITIONS };
  const well = await grown(t, options);
  assert.equal((await well.put()).copied, LENGTH);
  assert.deepEqual(operations(well.s3), [
    ...CONTINUED.slice(0, 3),
    "HeadObject",
    ...CONTINUED.slice(3),
  ]);
  const ill = await grown(t, options, { personality: "ceph" });
  const swapped = swapDuring("UploadPartCopy", ill.s3, noise(8 * MIB).reverse());
  assert.equal((await ill.put()).copied, undefined);
  swapped();
});

test("R2 gets one part to copy and one that is no longer, without a condition", async (t) => {
  const r2 = { provider: "r2", quirks: {} } as const;
  const { s3, put } = await grown(t, r2, { personality: "r2" });
  const { etag = "", copied } = await put();
  assert.equal(copied, LENGTH);
  assert.deepEqual(operations(s3), CONTINUED);
  const mode = { ifMatch: etag };
  const more = { mode, continues: { etag, length: LENGTH } };
  assert.equal((await put(more, noise(2 * LENGTH + 1))).copied, undefined);
});

test("parts that cannot be put together are sent whole, and no others are copied", async (t) => {
  const { s3, put } = await grown(t, {}, { personality: "r2" });
  const { etag = "" } = await put({}, noise(16 * MIB));
  s3.requests.length = 0;
  await put({ mode: { ifMatch: etag }, continues: { etag, length: LENGTH } });
  assert.deepEqual(operations(s3), ["PutObject"]);
});

test("a store that breaks down at the end is not met that way again", async (t) => {
  const { s3, put } = await grown(t, { attempts: 1 });
  s3.fault({ on: "CompleteMultipartUpload", do: { status: 500 } });
  await assert.rejects(put(), { code: "Transient" });
  assert.equal(s3.openUploads, 0);
  s3.requests.length = 0;
  await put();
  assert.deepEqual(operations(s3), ["PutObject"]);
});

test("a reply that is lost after the end is found to be our own object", async (t) => {
  const { s3, put } = await grown(t);
  s3.fault({ on: "CompleteMultipartUpload", times: 1, do: "loseReply" });
  assert.equal((await put({ metadata: { sha256: "x" } })).copied, LENGTH);
});

test("a spooled body that changed on the disk is refused, wherever it did", async (t) => {
  for (const at of [3 * MIB, 8 * MIB]) {
    const { s3, old, put } = await grown(t);
    const body = ranged(noise(9 * MIB));
    const changed = {
      ...body,
      async read(start: number, end: number) {
        const bytes = await body.read(start, end);
        if (start <= at && at < end) bytes[at - start] ^= 1;
        return bytes;
      },
    };
    await assert.rejects(put({}, changed), { code: "Corrupt" });
    assertStored(s3, old);
    assert.equal(s3.openUploads, 0);
  }
});

for (const operation of CONTINUED.slice(0, 3)) {
  test(`stopped while the store hangs in ${operation}, it leaves nothing behind`, async (t) => {
    const { s3, old, backend, put } = await grown(t, { timeouts: SHORT });
    const stop = new AbortController();
    const on = ({ operation: one }: { operation: string }) => one === operation;
    s3.fault({ on, times: 1, do: "hang" });
    const stopped = assert.rejects(put({ signal: stop.signal }), { code: "Aborted" });
    await until("it hangs", () => operations(s3).includes(operation));
    stop.abort();
    await stopped;
    await backend.close();
    assertStored(s3, old);
    assert.equal(s3.openUploads, 0);
  });
}

test("closing waits for an upload that only a second, slow request began, and ends it", async (t) => {
  const { s3, old, backend, put } = await grown(t, { timeouts: SHORT });
  const stop = new AbortController();
  const operation = "CreateMultipartUpload";
  const on = ({ operation: one }: { operation: string }) => one === operation;
  s3.fault({ on, times: 1, do: "hang" });
  const stopped = assert.rejects(put({ signal: stop.signal }), { code: "Aborted" });
  await until("it hangs", () => operations(s3).includes(operation));
  s3.fault({ on, times: 1, do: { delayMs: SHORT.requestMs / 2 } });
  stop.abort();
  await stopped;
  await backend.close();
  const asked = () => operations(s3).filter((one) => one === operation).length;
  // Also more often, where the machine itself is slower than this waits.
  await until("it was asked for again", () => asked() >= 2);
  assertStored(s3, old);
  assert.equal(s3.openUploads, 0);
});

/**
 * Has another object written once a request has come, before it is done.
 *
 * @returns Makes sure that it was.
 */
function swapDuring(operation: string, s3: FakeS3, bytes: Uint8Array): () => void {
  let swapped = false;
  s3.fault({
    on(request) {
      if (request.operation === operation && !swapped) {
        swapped = true;
        s3.put(BUCKET, `pre fix/${KEY}`, bytes);
      }
      return false;
    },
    do: "reset",
  });
  return () => assert.ok(swapped, `${operation} came`);
}

function operations({ requests }: FakeS3): string[] {
  const named: string[] = requests.map(({ operation }) => operation);
  // The copy and the first part are on their way at once.
  const at = named.findIndex((one, i) => one === "UploadPart" && named[i + 1] === "UploadPartCopy");
  return at < 0 ? named : named.with(at, "UploadPartCopy").with(at + 1, "UploadPart");
}

function assertStored(s3: FakeS3, bytes: Uint8Array): void {
  assert.equal(hash(s3.objects().get(`pre fix/${KEY}`)?.bytes ?? new Uint8Array()), hash(bytes));
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function ranged(bytes: Uint8Array): RangedBody {
  const read = (start: number, end: number) => Promise.resolve(bytes.slice(start, end));
  return { size: bytes.length, sha256: hash(bytes), read };
}

/** Bytes that do not repeat, and begin alike whatever their number. */
function noise(size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761);
  return new Uint8Array(words.buffer, 0, size);
}
