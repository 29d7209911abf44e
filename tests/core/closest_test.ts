import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closest } from "../../core/closest.ts";
import fc from "../properties.ts";

describe("a suggestion", () => {
  const words = ["secretAccessKey", "bucket", "prefix"];
  it("is one of the words that are allowed, and the word itself when it is one", () => {
    fc.assert(fc.property(fc.string(), (typed) => {
      const found = closest(typed, words);
      assert.ok(found === undefined || words.includes(found));
    }));
    for (const word of words) assert.equal(closest(word.toUpperCase(), words), word);
  });

  it("is not looked for far away, nor for long", () => {
    assert.equal(closest("colour", words), undefined);
    assert.equal(closest("x".repeat(1_000_000), words), undefined);
  });
});
