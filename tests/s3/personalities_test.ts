/**
 * Each personality differs from AWS in what it is known for, and in nothing else that is seen here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3ClientConfig,
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from "@aws-sdk/client-s3";
import { PERSONALITIES, type PersonalityName } from "./fake.ts";
import { Bucket, clientOf, text, type Visit, visit } from "./visit.ts";

/** What came of a call: `ok`, or what was refused. */
async function outcome(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "ok",
    (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
      `${error.name} ${error.$metadata?.httpStatusCode}`,
  );
}

const DEFAULTS: S3ClientConfig = { requestChecksumCalculation: "WHEN_SUPPORTED" };

async function put(
  { s3 }: Visit,
  input: Partial<PutObjectCommandInput>,
  config: S3ClientConfig = {},
): Promise<string> {
  const client = clientOf(s3, config);
  const call = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1", ...input }));
  return await outcome(call).finally(() => client.destroy());
}

async function remove({ client }: Visit, more: Partial<DeleteObjectsCommandInput>) {
  const Delete = { Objects: [{ Key: "a" }] };
  return await outcome(client.send(new DeleteObjectsCommand({ Bucket, Delete, ...more })));
}

async function complete({ client }: Visit, more: { IfNoneMatch?: string }): Promise<string> {
  const upload = { Bucket, Key: "a" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
  const { ETag } = await client.send(
    new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: "2" }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return await outcome(
    client.send(
      new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload, ...more }),
    ),
  );
}

async function copyPart(
  { client }: Visit,
  more: Partial<UploadPartCopyCommandInput>,
): Promise<string> {
  const upload = { Bucket, Key: "a" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
  const part = { ...upload, UploadId, PartNumber: 1, CopySource: `${Bucket}/a` };
  return await outcome(client.send(new UploadPartCopyCommand({ ...part, ...more })));
}

async function unequalParts({ client }: Visit): Promise<string> {
  const upload = { Bucket, Key: "a" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
  const Parts = await Promise.all([5 << 20, (5 << 20) + 1].map(async (length, index) => {
    const part = { ...upload, UploadId, PartNumber: index + 1, Body: new Uint8Array(length) };
    const { ETag } = await client.send(new UploadPartCommand(part));
    return { PartNumber: index + 1, ETag };
  }));
  const whole = { ...upload, UploadId, MultipartUpload: { Parts } };
  return await outcome(client.send(new CompleteMultipartUploadCommand(whole)));
}

const stream = () => ({ Body: Readable.from([text("12345")]), ContentLength: 5 });

/** What to try; each on a store that has the object `a` already. */
const TRIALS: Readonly<Record<string, (there: Visit) => Promise<string>>> = {
  "a plain put": (there) => put(there, {}),
  "a CRC32": (there) => put(there, {}, DEFAULTS),
  "a streamed body": (there) => put(there, stream(), DEFAULTS),
  "tags": (there) => put(there, { Tagging: "a=1" }),
  "a storage class": (there) => put(there, { StorageClass: "GLACIER" }),
  "STANDARD": (there) => put(there, { StorageClass: "STANDARD" }),
  "KMS": (there) => put(there, { ServerSideEncryption: "aws:kms" }),
  "AES256": (there) => put(there, { ServerSideEncryption: "AES256" }),
  "create": (there) => put(there, { IfNoneMatch: "*" }),
  "If-Match, another": (there) => put(there, { IfMatch: '"x"' }),
  "If-Match, the current one": (there) =>
    put(there, { IfMatch: there.s3.objects().get("a")?.etag }),
  "If-Match, no object": (there) => put(there, { Key: "b", IfMatch: '"x"' }),
  "complete": (there) => complete(there, {}),
  "complete, create": (there) => complete(there, { IfNoneMatch: "*" }),
  "unequal parts": unequalParts,
  "copy a part": (there) => copyPart(there, {}),
  "copy a part, If-Match, another": (there) => copyPart(there, { CopySourceIfMatch: '"x"' }),
  "delete many, CRC32": (there) => remove(there, {}),
  "delete many, MD5": (there) => remove(there, { ChecksumAlgorithm: "MD5" }),
};

/** As AWS does it. */
const PLAIN: Readonly<Record<string, string>> = {
  "create": "PreconditionFailed 412",
  "If-Match, another": "PreconditionFailed 412",
  "If-Match, no object": "NoSuchKey 404",
  "complete, create": "PreconditionFailed 412",
  "copy a part, If-Match, another": "PreconditionFailed 412",
};

const REFUSED = "NotImplemented 501";
const IGNORED = {
  "create": "ok",
  "If-Match, another": "ok",
  "If-Match, no object": "ok",
  "complete, create": "ok",
};

/** Where each is not as AWS. */
const DIFFERENCES: Readonly<Record<PersonalityName, Readonly<Record<string, string>>>> = {
  plain: {},
  r2: {
    "a CRC32": REFUSED,
    "a streamed body": REFUSED,
    "tags": REFUSED,
    "a storage class": REFUSED,
    "KMS": REFUSED,
    "unequal parts": "InvalidPart 400",
    "copy a part, If-Match, another": REFUSED,
  },
  ceph: { "copy a part, If-Match, another": "ok" },
  b2: {
    "a CRC32": "InvalidArgument 400",
    "a streamed body": "InvalidArgument 400",
    "create": REFUSED,
    "If-Match, another": REFUSED,
    "If-Match, the current one": REFUSED,
    "If-Match, no object": REFUSED,
    "complete, create": REFUSED,
    "delete many, CRC32": "InvalidArgument 400",
    // The SDK names the algorithm in a header that B2 refuses as well.
    "delete many, MD5": "InvalidArgument 400",
  },
  gcs: {
    "a streamed body": "SignatureDoesNotMatch 403",
    "create": "ok",
    "If-Match, another": "ok",
    "If-Match, no object": "ok",
    "copy a part": REFUSED,
    "copy a part, If-Match, another": REFUSED,
    "delete many, CRC32": "MissingContentMD5 400",
  },
  "old-minio": {
    "a streamed body": "XAmzContentSHA256Mismatch 400",
    "If-Match, no object": "ok",
    "delete many, CRC32": "MissingContentMD5 400",
  },
  "old-ceph": { "If-Match, the current one": "PreconditionFailed 412" },
  wasabi: IGNORED,
  ignorant: IGNORED,
};

for (const name of Object.keys(PERSONALITIES) as PersonalityName[]) {
  describe(`the personality ${name}`, () => {
    it("differs in what it is known for and in nothing else", async () => {
      const found: Record<string, string> = {};
      for (const [what, trial] of Object.entries(TRIALS)) {
        await visit({ personality: name }, async (there) => {
          there.s3.put(Bucket, "a", text("0"));
          found[what] = await trial(there);
        });
      }
      const all = Object.fromEntries(Object.keys(TRIALS).map((what) => [what, "ok"]));
      assert.deepEqual(found, { ...all, ...PLAIN, ...DIFFERENCES[name] });
    });
  });
}

describe("what personalities do to objects", () => {
  it("old-ceph stores the framing of streamed bodies", () =>
    visit({ personality: "old-ceph" }, async (there) => {
      assert.equal(await put(there, stream(), DEFAULTS), "ok");
      const stored = there.s3.objects().get("a");
      assert.match(new TextDecoder().decode(stored?.bytes), /^5\r\n12345\r\n0\r\nx-amz-checksum-/);
      assert.equal(stored?.headers["content-encoding"], "aws-chunked");
    }));

  it("ignorant drops user metadata, and nothing else", () =>
    visit({ personality: "ignorant" }, async (there) => {
      await put(there, { Metadata: { a: "1" }, ContentType: "x/y" });
      const stored = there.s3.objects().get("a");
      assert.deepEqual(stored?.metadata, {});
      assert.equal(stored?.headers["content-type"], "x/y");
    }));

  it("r2 and b2 name the header that they refuse", () =>
    Promise.all(
      (["r2", "b2"] as const).map((personality) =>
        visit({ personality }, async ({ s3 }) => {
          const client = clientOf(s3, DEFAULTS);
          const call = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
          await assert.rejects(call, /[Hh]eader 'x-amz-checksum-crc32'/);
          client.destroy();
        })
      ),
    ).then(() => {}));

  it("one can be made up", () => {
    const refuses = [{
      on: ["PutObject" as const],
      answer: { status: 507, code: "QuotaExceeded", message: "full" },
    }];
    const personality = { name: "full", refuses, ignores: {}, mistakes: {} };
    return visit({ personality }, async (there) => {
      assert.equal(await put(there, {}), "QuotaExceeded 507");
    });
  });
});
