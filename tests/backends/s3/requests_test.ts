/**
 * What goes over the wire: which requests, with which headers, and how few.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { S3Backend } from "../../../backends/s3.ts";
import type { FakeS3, RecordedRequest } from "../../s3/fake.ts";
import { BUCKET, EVERYTHING, storeFor } from "./fake_store.ts";

const SIZES = [0, 10, 3 << 20, 9 << 20];

test("a store that is not AWS gets plain bodies of known length, without checksums or waiting", async (t) => {
  const { s3, backend } = await storeFor(t);
  for (const size of SIZES) await backend.put(`${size}`, noise(size));
  await backend.copy?.("10", "copy");
  await backend.delete("copy");
  for (const request of s3.requests) {
    const names = Object.keys(request.headers);
    const said = `${request.operation}: ${names.join(", ")}`;
    assert.deepEqual(names.filter((name) => /checksum|trailer|^expect$/.test(name)), [], said);
    assert.doesNotMatch(request.headers["content-encoding"] ?? "", /aws-chunked/, said);
    assert.equal(request.headers["transfer-encoding"], undefined, said);
    assert.match(request.headers["x-amz-content-sha256"], /^[0-9a-f]{64}$/, said);
    if (!["PutObject", "UploadPart"].includes(request.operation)) continue;
    assert.equal(request.headers["content-length"], String(request.bytes), said);
  }
  for (const size of SIZES) assert.deepEqual(s3.objects().get(`${size}`)?.bytes, noise(size));
});

test("the hash that the caller has is what is signed, and other bytes are refused", async (t) => {
  const { s3, backend } = await storeFor(t, { attempts: 1 });
  const sha256 = createHash("sha256").update(noise(10)).digest("hex");
  await backend.put("right", noise(10), { sha256 });
  assert.equal(sent(s3, "PutObject")[0].headers["x-amz-content-sha256"], sha256);
  const wrong = backend.put("wrong", noise(11), { sha256 });
  await assert.rejects(wrong, /the bytes that came to http\S+ were not those that were sent/);
  assert.deepEqual([...s3.objects().keys()], ["right"]);
});

test("AWS gets the checksums that its SDK sends, for parts too", async (t) => {
  const { s3, backend } = await storeFor(t, {
    provider: "aws",
    forcePathStyle: true,
    quirks: {},
  });
  await backend.put("small", noise(10));
  await backend.put("large", noise(9 << 20));
  const sums = sent(s3, "PutObject", "UploadPart").map(({ headers }) =>
    headers["x-amz-checksum-crc32"]
  );
  assert.equal(sums.length, 3);
  assert.ok(sums.every((sum) => sum !== undefined), sums.join(", "));
  assert.deepEqual(await read(backend, "large"), noise(9 << 20));
});

test("options go with everything that makes an object", async (t) => {
  const { s3, backend } = await storeFor(t, {
    storageClass: "STANDARD_IA",
    serverSideEncryption: "aws:kms",
    kmsKeyId: "arn:aws:kms:eu-west-1:1:key/k",
    tags: { team: "a b+c=d", empty: "" },
  });
  await backend.put("small", noise(10), { contentType: "application/json" });
  await backend.put("large", noise(9 << 20), { contentType: "application/json" });
  await backend.copy?.("small", "copy");
  const makers = sent(s3, "PutObject", "CreateMultipartUpload", "CopyObject");
  assert.equal(makers.length, 3);
  for (const { headers, operation } of makers) {
    assert.equal(headers["x-amz-storage-class"], "STANDARD_IA", operation);
    assert.equal(headers["x-amz-server-side-encryption"], "aws:kms", operation);
    const key = headers["x-amz-server-side-encryption-aws-kms-key-id"];
    assert.equal(key, "arn:aws:kms:eu-west-1:1:key/k", operation);
    assert.equal(headers["x-amz-tagging"], "team=a%20b%2Bc%3Dd&empty=", operation);
    if (operation === "CopyObject") {
      assert.equal(headers["x-amz-tagging-directive"], "REPLACE");
      assert.equal(headers["x-amz-metadata-directive"], "COPY");
    } else {
      assert.equal(headers["content-type"], "application/json", operation);
    }
  }
});

test("conditions are sent where the store honours them, and checked by a HEAD where it does not", async (t) => {
  const { s3, backend, open } = await storeFor(t);
  const { etag = "" } = await backend.put("a", noise(1), { mode: "create" });
  await backend.put("a", noise(2), { mode: { ifMatch: etag } });
  assert.equal(s3.requests[0].headers["if-none-match"], "*");
  assert.equal(s3.requests[1].headers["if-match"], `"${etag}"`);
  assert.doesNotMatch(etag, /"/);

  const plain = await open({ quirks: {} });
  const before = s3.requests.length;
  await plain.put("b", noise(1), { mode: "create" });
  const { operations, headers } = since(s3, before);
  assert.deepEqual(operations, ["HeadObject", "HeadBucket", "PutObject"]);
  assert.ok(headers.every((names) => !names.includes("if-none-match")), headers.join("; "));
  await assert.rejects(plain.put("b", noise(2), { mode: "create" }), { code: "AlreadyExists" });
  assert.equal(s3.objects().get("b")?.bytes.length, 1);
});

test("a large object that is there already is not sent in vain", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", noise(1));
  const large = backend.put("a", noise(9 << 20), { mode: "create" });
  await assert.rejects(large, { code: "AlreadyExists" });
  assert.deepEqual(s3.requests.map(({ operation }) => operation), ["HeadObject"]);
});

test("an etag is the same string wherever it comes from", async (t) => {
  const { backend } = await storeFor(t);
  for (const size of [10, 9 << 20]) {
    const { etag } = await backend.put("a", noise(size));
    const { info, body } = await backend.get("a");
    await body.cancel();
    const [page] = await pages(backend, {});
    const seen = [(await backend.head("a")).etag, info.etag, page.objects[0].etag];
    assert.deepEqual(seen, [etag, etag, etag]);
  }
});

test("a listing asks for no more than its limit, and not once more", async (t) => {
  const { s3, backend } = await storeFor(t);
  for (let i = 0; i < 30; i++) s3.put(BUCKET, `p/${i + 100}`, noise(1));
  assert.equal((await pages(backend, { prefix: "p/", limit: 7 })).length, 1);
  assert.equal((await pages(backend, { limit: 0 })).length, 0);
  assert.deepEqual(s3.requests.map(({ query }) => query["max-keys"]), ["7"]);
  assert.equal(s3.requests[0].query["encoding-type"], "url");
  await pages(backend, { prefix: "p/", startAfter: "p/120" });
  assert.equal(s3.requests.length, 2);
  assert.equal(s3.requests[1].query["start-after"], "p/120");
});

test("the prefix stands before every key, marker and copy source", async (t) => {
  const { s3, backend } = await storeFor(t, { prefix: "/team//ü 1/" });
  await backend.put("a/b+c", noise(1));
  await backend.copy?.("a/b+c", "d");
  assert.deepEqual([...s3.objects().keys()], ["team/ü 1/a/b+c", "team/ü 1/d"]);
  const [copy] = sent(s3, "CopyObject");
  assert.equal(copy.headers["x-amz-copy-source"], `${BUCKET}/team/%C3%BC%201/a/b%2Bc`);
  await pages(backend, { startAfter: "a" });
  const list = s3.requests.at(-1)?.query ?? {};
  assert.deepEqual([list.prefix, list["start-after"]], ["team/ü 1/", "team/ü 1/a"]);
  assert.equal(backend.capabilities.maxKeyBytes, 1024 - "team/ü 1/".length - 1);
});

test("whether the bucket exists is asked once, and not where something has shown it", async (t) => {
  const { s3, backend, open } = await storeFor(t);
  for (let i = 0; i < 3; i++) await assert.rejects(backend.head("no"), { code: "NotFound" });
  assert.equal(sent(s3, "HeadBucket").length, 1);
  const other = await open();
  await other.put("a", noise(1));
  await assert.rejects(other.head("no"), { code: "NotFound" });
  assert.equal(sent(s3, "HeadBucket").length, 1);
});

test("a session token is sent", async (t) => {
  const { s3, backend } = await storeFor(t, {
    credentials: { accessKeyId: "A", secretAccessKey: "B", sessionToken: "the-token" },
  });
  await assert.rejects(backend.head("a"), { code: "Unauthorized" });
  assert.equal(s3.requests[0].headers["x-amz-security-token"], "the-token");
});

test("metadata that no header can carry is refused before anything is sent", async (t) => {
  const { s3, backend } = await storeFor(t);
  const bad: [Record<string, string>, RegExp][] = [
    [{ title: "café" }, /"title" .*percent-encode/],
    [{ title: "two\nlines" }, /"title"/],
    [{ title: " x" }, /"title"/],
    [{ Title: "x" }, /"Title" .*lower-case/],
    [{ "a b": "x" }, /"a b"/],
    [{ a: "x".repeat(2048) }, /2049 bytes.* 2048/],
  ];
  for (const [metadata, said] of bad) {
    await assert.rejects(backend.put("a", noise(1), { metadata }), (error: Error) => {
      assert.match(error.message, said);
      return "code" in error && error.code === "Invalid";
    });
  }
  await backend.put("a", noise(1), { metadata: { a: "x".repeat(2047) } });
  assert.equal(s3.requests.length, 1);
});

test("a store that keeps no metadata is sent none", async (t) => {
  const { s3, backend } = await storeFor(t, { quirks: { ...EVERYTHING, metadata: false } });
  await backend.put("a", noise(1), { metadata: { title: "x" } });
  assert.equal(s3.requests[0].headers["x-amz-meta-title"], undefined);
  assert.equal((await backend.head("a")).metadata, undefined);
});

test("opening sends nothing", async (t) => {
  const { s3 } = await storeFor(t);
  assert.deepEqual(s3.requests, []);
});

function sent(s3: FakeS3, ...operations: RecordedRequest["operation"][]): RecordedRequest[] {
  return s3.requests.filter(({ operation }) => operations.includes(operation));
}

function since(s3: FakeS3, from: number) {
  const requests = s3.requests.slice(from);
  return {
    operations: requests.map(({ operation }) => operation),
    headers: requests.map(({ headers }) => Object.keys(headers)),
  };
}

async function pages(backend: S3Backend, options: Parameters<S3Backend["list"]>[0]) {
  const found = [];
  for await (const page of backend.list(options)) found.push(page);
  return found;
}

async function read(backend: S3Backend, key: string): Promise<Uint8Array> {
  const { body } = await backend.get(key);
  return new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
}

function noise(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
}
