/**
 * Real processes, killed and paused at random: an agent that changes its sessions, and a relay that
 * archives them into a bucket and a folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { lockPath } from "../../adapters/state/layout.ts";
import { tryLock } from "../../adapters/state/lock.ts";
import { until } from "../until.ts";
import { type KillingGround, onKillingGround } from "./ground.ts";
import { CAN_RUN } from "./home.ts";
import type { Mischief, Passing } from "./proxy.ts";
import { type Chance, IS_LONG, IS_REPLAY, played, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";
import { CAME_BETWEEN, WENT_BACK } from "./watched_bucket.ts";

/** How many grounds there are at once; each waits a lot. */
const AT_ONCE = 3;
/** How many there are in all, each with sessions of its own, so many kills and a pause. */
const GROUNDS = IS_LONG
  ? { conditional: 30, unconditional: 20 }
  : "Deno" in globalThis
  ? { conditional: 3, unconditional: 2 }
  // The chances are the same everywhere; here it is whether the runtime holds.
  : { conditional: 1, unconditional: 1 };
const KILLS = IS_LONG ? 100 : "Deno" in globalThis ? 40 : 20;
/** Whether there are so many that each thing must have happened. */
const IS_COUNTED = !IS_REPLAY && "Deno" in globalThis;
/** How long a pause lasts, in milliseconds. */
const PAUSE_MS = IS_LONG ? 40_000 : 1_500;
/** How long to wait for a moment that is worth a kill, in milliseconds. */
const MOMENT_MS = 600;
/** An agent that waits longer for its intent waits for more than its disk, in milliseconds. */
const INTENT_MS = 5_000;
/** The way to the bucket is slow, and now and then it breaks. */
const WEATHER = { well: 30, slow: 60, reset: 1, busy: 1, "lose reply": 0, cut: 0, late: 0 };
/** What it is for those that store something. */
const STORING = { ...WEATHER, reset: 2, "lose reply": 2, cut: 1, late: 1 };
/** The same where lateness is what there is to fear. */
const STORING_LATE = { ...STORING, late: 20 };

describe("sessions, while processes are killed", { skip: !CAN_RUN }, () => {
  const tally = new Tally();
  const done = { kills: 0, pauses: 0 };
  after(() => tally.print(`${done.kills} kills and ${done.pauses} pauses from FAULT_SEED=${SEED}`));

  async function play(chance: Chance, isConditional: boolean): Promise<void> {
    const meet = (passing: Passing) => weather(passing, isConditional, chance, tally);
    await onKillingGround(async (ground) => {
      for (let kills = 0; kills < KILLS;) {
        const more = await kill(ground, chance);
        kills += more;
        done.kills += more;
      }
      await sleep(ground);
      done.pauses++;
      if (IS_LONG) {
        console.log(`${done.kills} kills after ${Math.round(performance.now() / 1000)} s`);
      }
      assert.deepEqual((await ground.end()).slice(0, 5), []);
      const slowest = Math.max(...ground.intents);
      assert.ok(slowest < INTENT_MS, `an intent took ${slowest} ms`);
    }, { isConditional, chance, tally, meet });
  }

  it("are all archived in the end, whole, and nothing that was stored is lost", async () => {
    await playedOn(GROUNDS.conditional, 0, (chance) => play(chance, true));
    const during = tally.count("relay killed while it stored");
    assert.ok(!IS_COUNTED || during >= done.kills / 40, "too few during a put");
  });

  it("are so where no write can be conditional, whatever comes late there", async () => {
    await playedOn(GROUNDS.unconditional, GROUNDS.conditional, (chance) => play(chance, false));
    assert.ok(!IS_COUNTED || tally.count(WENT_BACK) > 0, "nothing came late over something newer");
    // What is excused must be seldom: only what comes late can come between.
    const excuses = tally.count(CAME_BETWEEN);
    assert.ok(!IS_COUNTED || excuses <= tally.count("bucket: late") / 4, "too many excuses");
  });
});

/** Plays on several grounds, some at once, each with a seed of its own. A failure ends only its own. */
async function playedOn(
  grounds: number,
  first: number,
  play: (chance: Chance) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const count = IS_REPLAY ? 1 : grounds;
  const seeds = Array.from({ length: count }, (_, n) => SEED + n + (IS_REPLAY ? 0 : first))
    .values();
  const lane = async () => {
    for (const seed of seeds) {
      await played(seed, play).catch((failure: unknown) => {
        // The rest of a long run takes its time.
        if (IS_LONG) console.log(failure);
        failures.push(failure);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (failures.length > 0) throw new AggregateError(failures, failures.join("\n"));
}

/** One round: at a moment of its own the relay, the agent or both are killed; how many that were. */
async function kill(ground: KillingGround, chance: Chance): Promise<number> {
  await Promise.all([ground.agent(), ground.relay()]);
  const moment = chance.oneOf(["any", "storing", "stored"] as const);
  if (moment === "any") await delay(chance.below(MOMENT_MS / 2));
  else await reached(ground, moment);
  const who = chance.oneOf(["relay", "agent", "both", "both"] as const);
  if (who !== "agent") await ground.killRelay();
  if (who !== "relay") await ground.killAgent();
  await ground.look();
  return who === "both" ? 2 : 1;
}

/** Waits for a put to be on its way, or to be answered; not for long, since nothing may be due. */
async function reached(ground: KillingGround, moment: "storing" | "stored"): Promise<void> {
  const { states } = ground.bucket;
  const before = states.length;
  const isThere = () => moment === "storing" ? ground.isStoring : states.length > before;
  await until(`it is ${moment}`, isThere, MOMENT_MS).catch(() => undefined);
}

/** The relay is put to sleep at its work, as with the lid of a laptop; another one must not begin. */
async function sleep(ground: KillingGround): Promise<void> {
  await Promise.all([ground.agent(), ground.relay()]);
  await reached(ground, "storing");
  const goOn = ground.pauseRelay();
  try {
    const other = await tryLock(lockPath(ground.home.state), { purpose: "testing" });
    assert.ok("refusal" in other, "the lock of a process that sleeps was taken");
    await delay(PAUSE_MS);
  } finally {
    goOn();
  }
}

/** What a request meets. */
function weather(
  { method }: Passing,
  isConditional: boolean,
  chance: Chance,
  tally: Tally,
): Mischief | undefined {
  const what = chance.weighed(
    method !== "PUT" ? WEATHER : isConditional ? STORING : STORING_LATE,
  );
  if (what === "well") return undefined;
  tally.hit(`bucket: ${what}`);
  if (what === "slow") return { delayMs: chance.below(60) };
  return what === "busy" ? { status: 503, body: "<Error><Code>SlowDown</Code></Error>" } : what;
}
