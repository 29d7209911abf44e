/**
 * The fake takes uploads in parts as AWS does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Bucket, clientOf, refusalOf, text, visit } from "./visit.ts";

const MIB = 1024 * 1024;
const Key = "a/b.json";

/** An upload that has these parts. */
async function begin(
  client: S3Client,
  bodies: readonly Uint8Array[],
  { key = Key, ChecksumAlgorithm }: { key?: string; ChecksumAlgorithm?: "CRC32" } = {},
) {
  const created = await client.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key: key,
      ChecksumAlgorithm,
      Metadata: { title: "one" },
      ContentType: "x/y",
    }),
  );
  const upload = { Bucket, Key: key, UploadId: created.UploadId };
  const Parts = await Promise.all(bodies.map(async (Body, i) => {
    const part = { ...upload, PartNumber: i + 1, Body };
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part));
    return { PartNumber: i + 1, ETag, ChecksumCRC32 };
  }));
  const complete = (more: Partial<CompleteMultipartUploadCommandInput> = {}) =>
    client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }),
    );
  return { upload, Parts, complete };
}

describe("an upload in parts", () => {
  it("is an object when it is complete, not before, with an etag over its parts", () =>
    visit({}, async ({ s3, client }) => {
      const bodies = [
        crypto.getRandomValues(new Uint8Array(60_000)),
        text("the end"),
      ].map((seed, i) => i === 0 ? repeated(seed, 5 * MIB) : seed);
      const { complete } = await begin(client, bodies);
      assert.equal(s3.openUploads, 1);
      assert.equal(s3.objects().size, 0);
      const { ETag } = await complete();
      assert.equal(s3.openUploads, 0);
      const hashes = bodies.map((body) => createHash("md5").update(body).digest("hex")).join("");
      const digest = createHash("md5").update(hashes, "hex").digest("hex");
      assert.equal(ETag, `"${digest}-2"`);
      const stored = s3.objects().get(Key);
      assert.equal(stored?.etag, ETag);
      assert.deepEqual(stored?.metadata, { title: "one" });
      assert.equal(stored?.headers["content-type"], "x/y");
      const whole = createHash("md5").update(bodies[0]).update(bodies[1]).digest("hex");
      assert.equal(createHash("md5").update(stored?.bytes ?? "").digest("hex"), whole);
    }));

  it("needs 5 MiB in each part but the last", () =>
    visit({}, async ({ s3, client }) => {
      const { complete } = await begin(client, [new Uint8Array(5 * MIB - 1), text("1")]);
      assert.equal(await refusalOf(complete()), "EntityTooSmall 400");
      assert.equal(s3.objects().size, 0);
      assert.equal(s3.openUploads, 1);
    }));

  it("is refused when a part is not the one that came, or out of order", () =>
    visit({}, async ({ client }) => {
      const { Parts, complete } = await begin(client, [new Uint8Array(5 * MIB), text("1")]);
      const [first, last] = Parts;
      const completeWith = (...Parts: { PartNumber: number; ETag?: string }[]) =>
        refusalOf(complete({ MultipartUpload: { Parts } }));
      assert.equal(await completeWith(last, first), "InvalidPartOrder 400");
      assert.equal(await completeWith(first, { ...last, ETag: first.ETag }), "InvalidPart 400");
      assert.equal(await completeWith(first, { ...last, PartNumber: 3 }), "InvalidPart 400");
      assert.equal(await completeWith(), "MalformedXML 400");
      await complete();
    }));

  it("keeps to conditions when it completes, and stays when they fail", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, Key, text("theirs"));
      const { complete } = await begin(client, [text("ours")]);
      assert.equal(await refusalOf(complete({ IfNoneMatch: "*" })), "PreconditionFailed 412");
      assert.equal(await refusalOf(complete({ IfMatch: '"x"' })), "PreconditionFailed 412");
      assert.deepEqual(s3.objects().get(Key)?.bytes, text("theirs"));
      assert.equal(s3.openUploads, 1);
      await complete({ IfMatch: s3.objects().get(Key)?.etag });
      assert.deepEqual(s3.objects().get(Key)?.bytes, text("ours"));
    }));

  it("is gone when it is aborted or completed", () =>
    visit({}, async ({ s3, client }) => {
      const { upload, complete } = await begin(client, [text("1")]);
      await client.send(new AbortMultipartUploadCommand(upload));
      assert.equal(s3.openUploads, 0);
      assert.equal(await refusalOf(complete()), "NoSuchUpload 404");
      const part = client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "" }));
      assert.equal(await refusalOf(part), "NoSuchUpload 404");
      const abort = client.send(new AbortMultipartUploadCommand(upload));
      assert.equal(await refusalOf(abort), "NoSuchUpload 404");
    }));

  it("belongs to its key", () =>
    visit({}, async ({ client }) => {
      const { upload } = await begin(client, []);
      const part = { ...upload, Key: "other", PartNumber: 1, Body: "" };
      assert.equal(await refusalOf(client.send(new UploadPartCommand(part))), "NoSuchUpload 404");
    }));

  it("has parts numbered from 1 to 10,000, of which the newest of a number counts", () =>
    visit({}, async ({ s3, client }) => {
      const { upload, complete } = await begin(client, []);
      const put = (PartNumber: number, Body: string) =>
        client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      assert.equal(await refusalOf(put(0, "")), "InvalidArgument 400");
      assert.equal(await refusalOf(put(10_001, "")), "InvalidArgument 400");
      await put(10_000, "first");
      const { ETag } = await put(10_000, "second");
      await complete({ MultipartUpload: { Parts: [{ PartNumber: 10_000, ETag }] } });
      assert.deepEqual(s3.objects().get(Key)?.bytes, text("second"));
    }));

  it("may take parts from an object", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "source", text("0123456789"));
      const { upload, complete } = await begin(client, []);
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: 1,
          CopySource: `${Bucket}/source`,
          CopySourceRange: "bytes=2-4",
        }),
      );
      const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
      await complete({ MultipartUpload: { Parts } });
      assert.deepEqual(s3.objects().get(Key)?.bytes, text("234"));
    }));

  it("checks the checksums of parts, and has one over them", () =>
    visit({}, async ({ s3 }) => {
      const client = clientOf(s3, { requestChecksumCalculation: "WHEN_SUPPORTED" });
      const bodies = [text("123456789")];
      assert.equal(await refusalOf(begin(client, bodies)), "InvalidRequest 400");
      const { upload, complete, Parts } = await begin(client, bodies, {
        ChecksumAlgorithm: "CRC32",
      });
      const wrong = { ...upload, PartNumber: 2, Body: "1", ChecksumCRC32: "y/Q5Jg==" };
      assert.equal(await refusalOf(client.send(new UploadPartCommand(wrong))), "BadDigest 400");
      const bare = Parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber }));
      const without = complete({ MultipartUpload: { Parts: bare } });
      assert.equal(await refusalOf(without), "InvalidRequest 400");
      await complete();
      const head = { Bucket, Key, ChecksumMode: "ENABLED" } as const;
      const got = await client.send(new GetObjectCommand(head));
      assert.match(got.ChecksumCRC32 ?? "", /^.{6}==-1$/);
      assert.equal(got.ChecksumType, "COMPOSITE");
      assert.equal(await got.Body?.transformToString(), "123456789");
      client.destroy();
    }));

  it("is listed with its parts until it is done", () =>
    visit({}, async ({ client }) => {
      const { upload } = await begin(client, [text("1"), text("22"), text("333")]);
      await begin(client, [], { key: "b" });
      const first = await client.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
      assert.deepEqual(first.Parts?.map(({ Size }) => Size), [1, 2]);
      const marker = { PartNumberMarker: first.NextPartNumberMarker };
      const second = await client.send(new ListPartsCommand({ ...upload, ...marker }));
      assert.deepEqual(second.Parts?.map(({ PartNumber }) => PartNumber), [3]);
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 1 }));
      assert.deepEqual(page.Uploads?.map((one) => one.UploadId), [upload.UploadId]);
      const rest = await client.send(
        new ListMultipartUploadsCommand({
          Bucket,
          KeyMarker: page.NextKeyMarker,
          UploadIdMarker: page.NextUploadIdMarker,
        }),
      );
      assert.deepEqual(rest.Uploads?.map((one) => one.Key), ["b"]);
    }));
});

function repeated(seed: Uint8Array, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => seed[i % seed.length]);
}
