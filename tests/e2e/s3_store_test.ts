/**
 * The S3 backend on a real Ceph: the whole suite of backends with nothing left out, and what the
 * tools that people have make of what was written.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it, type TestContext } from "node:test";
import { inspect } from "node:util";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectLockConfigurationCommand,
} from "@aws-sdk/client-s3";
import { S3Backend, type S3BackendOptions } from "../../backends/s3.ts";
import { ABANDONED_MS, type Backend, type RangedBody } from "../../core/backend.ts";
import { type ErrorCode, isArchiveError } from "../../core/errors.ts";
import { testBackend } from "../backends/contract.ts";
import { until } from "../until.ts";
import { aws, type AwsResult, findAws } from "./aws_cli.ts";
import { type Ceph, startCeph } from "./ceph.ts";
import { type Missing, testWithout } from "./missing.ts";

const ARCHIVE = "home_user_my-project/2024-01-15/ses_abc123.json";

/** Keys that tools and stores tend to get wrong. */
const ODD = [
  ARCHIVE,
  "with space/and  two.json",
  "plus+percent%25equals=hash#question&at@.json",
  "%2e%2e/%2F",
  "quote'\"<>|*:;,$!()[]{}^`~",
  "ünïcödé/日本語/한국어.json",
  "emoji \u{1F600}\u{1F468}\u200D\u{1F469}/\uff5e",
];

/** In a bucket with versions Ceph looks at a condition before the write, and not with it. */
const UNCONDITIONAL = { createOnly: false, ifMatch: false };

const ODD_PREFIX = "ünï cödé/100% #1?&+=@'()*!~ 日本 \u{1F98A}";

const MIB = 1024 * 1024;
/** More than two parts of 8 MiB. */
const LARGE = 20 * MIB + 1;

function testOn(ceph: Ceph, noAws: Missing | undefined): void {
  let bucket: string;
  let prefixes = 0;

  before(async () => {
    bucket = await ceph.makeBucket();
  });
  after(() => ceph.stop());

  /** A backend in the bucket, under a prefix that nobody has; closed after the test. */
  async function fresh(t?: TestContext): Promise<{ prefix: string; backend: Backend }> {
    const prefix = `test-${++prefixes}`;
    const backend = await open(ceph, bucket, prefix);
    t?.after(() => backend.close?.());
    return { prefix, backend };
  }

  testBackend("under a prefix", async () => {
    const { backend, prefix } = await fresh();
    return { backend, dispose: () => noUploadsLeft(ceph, bucket, prefix) };
  });

  testBackend("without a prefix", async () => {
    const own = await ceph.makeBucket();
    return { backend: await open(ceph, own), dispose: () => noUploadsLeft(ceph, own) };
  }, { manyKeys: 1100 });

  testBackend("under an odd prefix", async () => {
    const prefix = `${ODD_PREFIX}/${++prefixes}`;
    const backend = await open(ceph, bucket, prefix);
    return { backend, dispose: () => noUploadsLeft(ceph, bucket, prefix) };
  }, { manyKeys: 1100 });

  // What is locked there cannot be removed from a store that stays.
  if (ceph.own) {
    testBackend("in a bucket with versions and Object Lock", async () => {
      const locked = await lockedBucket(ceph);
      const backend = await open(ceph, locked, undefined, { quirks: UNCONDITIONAL });
      return { backend, dispose: () => noUploadsLeft(ceph, locked) };
    }, { manyKeys: 1100 });

    it("is found out to let several writers win in such a bucket, with the line that helps", async (t) => {
      const backend = await open(ceph, await lockedBucket(ceph));
      t.after(() => backend.close?.());
      const advice = new Map<string, string | undefined>();
      // Who wins is chance.
      for (let probes = 0; probes < 10 && advice.size < 2; probes++) {
        for await (const { check, status, advice: text } of backend.probe?.() ?? []) {
          if (status === "failed") advice.set(check, text);
        }
      }
      assert.deepEqual([...advice.keys()].sort(), ["create only", "replace if unchanged"]);
      assert.match(advice.get("create only") ?? "", /"createOnly: false"/);
      assert.match(advice.get("replace if unchanged") ?? "", /"ifMatch: false"/);
    });

    it("copies no parts where each copy would stay, unless it is to", async (t) => {
      const locked = await lockedBucket(ceph);
      const whole = ranged(9 * MIB).content;
      for (const [incremental, copied] of [["auto", undefined], ["always", 8 * MIB]] as const) {
        const backend = await open(ceph, locked, incremental, { incremental });
        t.after(() => backend.close?.());
        const { etag = "" } = await backend.put("a", whole.subarray(0, 8 * MIB));
        const continues = { etag, length: 8 * MIB };
        assert.equal((await backend.put("a", whole, { continues })).copied, copied, incremental);
      }
    });
  }

  it("ends uploads that were left open for a day, and nobody else's", async (t) => {
    const { backend, prefix } = await fresh(t);
    const [own, other] = [`${prefix}/${ARCHIVE}`, `${prefix}/film.mp4`];
    for (const Key of [own, other]) {
      await ceph.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    }
    const left = () => ceph.unfinishedUploads(bucket, prefix);
    assert.equal(await backend.tidy?.({ before: Date.now() - ABANDONED_MS }), 0);
    assert.deepEqual((await left()).sort(), [other, own].sort());
    assert.equal(await backend.tidy?.({ before: Date.now() + 60_000 }), 1);
    assert.deepEqual(await left(), [other]);
  });

  it("promises all that this store can do", { skip: !ceph.own }, async (t) => {
    const { backend } = await fresh(t);
    const { createOnly, ifMatch, metadata } = backend.capabilities;
    const promised = { createOnly, ifMatch, metadata };
    assert.deepEqual(promised, { createOnly: true, ifMatch: true, metadata: true });
  });

  it("keeps a key as it is, with the prefix and a slash before it", async (t) => {
    const { backend, prefix } = await fresh(t);
    for (const key of ODD) {
      await backend.put(key, bytes(key));
      const where = { Bucket: bucket, Key: `${prefix}/${key}` };
      const { Body } = await ceph.client.send(new GetObjectCommand(where));
      assert.equal(await Body?.transformToString(), key);
    }
  });

  it("sees nothing of a prefix that only begins like its own", async (t) => {
    const { backend, prefix } = await fresh(t);
    const neighbour = await open(ceph, bucket, `${prefix}0`);
    t.after(() => neighbour.close?.());
    await neighbour.put("a", bytes("not mine"));
    assert.deepEqual(await keys(backend), []);
    assert.notEqual(backend.identity, neighbour.identity);
  });

  it("stores a large body in parts, and a small one in one", async (t) => {
    const { backend, prefix } = await fresh(t);
    await backend.put("large", ranged(LARGE));
    await backend.put("small", bytes("x"));
    const parts = async (key: string) => {
      const where = { Bucket: bucket, Key: `${prefix}/${key}` };
      const { ETag } = await ceph.client.send(new HeadObjectCommand(where));
      return /-(\d+)"$/.exec(ETag ?? "")?.[1];
    };
    assert.equal(await parts("large"), "3");
    assert.equal(await parts("small"), undefined);
  });

  it("takes only what is new of a body that has grown", async (t) => {
    const { backend } = await fresh(t);
    const whole = ranged(LARGE).content;
    const key = ODD[1];
    let { etag = "" } = await backend.put(key, whole.subarray(0, 6 * MIB));
    for (const size of [6 * MIB + 1, 9 * MIB, LARGE - 1, LARGE]) {
      const { size: length } = await backend.head(key);
      const body = sliced(whole.slice(0, size));
      const stored = await backend.put(key, body, {
        mode: backend.capabilities.ifMatch ? { ifMatch: etag } : "overwrite",
        continues: { etag, length },
        metadata: { size: `${size}` },
      });
      assert.equal(stored.copied, length);
      etag = stored.etag ?? "";
      const { info, body: read } = await backend.get(key);
      assert.deepEqual([info.etag, info.metadata], [etag, { size: `${size}` }]);
      assert.equal(hash(new Uint8Array(await new Response(read).arrayBuffer())), body.sha256);
    }
  });

  it("does not take what another wrote for the beginning of a body", async (t) => {
    const { backend, prefix } = await fresh(t);
    const whole = ranged(7 * MIB).content;
    const { etag = "" } = await backend.put("a", whole.subarray(0, 6 * MIB));
    await backend.put("a", whole.slice(0, 6 * MIB).reverse());
    const continues = { etag, length: 6 * MIB };
    assert.equal((await backend.put("a", whole, { continues })).copied, undefined);
    const { body } = await backend.get("a");
    assert.equal(hash(new Uint8Array(await new Response(body).arrayBuffer())), hash(whole));
    await noUploadsLeft(ceph, bucket, prefix);
  });

  // Ceph 18 loses the tags of objects that go up in parts.
  it("gives small and large objects their tags", { skip: !ceph.own }, async () => {
    const prefix = `test-${++prefixes}`;
    const tags = { project: "a b", team: "c+d/e=f" };
    const backend = await open(ceph, bucket, prefix, { tags });
    await backend.put("large", ranged(LARGE));
    await backend.put("small", bytes("x"));
    await backend.close?.();
    for (const key of ["large", "small"]) {
      const where = { Bucket: bucket, Key: `${prefix}/${key}` };
      const { TagSet = [] } = await ceph.client.send(new GetObjectTaggingCommand(where));
      assert.deepEqual(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value])), tags, key);
    }
  });

  describe("what is wrong with a configuration is told at the first call:", () => {
    const { accessKeyId, secretAccessKey } = ceph.credentials;
    const secret = "a wrong secret, which is to be seen nowhere";
    const cases: readonly [string, Partial<S3BackendOptions>, ErrorCode, RegExp][] = [
      ["a bucket that is not there", { bucket: "no-such-bucket" }, "Invalid", /"no-such-bucket"/],
      [
        "a wrong secret",
        { credentials: { accessKeyId, secretAccessKey: secret } },
        "Unauthorized",
        /secret/,
      ],
      [
        "an unknown access key",
        { credentials: { accessKeyId: "NOBODY", secretAccessKey } },
        "Unauthorized",
        /access key/,
      ],
    ];
    for (const [what, options, code, says] of cases) {
      it(what, async () => {
        const backend = await open(ceph, bucket, "wrong", options);
        const told = (error: unknown) => {
          assert.ok(isArchiveError(error, code), String(error));
          assert.match(error.message, says);
          assert.doesNotMatch(inspect(error, { depth: 9 }), /seen nowhere/);
          assert.equal(error.retryable, false);
          return true;
        };
        await assert.rejects(backend.put("a", bytes("x")), told);
        await assert.rejects(backend.get("a"), told);
        await assert.rejects(backend.head("a"), told);
        await assert.rejects(keys(backend), told);
        await assert.rejects(backend.delete("a"), told);
        await backend.close?.();
      });
    }

    it("a permission that is not given, by its name", { skip: !ceph.own }, async (t) => {
      const guarded = await ceph.makeBucket();
      const Policy = JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:PutObject",
          Resource: `arn:aws:s3:::${guarded}/*`,
        },
      });
      await ceph.client.send(new PutBucketPolicyCommand({ Bucket: guarded, Policy }));
      const backend = await open(ceph, guarded);
      t.after(() => backend.close?.());
      for (const body of [bytes("x"), ranged(LARGE)]) {
        await assert.rejects(backend.put("a", body), (error: unknown) => {
          assert.ok(isArchiveError(error, "Unauthorized"), String(error));
          assert.match(error.message, /s3:PutObject/);
          return true;
        });
      }
      assert.deepEqual(await keys(backend), []);
    });
  });

  const name = "aws, on what was written,";
  if (noAws) testWithout(name, noAws);
  else describe(name, () => testAws(ceph, async () => ({ bucket, ...await fresh() })));
}

/** What `aws` makes of objects that the backend wrote, and the backend of those of `aws`. */
function testAws(
  ceph: Ceph,
  fresh: () => Promise<{ bucket: string; prefix: string; backend: Backend }>,
): void {
  const metadata = { schema: "1", title: "caf%C3%A9%20%F0%9F%A6%8A", messages: "12" };
  const contentType = "application/json";
  const large = ranged(LARGE);
  const written = [...ODD, "large.json"];
  let bucket: string;
  let prefix: string;
  let backend: Backend;

  before(async () => {
    ({ bucket, prefix, backend } = await fresh());
    for (const key of ODD) await backend.put(key, bytes(key), { metadata, contentType });
    await backend.put("large.json", large, { metadata, contentType });
  });
  after(() => backend?.close?.());

  /** `aws …`, which must work. */
  async function run(args: readonly string[], input?: string): Promise<AwsResult> {
    const result = await aws(args, ceph, input);
    assert.equal(result.code, 0, `aws ${args.join(" ")}: ${result.stderr}`);
    return result;
  }
  const address = (key: string) => `s3://${bucket}/${prefix}/${key}`;

  it("lists every key", async () => {
    const { stdout } = await run(["s3", "ls", "--recursive", address("")]);
    for (const key of written) {
      assert.ok(stdout.split("\n").some((line) => line.endsWith(` ${prefix}/${key}`)), key);
    }
    const args = ["list-objects-v2", `--bucket=${bucket}`, `--prefix=${prefix}/`, "--output=json"];
    const listing = JSON.parse((await run(["s3api", ...args])).stdout);
    const names = listing.Contents.map(({ Key }: { Key: string }) => Key);
    assert.deepEqual(names, (await keys(backend)).map((key) => `${prefix}/${key}`));
  });

  for (const key of ODD) {
    it(`reads ${key}`, async () => {
      assert.equal((await run(["s3", "cp", address(key), "-"])).stdout, key);
    });
  }

  it("reads a large object, byte for byte", async () => {
    const { bytes } = await run(["s3", "cp", address("large.json"), "-"]);
    assert.equal(bytes.byteLength, LARGE);
    assert.equal(hash(bytes), large.sha256);
  });

  it("shows the metadata and the type, of small and large objects", async () => {
    for (const key of [ODD[0], ODD[5], "large.json"]) {
      const args = ["head-object", `--bucket=${bucket}`, `--key=${prefix}/${key}`];
      const head = JSON.parse((await run(["s3api", ...args, "--output=json"])).stdout);
      assert.deepEqual(head.Metadata, metadata);
      assert.equal(head.ContentType, contentType);
    }
  });

  it("makes copies that are like what they were made of", async () => {
    for (const key of written) {
      await run(["s3", "cp", "--quiet", address(key), address(`copies/${key}`)]);
      const { info, body } = await backend.get(`copies/${key}`);
      const copied = new Uint8Array(await new Response(body).arrayBuffer());
      assert.equal(hash(copied), key === "large.json" ? large.sha256 : hash(bytes(key)), key);
      assert.deepEqual(info.metadata, metadata, key);
    }
  });

  it("writes objects that are read like any other", async () => {
    for (const key of ODD) {
      await run(["s3", "cp", "-", address(`foreign/${key}`)], `by another hand: ${key}`);
      const { info, body } = await backend.get(`foreign/${key}`);
      assert.equal(await new Response(body).text(), `by another hand: ${key}`);
      assert.deepEqual(info.metadata ?? {}, {});
    }
    const foreign = (await keys(backend)).filter((key) => key.startsWith("foreign/"));
    assert.equal(foreign.length, ODD.length);
  });

  it("deletes what is then NotFound", async () => {
    await backend.put("to/delete", bytes("x"));
    await run(["s3", "rm", address("to/delete")]);
    await assert.rejects(backend.head("to/delete"), { code: "NotFound" });
  });
}

function open(
  ceph: Ceph,
  bucket: string,
  prefix?: string,
  options: Partial<S3BackendOptions> = {},
): Promise<Backend> {
  const { endpoint, region, credentials, own } = ceph;
  // This Ceph honours If-Match, which older ones do not.
  const known = own ? { provider: "ceph", quirks: { ifMatch: true } } as const : {};
  const where = { bucket, prefix, endpoint, region, credentials };
  return S3Backend.open({ name: "ceph", ...where, ...known, env: {}, ...options });
}

/** An upload in parts that was given up must be gone, or it is paid for until somebody looks. */
/** A bucket that keeps every version of every object for a day. */
async function lockedBucket({ client }: Ceph): Promise<string> {
  const Bucket = `archiver-test-locked-${crypto.randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  await client.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } },
      },
    }),
  );
  return Bucket;
}

async function noUploadsLeft(ceph: Ceph, bucket: string, prefix?: string): Promise<void> {
  const left = () => ceph.unfinishedUploads(bucket, prefix);
  const what = "all uploads are completed or aborted";
  await until(what, async () => (await left()).length === 0, 10_000, async () => `${await left()}`);
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function hash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A body to be read in parts, whose bytes do not repeat. */
function ranged(size: number): RangedBody & { readonly content: Uint8Array } {
  const content = new Uint8Array(size);
  const words = new Uint32Array(content.buffer, 0, size >> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761);
  return { ...sliced(content), content };
}

function sliced(content: Uint8Array): RangedBody {
  const read = (start: number, end: number) => Promise.resolve(content.slice(start, end));
  return { size: content.length, sha256: hash(content), read };
}

async function keys(backend: Backend): Promise<string[]> {
  const all: string[] = [];
  for await (const { objects } of backend.list()) all.push(...objects.map(({ key }) => key));
  return all;
}

const found = await startCeph();
const ON_CEPH = "S3 on a real Ceph";
if ("missing" in found) testWithout(ON_CEPH, found);
else {
  const noAws = await findAws();
  describe(ON_CEPH, () => testOn(found, noAws));
}
