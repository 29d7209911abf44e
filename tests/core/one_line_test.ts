import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { oneLine, shortened } from "../../core/one_line.ts";
import fc from "../properties.ts";

describe("a text on one line", () => {
  it("has single spaces in place of line breaks, tabs and runs of spaces", () => {
    assert.equal(oneLine("  one\r\n\n\ttwo \u2028 three\n"), "one two three");
  });

  it("is shortened only when it is too long, and shows it", () => {
    assert.equal(shortened("12345", 5), "12345");
    assert.equal(shortened("123456", 5), "1234…");
  });

  it("never has more than it may, nor half a character", () => {
    fc.assert(fc.property(
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (text, most) => {
        const short = shortened(text, most);
        assert.ok(short.length <= most);
        assert.ok(short.isWellFormed());
        if (text.length <= most) assert.equal(short, text);
      },
    ));
  });
});
