/**
 * Keys, prefixes and etags in S3's spelling.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  copySource,
  normalPrefix,
  plainEtag,
  quotedEtag,
  roomAfter,
} from "../../../backends/s3/keys.ts";
import { objectKeyFault, utf8Length } from "../../../core/keys/object_key.ts";
import fc from "../../properties.ts";
import { storeFor } from "./fake_store.ts";

test("a prefix is names that each end in a slash, however it was written", () => {
  for (const [written, normal] of [["", ""], ["/", ""], ["a", "a/"], ["//a//b/", "a/b/"]]) {
    assert.equal(normalPrefix(written, "s3"), normal);
  }
});

test("a prefix is settled once and for all, and leaves room for keys", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (written) => {
    const fault = objectKeyFault(written.split("/").filter(Boolean).join("/") || "a");
    if (fault !== undefined) return void assert.throws(() => normalPrefix(written, "s3"));
    const normal = normalPrefix(written, "s3");
    assert.equal(normalPrefix(normal, "s3"), normal);
    assert.equal(roomAfter(normal), 1024 - utf8Length(normal));
    assert.equal(objectKeyFault(`${normal}key`), undefined);
  }));
});

test("a copy source is plain ASCII that means the same key", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", minLength: 1 }), (key) => {
    fc.pre(key.isWellFormed());
    const source = copySource("bucket", key);
    assert.match(source, /^[A-Za-z0-9._~/%-]+$/);
    assert.equal(decodeURIComponent(source), `bucket/${key}`);
  }));
  const arn = "arn:aws:s3:eu-west-1:1:accesspoint/mine";
  assert.equal(decodeURIComponent(copySource(arn, "k")), `${arn}/object/k`);
});

test("etags lose their quotes and get them back", () => {
  for (const etag of ['"abc-2"', "abc-2", 'W/"abc-2"']) {
    assert.equal(plainEtag(etag), "abc-2");
    assert.equal(quotedEtag(etag), '"abc-2"');
  }
  assert.equal(plainEtag(undefined), undefined);
  assert.equal(plainEtag('""'), undefined);
});

test("any key that may be comes back as it was, alone, listed and copied", async (t) => {
  const { backend } = await storeFor(t, { prefix: "p x" });
  const key = fc.string({ unit: "binary", minLength: 1, maxLength: 30 })
    .filter((key) => objectKeyFault(key) === undefined && key !== "copied");
  await fc.assert(
    fc.asyncProperty(key, async (key) => {
      await backend.put(key, new TextEncoder().encode(key));
      const { body } = await backend.get(key);
      assert.equal(await new Response(body as BodyInit).text(), key);
      const listed = [];
      for await (const { objects } of backend.list()) listed.push(...objects.map(({ key }) => key));
      assert.deepEqual(listed, [key]);
      await backend.copy?.(key, "copied");
      await backend.delete("copied");
      await backend.delete(key);
    }),
    { numRuns: 60 },
  );
});
