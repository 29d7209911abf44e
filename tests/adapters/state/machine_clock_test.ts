import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dateOf, machineClock, type Moment } from "../../../adapters/state/machine_clock.ts";
import { thisProcess } from "../../../adapters/state/process_identity.ts";

const DAY = 24 * 60 * 60_000;
const AT = Date.UTC(2026, 5, 1);

function moment(date: number, ms: number, boot = "this run"): Moment {
  return { date, run: { boot, ms } };
}

describe("when something was", () => {
  it("is told by the wall's clock as it goes now, whichever way that was set since", () => {
    for (const set of [-DAY, DAY]) {
      const then = moment(AT, 50_000);
      const now = moment(AT + 10_000 + set, 60_000);
      assert.equal(dateOf(then, now), now.date - 10_000);
    }
  });

  it("is what the wall's clock told then where that was not set, though uptimes are rounded", () => {
    for (const rounded of [8_100, 9_000, 10_000, 11_900]) {
      assert.equal(dateOf(moment(AT, 50_000), moment(AT + 10_000, 50_000 + rounded)), AT);
    }
  });

  it("is what the wall's clock told then in another run, or where runs have no names", () => {
    const now = moment(AT + DAY, 60_000);
    assert.equal(dateOf(moment(AT, 50_000, "another run"), now), AT);
    assert.equal(dateOf({ date: AT }, now), AT);
    assert.equal(dateOf(moment(AT, 50_000), { date: AT + DAY }), AT);
  });

  it("is known of this machine, where it names its runs", async () => {
    const clock = await machineClock();
    const [one, other] = [clock(), clock()];
    assert.ok(Math.abs(one.date - Date.now()) < 10_000);
    const { boot } = await thisProcess();
    assert.equal(one.run?.boot ?? "", boot);
    if (one.run === undefined || other.run === undefined) return;
    assert.ok(one.run.ms > 0 && other.run.ms >= one.run.ms, `${one.run.ms} ${other.run.ms}`);
    assert.ok(Number.isSafeInteger(one.run.ms));
  });
});
