import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asTheyEnd, inParallel, Slots } from "../../core/parallel.ts";

const later = (milliseconds = 1) => new Promise((done) => setTimeout(done, milliseconds));

describe("inParallel()", () => {
  it("keeps the order of the items and the width", async () => {
    let now = 0;
    let most = 0;
    const results = await inParallel([3, 1, 2, 0], 2, async (item) => {
      most = Math.max(most, ++now);
      await later(item);
      now--;
      return item * 10;
    });
    assert.deepEqual(results, [30, 10, 20, 0]);
    assert.equal(most, 2);
  });
});

describe("Slots", () => {
  it("let so many work at once, in order, and go on after a failure", async () => {
    const slots = new Slots(2);
    let now = 0;
    let most = 0;
    const order: number[] = [];
    const work = (number: number) => async () => {
      order.push(number);
      most = Math.max(most, ++now);
      await later();
      now--;
      if (number === 1) throw new Error("one fails");
    };
    const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => slots.hold(work(n))));
    assert.deepEqual(ends.map(({ status }) => status === "rejected"), [
      false,
      true,
      false,
      false,
      false,
    ]);
    assert.deepEqual([most, order], [2, [0, 1, 2, 3, 4]]);
  });
});

describe("asTheyEnd()", () => {
  async function* jobs<R>(...all: (() => Promise<R>)[]) {
    for (const job of all) yield await Promise.resolve(job);
  }

  it("yields every result, the quick ones first", async () => {
    const slow = async () => (await later(20), "slow");
    const quick = async () => (await later(1), "quick");
    const results: string[] = [];
    for await (const result of asTheyEnd(jobs(slow, quick, quick), 2)) results.push(result);
    assert.deepEqual(results, ["quick", "quick", "slow"]);
  });

  it("fails with the first failure, once what is under way has ended", async () => {
    let ended = false;
    const slow = async () => {
      await later(10);
      ended = true;
    };
    const bad = async () => {
      await later(1);
      throw new Error("bad");
    };
    await assert.rejects(async () => {
      for await (const _ of asTheyEnd(jobs(slow, bad), 2));
    }, /bad/);
    assert.ok(ended);
  });

  it("draws no more once nobody listens, and waits for what is under way", async () => {
    let drawn = 0;
    let ended = 0;
    async function* endless() {
      for (;;) {
        drawn++;
        yield async () => {
          await later();
          ended++;
        };
      }
    }
    for await (const _ of asTheyEnd(endless(), 3)) break;
    assert.ok(drawn < 10);
    assert.equal(ended, drawn);
  });
});
