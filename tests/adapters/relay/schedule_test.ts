import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { backoffMs, DEAD_STORE_MS, deadStoreMs } from "../../../adapters/relay/backoff.ts";
import { intervalMs, settledAt } from "../../../adapters/relay/schedule.ts";
import fc from "../../properties.ts";

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the wait after failures", () => {
  it("is anything up to twice as long each time, and never over 15 minutes", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), chance, (failures, random) => {
      const wait = backoffMs(failures, random);
      assert.ok(wait >= 0 && wait < Math.min(900_000, 1_000 * 2 ** failures));
    }));
    assert.equal(backoffMs(3, 0.5), 4_000);
    assert.equal(backoffMs(50, 0.999_999_999), 899_999);
  });

  it("is at least a minute for a dead store, and never over 15", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), chance, (deaths, random) => {
      const wait = deadStoreMs(deaths, random);
      assert.ok(wait >= DEAD_STORE_MS && wait <= 900_000);
    }));
  });
});

describe("the interval between two copies of a session", () => {
  it("grows with what was sent, from the least that is configured up to five minutes", () => {
    assert.equal(intervalMs(10_000, 0), 10_000);
    assert.equal(intervalMs(10_000, 2_000_000), 10_000);
    assert.equal(intervalMs(10_000, 10_000_000), 50_000);
    assert.equal(intervalMs(10_000, 1_000_000_000), 300_000);
    assert.equal(intervalMs(3_600_000, 1_000_000_000), 3_600_000);
  });
});

describe("the moment when a session has settled", () => {
  it("is half a second after the last word of it, but no later than 5 s after the first", () => {
    assert.equal(settledAt(1_000, 1_000), 1_500);
    assert.equal(settledAt(1_000, 3_000), 3_500);
    assert.equal(settledAt(1_000, 60_000), 6_000);
  });
});
