import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkObjectKey,
  compareUtf8,
  objectKeyFault,
  quoteKey,
  utf8Length,
} from "../../core/keys/object_key.ts";
import { isArchiveError } from "../../core/errors.ts";
import fc from "../properties.ts";

const encoder = new TextEncoder();
const anyText = fc.string({ unit: "binary", maxLength: 20 });

test("checkObjectKey() lets ordinary and odd names pass", () => {
  for (const key of ["a", "a/b.json", "...", ".a", "a b", "%2e%2e", "é/\u{1F600}", "~", "-"]) {
    checkObjectKey(key);
  }
});

test("checkObjectKey() names the fault, the backend and the key", () => {
  const cases: [string, RegExp][] = [
    ["", /is empty/],
    ["/a", /begins with a slash/],
    ["a/", /ends with a slash/],
    ["a//b", /empty segment/],
    ["a/./b", /"\." segment/],
    ["..", /"\.\." segment/],
    ["a\\b", /a backslash/],
    ["a\tb", /control character U\+0009/],
    ["a\x85b", /control character U\+0085/],
    ["a\ud83d", /half of a surrogate pair \(U\+D83D\)/],
    ["x".repeat(1025), /is 1025 bytes long, more than the 1024/],
    ["é".repeat(513), /is 1026 bytes long/],
  ];
  for (const [key, message] of cases) {
    assert.throws(() => checkObjectKey(key, { backend: "disk" }), (error) => {
      assert.ok(isArchiveError(error, "Invalid"));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      assert.deepEqual([error.backend, error.key], ["disk", key]);
      return true;
    });
  }
});

test("checkObjectKey() goes by the limit that it is given", () => {
  checkObjectKey("é".repeat(5), { maxBytes: 10 });
  assert.throws(() => checkObjectKey("é".repeat(5), { maxBytes: 9 }));
});

test("a key without fault stays inside any folder that it is joined to", () => {
  fc.assert(fc.property(anyText, (key) => {
    if (objectKeyFault(key) !== undefined) return;
    const url = new URL(key.split("/").map(encodeURIComponent).join("/"), "file:///root/");
    assert.ok(url.pathname.startsWith("/root/") && url.pathname.length > "/root/".length);
  }));
});

test("compareUtf8() orders as comparing the bytes does", () => {
  const text = fc.oneof(
    anyText,
    fc.string({ unit: fc.constantFrom("a", "é", "\ud7ff", "\ue000", "\uff5e", "\u{1F600}") }),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [x, y] = [encoder.encode(a), encoder.encode(b)];
      const at = x.findIndex((byte, i) => byte !== y[i]);
      const expected = at < 0 ? x.length - y.length : x[at] - (y[at] ?? -1);
      assert.equal(Math.sign(compareUtf8(a, b)), Math.sign(expected));
    }),
    { numRuns: 1000 },
  );
});

test("utf8Length() counts what an encoder would write, also for halves of pairs", () => {
  const text = fc.oneof(
    anyText,
    fc.string({ unit: fc.constantFrom("a", "é", "\ud83d", "\ude00", "\uff5e", "\u{1F600}") }),
  );
  fc.assert(
    fc.property(text, (value) => assert.equal(utf8Length(value), encoder.encode(value).length)),
    { numRuns: 1000 },
  );
});

test("quoteKey() gives one short line, whatever the key", () => {
  assert.equal(quoteKey("a/b"), '"a/b"');
  assert.equal(quoteKey('a"\n'), '"a\\"\\n"');
  assert.ok(quoteKey("x".repeat(5000)).length < 250);
});
