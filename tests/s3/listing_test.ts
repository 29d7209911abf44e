/**
 * The fake lists as AWS does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import fc from "../properties.ts";
import { pageOf } from "./listing.ts";
import { compareBytes } from "./store.ts";
import { Bucket, refusalOf, text, visit } from "./visit.ts";

/** All names of a listing, page by page; prefixes in angle brackets. */
async function list(client: S3Client, input: Partial<ListObjectsV2CommandInput>) {
  const pages: string[][] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }),
    );
    const keys = page.Contents?.map(({ Key }) => Key ?? "") ?? [];
    const prefixes = page.CommonPrefixes?.map(({ Prefix }) => `<${Prefix}>`) ?? [];
    assert.equal(page.KeyCount, keys.length + prefixes.length);
    pages.push([...keys, ...prefixes]);
    ContinuationToken = page.NextContinuationToken;
    assert.equal(page.IsTruncated, ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  return pages;
}

describe("ListObjectsV2", () => {
  it("orders keys by their UTF-8 bytes", () =>
    visit({}, async ({ s3, client }) => {
      const sorted = ["A", "Z", "a", "a/b", "aa", "é", "\uFF5E", "\u{1F600}"];
      for (const key of sorted.toReversed()) s3.put(Bucket, key, text(""));
      assert.deepEqual(await list(client, {}), [sorted]);
      assert.deepEqual([...s3.objects().keys()], sorted);
    }));

  it("gives 1,000 names a page at most, keys and prefixes together", () =>
    visit({}, async ({ s3, client }) => {
      for (let i = 0; i < 2_345; i++) s3.put(Bucket, `k${i}`, text(""));
      const sizes = async (input: Partial<ListObjectsV2CommandInput>) =>
        (await list(client, input)).map((page) => page.length);
      assert.deepEqual(await sizes({}), [1000, 1000, 345]);
      assert.deepEqual(await sizes({ MaxKeys: 5000 }), [1000, 1000, 345]);
      assert.deepEqual(await sizes({ MaxKeys: 2000, Prefix: "k1" }), [1000, 111]);
      assert.deepEqual(await sizes({ MaxKeys: 0 }), [0]);
      assert.deepEqual((await list(client, { MaxKeys: 900 })).flat(), [...s3.objects().keys()]);
    }));

  it("folds what shares a prefix", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b/1", "b/2", "b/c/3", "d", "d/", "e//f"]) {
        s3.put(Bucket, key, text(""));
      }
      const Delimiter = "/";
      assert.deepEqual(await list(client, { Delimiter }), [["a", "d", "<b/>", "<d/>", "<e/>"]]);
      assert.deepEqual(await list(client, { Delimiter, MaxKeys: 2 }), [
        ["a", "<b/>"],
        ["d", "<d/>"],
        ["<e/>"],
      ]);
      assert.deepEqual(await list(client, { Delimiter, Prefix: "b/" }), [["b/1", "b/2", "<b/c/>"]]);
      assert.deepEqual(await list(client, { Delimiter, Prefix: "e/" }), [["<e//>"]]);
      assert.deepEqual(await list(client, { Delimiter: "//" }), [
        ["a", "b/1", "b/2", "b/c/3", "d", "d/", "<e//>"],
      ]);
    }));

  it("starts after a name, which need not exist", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b/1", "b/2", "c"]) s3.put(Bucket, key, text(""));
      assert.deepEqual(await list(client, { StartAfter: "b" }), [["b/1", "b/2", "c"]]);
      assert.deepEqual(await list(client, { StartAfter: "b/1", MaxKeys: 1 }), [["b/2"], ["c"]]);
      assert.deepEqual(await list(client, { StartAfter: "b/1", Prefix: "b" }), [["b/2"]]);
      assert.deepEqual(await list(client, { StartAfter: "z" }), [[]]);
    }));

  it("encodes names when it is asked to, and speaks of odd ones anyway", () =>
    visit({}, async ({ s3, client }) => {
      const keys = ["a b+c/é(1)", "x&<>\"'\r\n"];
      for (const key of keys) s3.put(Bucket, key, text(""));
      assert.deepEqual(await list(client, {}), [keys]);
      assert.deepEqual(await list(client, { EncodingType: "url" }), [
        ["a+b%2Bc/%C3%A9%281%29", "x%26%3C%3E%22%27%0D%0A"],
      ]);
    }));

  it("tells size, time and etag", () =>
    visit({}, async ({ s3, client }) => {
      s3.put(Bucket, "a", text("12345"), { "x-amz-storage-class": "GLACIER" });
      const { Contents: [object] = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const stored = s3.objects().get("a");
      assert.equal(object.Size, 5);
      assert.equal(object.ETag, stored?.etag);
      assert.equal(object.LastModified?.getTime(), stored?.modified.getTime());
      assert.equal(object.StorageClass, "GLACIER");
    }));

  it("sees keys that went and came back once", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b", "c"]) s3.put(Bucket, key, text(""));
      assert.deepEqual(await list(client, {}), [["a", "b", "c"]]);
      const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
      await client.send(new DeleteObjectCommand({ Bucket, Key: "b" }));
      s3.put(Bucket, "b", text("again"));
      assert.deepEqual(await list(client, {}), [["a", "b", "c"]]);
    }));

  it("refuses tokens and numbers that it never gave", () =>
    visit({}, async ({ client }) => {
      const call = (input: Partial<ListObjectsV2CommandInput>) =>
        refusalOf(client.send(new ListObjectsV2Command({ Bucket, ...input })));
      assert.equal(await call({ ContinuationToken: "a" }), "InvalidArgument 400");
      assert.equal(await call({ ContinuationToken: btoa("a") }), "InvalidArgument 400");
      assert.equal(await call({ MaxKeys: -1 }), "InvalidArgument 400");
    }));
});

describe("ListObjects", () => {
  it("goes on behind the last name", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b/1", "b/2", "c"]) s3.put(Bucket, key, text(""));
      const page = (Marker?: string, Delimiter?: string) =>
        client.send(new ListObjectsCommand({ Bucket, Marker, Delimiter, MaxKeys: 2 }));
      const first = await page(undefined, "/");
      assert.deepEqual(first.CommonPrefixes, [{ Prefix: "b/" }]);
      assert.equal(first.NextMarker, "b/");
      const second = await page(first.NextMarker, "/");
      assert.deepEqual(second.Contents?.map(({ Key }) => Key), ["c"]);
      assert.equal(second.IsTruncated, false);
      const flat = await page();
      assert.equal(flat.IsTruncated, true);
      assert.equal(flat.NextMarker, undefined);
      const { Contents } = await page("b/1");
      assert.deepEqual(Contents?.map(({ Key }) => Key), ["b/2", "c"]);
    }));
});

describe("pageOf()", () => {
  it("gives what a look at every key gives, whatever the size of the pages", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "\uFF5E", "\u{1F600}") });
    const after = fc.oneof(fc.constant(""), name);
    fc.assert(
      fc.property(fc.uniqueArray(name), name, after, fc.integer({ min: 1, max: 5 }), (
        names,
        prefix,
        start,
        max,
      ) => {
        const sorted = names.sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
        const expected = new Set(
          sorted.filter((key) => key.startsWith(prefix)).map((key) => {
            const cut = key.indexOf("/", prefix.length);
            return cut < 0 ? key : key.slice(0, cut + 1);
          }).filter((one) => compareBytes(one, start) > 0),
        );
        const found: string[] = [];
        let page = { last: start, truncated: true };
        while (page.truncated) {
          const next = pageOf(sorted, { prefix, delimiter: "/", after: page.last, max });
          found.push(...[...next.keys, ...next.prefixes].sort(compareBytes));
          page = next;
        }
        assert.deepEqual(found, [...expected]);
      }),
    );
  });
});

function bytesOf(name: string) {
  return new TextEncoder().encode(name);
}
