/**
 * The fake does what AWS documents, seen through the real AWS SDK.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { until } from "../until.ts";
import { startFakeS3 } from "./fake.ts";
import { Bucket, clientOf, failure, refusalOf, text, visit } from "./visit.ts";

describe("an object", () => {
  it("comes back with its bytes, its type, its metadata and its MD5", () =>
    visit({}, async ({ s3, client }) => {
      const Body = crypto.getRandomValues(new Uint8Array(3_000));
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: "a b/é+()*'!~😀.json",
          Body,
          ContentType: "application/json",
          Metadata: { title: "One%20two" },
          CacheControl: "no-store",
          StorageClass: "STANDARD_IA",
          ServerSideEncryption: "aws:kms",
          SSEKMSKeyId: "key-1",
          Tagging: "a=1&b=2",
        }),
      );
      const got = await client.send(new GetObjectCommand({ Bucket, Key: "a b/é+()*'!~😀.json" }));
      const bytes = await got.Body?.transformToByteArray();
      assert.deepEqual(new Uint8Array(bytes ?? []), Body);
      assert.equal(got.ETag, `"${createHash("md5").update(Body).digest("hex")}"`);
      assert.equal(got.ContentType, "application/json");
      assert.equal(got.CacheControl, "no-store");
      assert.deepEqual(got.Metadata, { title: "One%20two" });
      assert.equal(got.StorageClass, "STANDARD_IA");
      assert.equal(got.ServerSideEncryption, "aws:kms");
      assert.equal(got.SSEKMSKeyId, "key-1");
      assert.equal(got.TagCount, 2);
      const [stored] = s3.objects().values();
      assert.equal(stored.headers["x-amz-tagging"], "a=1&b=2");
      assert.equal(stored.modified.getTime(), got.LastModified?.getTime());
    }));

  it("is looked up without its body, and gone after a delete, which may be repeated", () =>
    visit({}, async ({ client }) => {
      await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "12345" }));
      const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a" }));
      assert.equal(head.ContentLength, 5);
      assert.equal(head.StorageClass, undefined);
      for (let i = 0; i < 2; i++) {
        const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
        assert.equal($metadata.httpStatusCode, 204);
      }
      assert.equal(
        await refusalOf(client.send(new GetObjectCommand({ Bucket, Key: "a" }))),
        "NoSuchKey 404",
      );
      assert.equal(
        await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key: "a" }))),
        "NotFound 404",
      );
    }));

  it("is put there by somebody else under any key, also without HTTP", () =>
    visit({}, async ({ s3, client }) => {
      for (const Key of ["a//b", "dir/", "/lead", "a/../b", "a/./b", "\n"]) {
        s3.put(Bucket, Key, text(Key), { "X-Amz-Meta-Who": "them", "Content-Type": "x/y" });
        const got = await client.send(new GetObjectCommand({ Bucket, Key }));
        assert.equal(await got.Body?.transformToString(), Key);
        assert.deepEqual(got.Metadata, { who: "them" });
        assert.equal(got.ContentType, "x/y");
      }
    }));

  it("is refused when key or metadata are too long", () =>
    visit({}, async ({ client }) => {
      const put = (Key: string, title: string) =>
        client.send(new PutObjectCommand({ Bucket, Key, Body: "", Metadata: { title } }));
      await put("é".repeat(512), "x".repeat(2043));
      assert.equal(await refusalOf(put("é".repeat(512) + "x", "")), "KeyTooLongError 400");
      assert.equal(await refusalOf(put("a", "x".repeat(2044))), "MetadataTooLarge 400");
    }));
});

describe("a range", () => {
  for (
    const [range, bytes, contentRange] of [
      ["bytes=0-3", "0123", "bytes 0-3/10"],
      ["bytes=8-100", "89", "bytes 8-9/10"],
      ["bytes=4-", "456789", "bytes 4-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=-100", "0123456789", "bytes 0-9/10"],
      ["bytes=5-2", "0123456789", undefined],
      ["lines=1-2", "0123456789", undefined],
    ] as const
  ) {
    it(`${range} of ten bytes is ${bytes}`, () =>
      visit({}, async ({ s3, client }) => {
        s3.put(Bucket, "a", text("0123456789"));
        const got = await client.send(new GetObjectCommand({ Bucket, Key: "a", Range: range }));
        assert.equal(await got.Body?.transformToString(), bytes);
        assert.equal(got.ContentRange, contentRange);
        assert.equal(got.$metadata.httpStatusCode, contentRange === undefined ? 200 : 206);
      }));
  }

  for (const range of ["bytes=10-", "bytes=10-20", "bytes=-0"]) {
    it(`${range} of ten bytes is refused`, () =>
      visit({}, async ({ s3, client }) => {
        s3.put(Bucket, "a", text("0123456789"));
        const call = client.send(new GetObjectCommand({ Bucket, Key: "a", Range: range }));
        assert.equal(await refusalOf(call), "InvalidRange 416");
      }));
  }
});

describe("a condition", () => {
  it("lets one of 16 racing creators win", () =>
    visit({}, async ({ s3, client }) => {
      const creators = Array.from({ length: 16 }, (_, i) =>
        client.send(new PutObjectCommand({ Bucket, Key: "a", Body: `${i}`, IfNoneMatch: "*" }))
          .then(
            () =>
              i,
            (error: Error) => error.name,
          ));
      const outcomes = await Promise.all(creators);
      const winners = outcomes.filter((outcome) =>
        typeof outcome === "number"
      );
      assert.equal(winners.length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === "PreconditionFailed").length, 15);
      assert.deepEqual(s3.objects().get("a")?.bytes, text(`${winners[0]}`));
    }));

  it("If-Match replaces only the version that it names", () =>
    visit({}, async ({ client }) => {
      const put = (IfMatch?: string) =>
        client.send(new PutObjectCommand({ Bucket, Key: "a", Body: `${IfMatch}`, IfMatch }));
      assert.equal(await refusalOf(put('"none"')), "NoSuchKey 404");
      const { ETag: first } = await put();
      const { ETag: second } = await put(first);
      assert.notEqual(first, second);
      assert.equal(await refusalOf(put(first)), "PreconditionFailed 412");
      await put(second?.replaceAll('"', ""));
    }));

  it("If-None-Match with an etag is not implemented for writes", () =>
    visit({}, async ({ client }) => {
      const put = client.send(
        new PutObjectCommand({ Bucket, Key: "a", Body: "", IfNoneMatch: '"x"' }),
      );
      assert.equal(await refusalOf(put), "NotImplemented 501");
    }));

  it("holds for deletes and reads too", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "a", text("1"));
      const ETag = s3.objects().get("a")?.etag;
      const remove = (IfMatch: string) =>
        client.send(new DeleteObjectCommand({ Bucket, Key: "a", IfMatch }));
      const get = (IfMatch: string) =>
        client.send(new GetObjectCommand({ Bucket, Key: "a", IfMatch }));
      assert.equal(await refusalOf(remove('"other"')), "PreconditionFailed 412");
      assert.equal(await refusalOf(get('"other"')), "PreconditionFailed 412");
      await get(ETag ?? "");
      await remove(ETag ?? "");
      assert.equal(s3.objects().size, 0);
    }));
});

describe("a copy", () => {
  it("takes metadata along unless it is told others", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "a é/b", text("1"), { "x-amz-meta-title": "one", "content-type": "x/y" });
      const CopySource = `${Bucket}/${encodeURIComponent("a é/b")}`;
      await client.send(new CopyObjectCommand({ Bucket, Key: "same", CopySource }));
      await client.send(
        new CopyObjectCommand({
          Bucket,
          Key: "new",
          CopySource,
          MetadataDirective: "REPLACE",
          Metadata: { title: "two" },
        }),
      );
      const [same, fresh] = [s3.objects().get("same"), s3.objects().get("new")];
      assert.deepEqual(same?.metadata, { title: "one" });
      assert.equal(same?.headers["content-type"], "x/y");
      assert.deepEqual(fresh?.metadata, { title: "two" });
      assert.notEqual(fresh?.headers["content-type"], "x/y");
      assert.deepEqual(fresh?.bytes, text("1"));
    }));

  it("needs its source, and the version of it that is named", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "a", text("1"));
      const copy = (source: string, CopySourceIfMatch?: string) =>
        client.send(
          new CopyObjectCommand({
            Bucket,
            Key: "b",
            CopySource: `${Bucket}/${source}`,
            CopySourceIfMatch,
          }),
        );
      assert.equal(await refusalOf(copy("none")), "NoSuchKey 404");
      assert.equal(await refusalOf(copy("a", '"other"')), "PreconditionFailed 412");
      await copy("a", s3.objects().get("a")?.etag);
    }));

  it("onto itself has to change something", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "a", text("1"));
      const itself = { Bucket, Key: "a", CopySource: `${Bucket}/a` };
      const copy = client.send(new CopyObjectCommand(itself));
      assert.equal(await refusalOf(copy), "InvalidRequest 400");
      await client.send(new CopyObjectCommand({ ...itself, MetadataDirective: "REPLACE" }));
    }));
});

describe("a digest", () => {
  it("CRC32 is checked, kept, and given back to those who ask", () =>
    visit({}, async ({ s3, client }) => {
      const careful = clientOf(s3, {
        requestChecksumCalculation: "WHEN_SUPPORTED",
        responseChecksumValidation: "WHEN_SUPPORTED",
      });
      await careful.send(new PutObjectCommand({ Bucket, Key: "a", Body: "123456789" }));
      const got = await careful.send(new GetObjectCommand({ Bucket, Key: "a" }));
      assert.equal(got.ChecksumCRC32, "y/Q5Jg==");
      assert.equal(await got.Body?.transformToString(), "123456789");
      const plain = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
      assert.equal(plain.ChecksumCRC32, undefined);
      const wrong = { Bucket, Key: "b", Body: "123456780", ChecksumCRC32: "y/Q5Jg==" };
      assert.equal(await refusalOf(client.send(new PutObjectCommand(wrong))), "BadDigest 400");
      assert.deepEqual([...s3.objects().keys()], ["a"]);
      careful.destroy();
    }));

  for (const algorithm of ["SHA1", "SHA256"] as const) {
    it(`${algorithm} is checked`, () =>
      visit({}, async ({ client }) => {
        const put = { Bucket, Key: "a", Body: "abc" };
        await client.send(new PutObjectCommand({ ...put, ChecksumAlgorithm: algorithm }));
        const wrong = { ...put, [`Checksum${algorithm}`]: btoa("wrong") };
        assert.equal(await refusalOf(client.send(new PutObjectCommand(wrong))), "BadDigest 400");
      }));
  }

  it("Content-MD5 is checked", () =>
    visit({}, async ({ client }) => {
      const put = (ContentMD5: string) =>
        client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "abc", ContentMD5 }));
      await put(createHash("md5").update("abc").digest("base64"));
      assert.equal(
        await refusalOf(put(createHash("md5").update("abd").digest("base64"))),
        "BadDigest 400",
      );
      assert.equal(await refusalOf(put("short")), "InvalidDigest 400");
    }));

  it("in the trailer of a streamed body is checked, and the framing is taken away", () =>
    visit({}, async ({ s3 }) => {
      const client = clientOf(s3, { requestChecksumCalculation: "WHEN_SUPPORTED" });
      const Body = Readable.from([text("a".repeat(100_000)), text("b".repeat(100_000))]);
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: "a",
          Body,
          ContentEncoding: "gzip",
          ContentLength: 200_000,
        }),
      );
      const stored = s3.objects().get("a");
      assert.deepEqual(stored?.bytes, text("a".repeat(100_000) + "b".repeat(100_000)));
      assert.equal(stored?.headers["content-encoding"], "gzip");
      assert.match(s3.requests[0].headers["content-encoding"], /aws-chunked/);
      assert.match(stored?.headers["x-amz-checksum-crc32"] ?? "", /^.{6}==$/);
      client.destroy();
    }));
});

describe("DeleteObjects", () => {
  it("deletes what is there and does not mind what is not", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b&<\r\n>", "c"]) s3.put(Bucket, key, text(key));
      const Objects = [{ Key: "a" }, { Key: "b&<\r\n>" }, { Key: "none" }];
      const loud = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.deepEqual(loud.Deleted, Objects);
      assert.deepEqual([...s3.objects().keys()], ["c"]);
      const quiet = { Objects: [{ Key: "c" }], Quiet: true };
      const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: quiet }));
      assert.equal(Deleted, undefined);
      assert.equal(s3.objects().size, 0);
    }));

  it("refuses more than 1,000 keys", () =>
    visit({}, async ({ client }) => {
      const Objects = Array.from({ length: 1001 }, (_, i) => ({ Key: `${i}` }));
      const call = client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.equal(await refusalOf(call), "MalformedXML 400");
    }));
});

describe("tags", () => {
  it("are given, replaced and removed", () =>
    visit({}, async ({ client }) => {
      const a = { Bucket, Key: "a" };
      await client.send(new PutObjectCommand({ ...a, Body: "", Tagging: "x=1%262" }));
      const tags = async () =>
        (await client.send(new GetObjectTaggingCommand(a))).TagSet?.map((tag) => tag.Value);
      assert.deepEqual(await tags(), ["1&2"]);
      const Tagging = { TagSet: [{ Key: "y", Value: "<3>" }, { Key: "z", Value: "4" }] };
      await client.send(new PutObjectTaggingCommand({ ...a, Tagging }));
      assert.deepEqual(await tags(), ["<3>", "4"]);
      await client.send(new DeleteObjectTaggingCommand(a));
      assert.deepEqual(await tags(), []);
    }));
});

describe("a bucket", () => {
  it("is made, found, placed and removed when it is empty", () =>
    visit({ region: "eu-central-1" }, async ({ s3, client }) => {
      const other = { Bucket: "other" };
      await client.send(new CreateBucketCommand(other));
      assert.equal(
        await refusalOf(client.send(new CreateBucketCommand(other))),
        "BucketAlreadyOwnedByYou 409",
      );
      const head = await client.send(new HeadBucketCommand(other));
      assert.equal(head.BucketRegion, "eu-central-1");
      const { LocationConstraint } = await client.send(new GetBucketLocationCommand(other));
      assert.equal(LocationConstraint, "eu-central-1");
      const { Buckets } = await client.send(new ListBucketsCommand({}));
      assert.deepEqual(Buckets?.map(({ Name }) => Name), ["archives", "other"]);
      s3.put("other", "a", text("1"));
      assert.equal(
        await refusalOf(client.send(new DeleteBucketCommand(other))),
        "BucketNotEmpty 409",
      );
      await client.send(new DeleteObjectCommand({ ...other, Key: "a" }));
      await client.send(new DeleteBucketCommand(other));
      assert.equal(await refusalOf(client.send(new HeadBucketCommand(other))), "NotFound 404");
    }));

  it("that is not there is said to be so, whatever is asked of it", () =>
    visit({}, async ({ client }) => {
      const none = { Bucket: "none", Key: "a" };
      const put = client.send(new PutObjectCommand({ ...none, Body: "" }));
      assert.equal(await refusalOf(put), "NoSuchBucket 404");
      assert.equal(await refusalOf(client.send(new GetObjectCommand(none))), "NoSuchBucket 404");
    }));

  it("may stand in the host's name", () =>
    visit({}, async ({ s3 }) => {
      const port = new URL(s3.endpoint).port;
      const client = clientOf(s3, { endpoint: `http://localhost:${port}`, forcePathStyle: false });
      client.middlewareStack.add((next) => (args) => {
        // The name is in the Host header and signed; few systems resolve it.
        Object.assign(args.request as object, { hostname: "127.0.0.1" });
        return next(args);
      }, { step: "finalizeRequest", priority: "low" });
      await client.send(new PutObjectCommand({ Bucket, Key: "a/b", Body: "1" }));
      assert.equal(s3.requests[0].host, `archives.localhost:${port}`);
      assert.equal(s3.requests[0].key, "a/b");
      assert.deepEqual([...s3.objects().keys()], ["a/b"]);
      client.destroy();
    }));

  it("has parts that this server has not, and says so", () =>
    visit({}, async ({ client }) => {
      const call = client.send(new GetBucketAclCommand({ Bucket }));
      assert.equal(await refusalOf(call), "NotImplemented 501");
    }));
});

describe("the server", () => {
  it("records every request", () =>
    visit({}, async ({ s3, client }) => {
      const before = Date.now();
      await client.send(new PutObjectCommand({ Bucket, Key: "a é", Body: "12345" }));
      const [{ method, bucket, key, operation, bytes, query, headers, host, at }] = s3.requests;
      assert.deepEqual(
        { method, bucket, key, operation, bytes, query: { ...query } },
        {
          method: "PUT",
          bucket: Bucket,
          key: "a é",
          operation: "PutObject",
          bytes: 5,
          query: { "x-id": "PutObject" },
        },
      );
      assert.equal(`http://${host}`, s3.endpoint);
      assert.equal(headers["content-length"], "5");
      assert.ok(at >= before && at <= Date.now());
    }));

  it("says continue to a client that waits for it", () =>
    visit({}, async ({ s3, client }) => {
      await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: new Uint8Array(2 ** 21) }));
      assert.equal(s3.requests[0].headers.expect, "100-continue");
      assert.equal(s3.objects().get("a")?.bytes.length, 2 ** 21);
    }));

  it("waits before each reply when it is told to", () =>
    visit({ latencyMs: 80 }, async ({ s3, client }) => {
      const start = performance.now();
      await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "" }));
      assert.ok(performance.now() - start >= 79);
      assert.equal(s3.objects().size, 1);
    }));

  it("stores nothing of a body that does not come to its end", async () => {
    const s3 = await startFakeS3();
    const socket = connect(Number(new URL(s3.endpoint).port), "127.0.0.1");
    socket.write("PUT /archives/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
    await until("the request has come", () => s3.requests.length > 0);
    socket.destroy();
    await s3.stop();
    assert.equal(s3.objects().size, 0);
    assert.equal(s3.requests[0].bytes, 0);
  });

  it("answers an address that cannot be decoded", () =>
    visit({}, async ({ s3 }) => {
      const reply = await fetch(`${s3.endpoint}/archives/%zz`);
      assert.equal(reply.status, 400);
      assert.match(await reply.text(), /<Code>InvalidURI<\/Code>/);
    }));

  it("stops although clients keep their connections, and is then out of reach", async () => {
    const s3 = await startFakeS3();
    const client = clientOf(s3);
    await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "" }));
    await s3.stop();
    const { status } = await failure(client.send(new GetObjectCommand({ Bucket, Key: "a" })));
    assert.equal(status, undefined);
    client.destroy();
  });
});
