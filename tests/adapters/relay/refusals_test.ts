import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Refusals } from "../../../adapters/relay/refusals.ts";

const MINUTE = 60_000;
const session = (id: string) => ({ agent: "memory", id });

describe("what a backend refuses", () => {
  it("is who asks for certain where not even a list is given, until it takes anything", () => {
    const refusals = new Refusals();
    refusals.refused(session("one"), true);
    assert.equal(refusals.pauseMs, 60 * MINUTE);
    refusals.refused(session("one"), false);
    assert.equal(refusals.pauseMs, 60 * MINUTE);
    refusals.took(session("one"));
    assert.deepEqual([refusals.isAny, refusals.pauseMs], [false, undefined]);
    assert.equal(refusals.isOwn(session("one")), false);
  });

  it("may be all there is after three in a row, whichever session they are of", () => {
    for (const ids of [["a", "b", "c"], ["a", "a", "a"]]) {
      const refusals = new Refusals();
      for (const [index, id] of ids.entries()) {
        assert.deepEqual([refusals.isAny, refusals.pauseMs], [index > 0, undefined]);
        refusals.refused(session(id), false);
      }
      assert.equal(refusals.pauseMs, 15 * MINUTE);
    }
  });

  it("is a session where another one was taken since, until it is taken itself", () => {
    const refusals = new Refusals([session("known")]);
    assert.equal(refusals.isOwn(session("known")), true);
    refusals.refused(session("one"), false);
    assert.equal(refusals.isOwn(session("one")), false);
    refusals.took(session("other"));
    const own = ["one", "other", "known"].map((id) => refusals.isOwn(session(id)));
    assert.deepEqual(own, [true, false, true]);
    assert.equal(refusals.isOwn({ agent: "another", id: "one" }), false);
    refusals.took(session("one"));
    assert.equal(refusals.isOwn(session("one")), false);
  });

  it("is forgotten with any other answer, which shows nothing of a session", () => {
    const refusals = new Refusals();
    refusals.refused(session("one"), true);
    refusals.answered();
    refusals.took(session("other"));
    assert.deepEqual([refusals.isAny, refusals.isOwn(session("one"))], [false, false]);
  });
});
