/**
 * How the plugin speaks, by a clock that goes only when it is told to.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { speechOf } from "../../../adapters/plugin/speech.ts";
import { FakeClock, settled } from "./fake_clock.ts";

function speaking() {
  const logged: string[] = [];
  const clock = new FakeClock();
  const speech = speechOf({
    app: { log: ({ body }) => Promise.resolve(void logged.push(body.message)) },
    tui: { showToast: () => Promise.resolve() },
  }, clock);
  const waitedMs = async () => {
    const before = clock.now();
    await speech.written();
    return clock.now() - before;
  };
  return { speech, clock, logged, waitedMs };
}

describe("waiting until the log is written", () => {
  it("takes no time when nothing went wrong", async () => {
    const { speech, logged, waitedMs } = speaking();
    speech.log("info", "all is well");
    assert.equal(await waitedMs(), 0);
    await settled();
    assert.deepEqual(logged, ["session-archiver: all is well"]);
  });

  it("takes what is left of the second after which OpenCode writes it", async () => {
    const { speech, clock, waitedMs } = speaking();
    speech.log("error", "something is wrong");
    await clock.pass(400);
    assert.equal(await waitedMs(), 700);
    assert.equal(await waitedMs(), 0);
  });

  it("is not made longer by a clock that was put back", async () => {
    const { speech, clock, waitedMs } = speaking();
    speech.log("error", "something is wrong");
    await clock.pass(-3_600_000);
    assert.equal(await waitedMs(), 1_100);
  });
});
