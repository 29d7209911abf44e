import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asTheyEnd, inOrder, inParallel, Slots } from "../../core/parallel.ts";

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
    let finish = () => {};
    const finished = new Promise<void>((done) => finish = done);
    const slow = async () => (await finished, "slow");
    const quick = async () => (await later(), "quick");
    const results: string[] = [];
    for await (const result of asTheyEnd(jobs(slow, quick, quick), 2)) {
      if (results.push(result) === 2) finish();
    }
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

describe("inOrder()", () => {
  it("yields in the order of the jobs, and begins no more than so many ahead", async () => {
    let [begun, most, taken] = [0, 0, 0];
    async function* jobs() {
      for (const wait of [9, 1, 5, 1, 1, 1, 1, 1]) {
        yield async () => {
          most = Math.max(most, ++begun - taken);
          await later(wait);
          return wait;
        };
      }
    }
    const results: number[] = [];
    for await (const result of inOrder(jobs(), 3)) {
      taken++;
      results.push(result);
    }
    assert.deepEqual(results, [9, 1, 5, 1, 1, 1, 1, 1]);
    assert.equal(most, 3);
  });

  it("yields a result while the next job is still to come", async () => {
    let comes = () => {};
    const coming = new Promise<void>((done) => comes = done);
    async function* jobs() {
      yield () => Promise.resolve("first");
      await coming;
      yield () => Promise.resolve("second");
    }
    const results = inOrder(jobs(), 3);
    assert.equal((await results.next()).value, "first");
    comes();
    assert.equal((await results.next()).value, "second");
    assert.ok((await results.next()).done);
  });

  it("fails with the first failure in order, after the results before it", async () => {
    let ended = 0;
    async function* jobs() {
      yield async () => (await later(5), "good");
      yield () => Promise.reject(new Error("bad"));
      for (;;) {
        yield async () => {
          await later();
          ended++;
          return "behind";
        };
      }
    }
    const results: string[] = [];
    await assert.rejects(async () => {
      for await (const result of inOrder(jobs(), 4)) results.push(result);
    }, /bad/);
    assert.deepEqual([results, ended], [["good"], 2]);
  });

  it("yields what was begun before its source failed", async () => {
    async function* jobs() {
      yield async () => (await later(5), 1);
      yield async () => (await later(1), 2);
      throw new Error("no more");
    }
    const results: number[] = [];
    await assert.rejects(async () => {
      for await (const result of inOrder(jobs(), 9)) results.push(result);
    }, /no more/);
    assert.deepEqual(results, [1, 2]);
  });

  it("fails as its source does, and ends the source when nobody listens", async () => {
    let hasEnded = false;
    async function* jobs() {
      try {
        yield () => Promise.resolve(1);
        yield () => Promise.resolve(2);
        throw new Error("no more");
      } finally {
        hasEnded = true;
      }
    }
    await assert.rejects(async () => {
      for await (const _ of inOrder(jobs(), 9));
    }, /no more/);
    hasEnded = false;
    for await (const _ of inOrder(jobs(), 1)) break;
    assert.ok(hasEnded);
  });
});
