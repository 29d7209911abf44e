/**
 * Uploads that a kill left open, at each step: ended after a day, and nobody else's ever.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { ABANDONED_MS } from "../../../core/backend.ts";
import type { FakeS3 } from "../../s3/fake.ts";
import { until } from "../../until.ts";
import { BUCKET, SHORT, storeFor } from "./fake_store.ts";

const KEY = "home_me_x/2026-01-31/ses_1.json";
const PREFIX = "a b/ü";
const soon = () => Date.now() + 60_000;

function clientOf({ endpoint, region, credentials }: FakeS3): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

async function begin(s3: FakeS3, keys: readonly string[]): Promise<void> {
  const client = clientOf(s3);
  for (const Key of keys) {
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
  }
  client.destroy();
}

async function open(s3: FakeS3): Promise<string[]> {
  const client = clientOf(s3);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  client.destroy();
  return Uploads.map(({ Key = "" }) => Key);
}

for (const step of ["UploadPartCopy", "UploadPart", "CompleteMultipartUpload"]) {
  test(`an upload whose process was killed in ${step} is ended after a day`, async (t) => {
    const { s3, backend, open: another } = await storeFor(t, { prefix: PREFIX });
    const { etag = "" } = await backend.put(KEY, new Uint8Array(6 << 20));
    const killed = await another({ timeouts: SHORT, attempts: 1 });
    s3.fault({ on: ({ operation }) => operation === step, times: 1, do: "hang" });
    // A process that is gone ends nothing.
    s3.fault({ on: "AbortMultipartUpload", do: "hang" });
    const continues = { etag, length: 6 << 20 };
    const put = killed.put(KEY, new Uint8Array(7 << 20), { continues });
    await until("it hangs", () => s3.requests.some(({ operation }) => operation === step));
    await Promise.all([assert.rejects(put), killed.close()]);
    s3.recover();
    assert.equal(s3.openUploads, 1);
    assert.equal(await backend.tidy({ before: Date.now() - ABANDONED_MS }), 0);
    assert.equal(await backend.tidy({ before: soon() }), 1);
    assert.equal(s3.openUploads, 0);
    assert.equal((await backend.head(KEY)).etag, etag);
  });
}

test("only uploads of archives below the prefix are ended", async (t) => {
  const { s3, backend } = await storeFor(t, { prefix: PREFIX });
  const ours = [KEY, KEY.replace(".json", "~01234567.json"), `${KEY}.gz`]
    .map((key) => `${PREFIX}/${key}`);
  const theirs = [KEY, `${PREFIX}0/${KEY}`, `${PREFIX}/film.mp4`, `${PREFIX}/more/${KEY}`];
  await begin(s3, [...ours, ...theirs]);
  assert.equal(await backend.tidy({ before: soon() }), ours.length);
  assert.deepEqual((await open(s3)).sort(), theirs.sort());
});

test("there may be more than a page of them", async (t) => {
  const { s3, backend } = await storeFor(t, {}, { pageSize: 10 });
  const keys = Array.from({ length: 25 }, (_, i) => KEY.replace("ses_1", `ses_${i}`));
  await begin(s3, keys);
  assert.equal(await backend.tidy({ before: soon() }), keys.length);
  assert.equal(s3.openUploads, 0);
});

test("one that somebody else ended meanwhile keeps no other from being ended", async (t) => {
  const { s3, backend } = await storeFor(t);
  await begin(s3, [KEY, KEY.replace("ses_1", "ses_2")]);
  s3.fault({ on: "AbortMultipartUpload", times: 1, do: { status: 404, code: "NoSuchUpload" } });
  assert.equal(await backend.tidy({ before: soon() }), 1);
  assert.deepEqual(await open(s3), [KEY]);
});

for (const [status, code] of [[403, "AccessDenied"], [501, "NotImplemented"]] as const) {
  test(`where ${code} is the answer to the question, nothing is done`, async (t) => {
    const { s3, backend } = await storeFor(t);
    await begin(s3, [KEY]);
    s3.fault({ on: "ListMultipartUploads", do: { status, code } });
    assert.equal(await backend.tidy({ before: soon() }), 0);
    assert.equal(s3.openUploads, 1);
  });
}

test("a store that cannot be reached is told of", async (t) => {
  const { s3, backend } = await storeFor(t, { attempts: 1 });
  s3.fault({ on: "ListMultipartUploads", do: "reset" });
  await assert.rejects(backend.tidy({ before: soon() }), { code: "Transient" });
});
