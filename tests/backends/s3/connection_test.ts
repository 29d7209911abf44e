/**
 * What a connection knows of its bucket, and what it finds out without a request.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { S3Connection } from "../../../backends/s3/connection.ts";
import { connectionTo } from "../../../backends/s3/store.ts";
import { type FakeS3, startFakeS3 } from "../../s3/fake.ts";

const CALL = { backend: "s3", doing: "asking", signals: [] };

async function connected(t: TestContext): Promise<{ fake: FakeS3; connection: S3Connection }> {
  const fake = await startFakeS3({ buckets: ["archives"] });
  const { endpoint, region } = fake;
  const credentials = { ...fake.credentials };
  const connection = await connectionTo({
    bucket: "archives",
    endpoint,
    region,
    credentials,
    env: {},
  });
  t.after(async () => {
    await connection.close();
    await fake.stop();
  });
  return { fake, connection };
}

test("keys and clocks need no request, and tell nothing of the bucket", async (t) => {
  const { fake, connection } = await connected(t);
  const { accessKeyId } = await connection.credentials(CALL);
  assert.equal(accessKeyId, fake.credentials.accessKeyId);
  assert.equal(await connection.clockOffset(CALL), 0);
  assert.equal(fake.requests.length, 0);
  assert.equal(connection.bucketSeen, false);
});

test("only an answer about the bucket, or what is in it, shows that it is there", async (t) => {
  const { connection } = await connected(t);
  await connection.run(CALL, "ListBuckets", (s3, http) => s3.listBuckets({}, http));
  assert.equal(connection.bucketSeen, false);
  const target = { Bucket: "archives" };
  await connection.run(CALL, "HeadBucket", (s3, http) => s3.headBucket(target, http));
  assert.equal(connection.bucketSeen, true);
});

test("a bucket that may not be asked after is taken to be there", async (t) => {
  const { fake, connection } = await connected(t);
  fake.fault({ on: "HeadBucket", do: { status: 403 } });
  const target = { Bucket: "archives" };
  const asked = connection.run(CALL, "HeadBucket", (s3, http) => s3.headBucket(target, http));
  await assert.rejects(asked, { code: "Unauthorized" });
  assert.equal(connection.bucketSeen, true);
});

test("stopping a call stops the search for its keys too", async (t) => {
  const { connection } = await connected(t);
  const stopped = { ...CALL, signals: [AbortSignal.abort()] };
  await assert.rejects(connection.credentials(stopped), { code: "Aborted" });
});
