/**
 * Outbox, ledger, relay and archiver against what must hold, under random sequences of changes,
 * kills and faults, in virtual time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { playSequence } from "./model/sequence.ts";
import { IS_LONG, IS_REPLAY, played, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";

const SEQUENCES = IS_REPLAY ? 1 : IS_LONG ? 20_000 : 600;
/** Each of these must have happened, or the model shows nothing. */
const EXPECTED = [
  ...["killed: while a put is applied", "killed: before a put's reply is read"],
  ...["killed: ledger written", "killed: intents removed", "killed: idle"],
  ...["store: refused", "store: hangs", "store: reply lost", "store: late", "store: damaged"],
  ...["store: a late write met its condition", "ledger lost", "ledger cut off"],
];

describe("outbox, ledger and relay", () => {
  const tally = new Tally();
  after(() => tally.print(`the model, ${SEQUENCES} sequences from FAULT_SEED=${SEED}`));

  it("lose nothing, whatever happens in whatever order", async () => {
    for (let n = 0; n < SEQUENCES; n++) {
      await played(SEED + n, async (chance) => {
        const violations = await playSequence(chance, tally);
        assert.deepEqual(violations.slice(0, 5), []);
      });
    }
    const missing = EXPECTED.filter((what) => tally.count(what) === 0);
    if (!IS_REPLAY) assert.deepEqual(missing, [], "never happened");
  });
});
