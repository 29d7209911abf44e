import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { fieldsOf, isRecord } from "../../core/fields.ts";

describe("the fields of a value that may be anything", () => {
  it("are those of an object", () => {
    const value = { one: 1 };
    assert.ok(isRecord(value));
    assert.equal(fieldsOf(value), value);
  });

  for (const other of [null, undefined, 1, "text", true, ["one"]]) {
    it(`are none where it is ${JSON.stringify(other)}`, () => {
      assert.equal(isRecord(other), false);
      assert.deepEqual(fieldsOf(other), {});
    });
  }
});
