import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Unit } from "../../core/agent.ts";
import { isPoorer, losesAnything, shapeOf } from "../../core/archiving/versions.ts";
import fc from "../properties.ts";

const long = (letter: string) => letter.repeat(300);

async function loses(older: Unit[], newer: Unit[]): Promise<boolean> {
  async function* stream(units: Unit[]) {
    for (const unit of units) yield await Promise.resolve(unit);
  }
  return await losesAnything(stream(older), stream(newer), new Set(newer.map(({ id }) => id)));
}

describe("isPoorer()", () => {
  const cases: [string, unknown, unknown, boolean][] = [
    ["a field that is gone", { a: 1 }, {}, true],
    ["a text that was emptied", { a: "x" }, { a: "" }, true],
    ["a list that was cut", [1, 2], [1], true],
    ["a list that was emptied", { a: [1] }, { a: [] }, true],
    ["something turned to null", { a: { b: 1 } }, { a: null }, true],
    ["an object turned to a text", { a: { b: 1 } }, { a: "x" }, true],
    ["a long text replaced by another", long("a"), long("b"), true],
    ["a long text that was cut", long("a") + "b", long("a"), true],
    ["a long text turned to a number", long("a"), 1, true],
    ["a long text that was continued", long("a"), long("a") + "b", false],
    ["a short text that changed", "New session", "A title", false],
    ["a number that changed", 1, 2, false],
    ["a field that was added", { a: 1 }, { a: 1, b: 2 }, false],
    ["an empty field that is gone", { a: "", b: null, c: [], d: { e: "" } }, {}, false],
    ["nothing", undefined, undefined, false],
    ["a field with an inherited name that is gone", { constructor: 1 }, {}, true],
    ["a list whose texts were replaced", ["a", "b"], ["b", "c"], true],
    ["a list in another order", ["a", "b"], ["b", "a"], false],
    ["a list whose texts were continued", ["a", 1], ["ab", 1], false],
  ];
  for (const [what, older, newer, expected] of cases) {
    it(`${expected ? "sees" : "lets pass"} ${what}`, () => {
      assert.equal(isPoorer(newer, older), expected);
    });
  }

  it("finds no value poorer than itself", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => !isPoorer(value, value)));
  });

  it("sees any non-empty field taken away at any depth", () => {
    const value = fc.object({ maxDepth: 3, values: [fc.integer(), fc.string({ minLength: 1 })] });
    fc.assert(fc.property(value, fc.nat(), (value, pick) => {
      const paths = leaves(value);
      if (paths.length === 0) return;
      const poorer = structuredClone(value);
      let at = poorer as Record<string, unknown>;
      const path = paths[pick % paths.length];
      for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
      if (Array.isArray(at)) return;
      delete at[path.at(-1)!];
      assert.ok(isPoorer(poorer, value));
    }));
  });
});

function leaves(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner).map((rest) => [name, ...rest])
  );
}

describe("losesAnything()", () => {
  const unit = (id: string, value: unknown = id) => ({ id, value });

  it("lets a continued session pass", async () => {
    assert.equal(await loses([unit("1"), unit("2")], [unit("1"), unit("2"), unit("3")]), false);
  });

  it("sees a unit that is gone, first, in the middle or last", async () => {
    const all = [unit("1"), unit("2"), unit("3")];
    for (const gone of ["1", "2", "3"]) {
      assert.equal(await loses(all, all.filter(({ id }) => id !== gone)), true, gone);
    }
  });

  it("lets units pass that changed their order", async () => {
    assert.equal(await loses([unit("1"), unit("2")], [unit("2"), unit("1")]), false);
  });

  it("sees a field lost inside a unit", async () => {
    const older = [unit("1", { text: "x", more: "y" }), unit("2")];
    assert.equal(await loses(older, [unit("1", { text: "x" }), unit("2")]), true);
  });

  it("lets an empty unit go", async () => {
    assert.equal(await loses([unit("1", {})], []), false);
  });
});

describe("shapeOf()", () => {
  it("tells what stands there and is not empty", () => {
    const shape = shapeOf([{ id: "info", value: { b: 1, a: { c: "x", d: "" }, e: [] } }]);
    assert.deepEqual(shape, ["info.a.c", "info.b"]);
  });

  it("changes when a long text does", () => {
    const shape = (text: string) => shapeOf([{ id: "todo", value: { text } }]).join();
    assert.notEqual(shape(long("a")), shape(long("b")));
    assert.notEqual(shape(long("a")), shape(long("a") + "a"));
    assert.equal(shape("short"), shape("other"));
  });
});
