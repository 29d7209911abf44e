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
import { Chance, IS_LONG, played, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";

/** How many homes there are at once; each waits a lot. */
const HOMES = 3;
const KILLS = IS_LONG ? 5_000 : 200;
const PAUSES = IS_LONG ? 50 : 5;
/** How long a pause lasts, in milliseconds. */
const PAUSE_MS = IS_LONG ? 40_000 : 1_500;
/** What a relay may be at when it is killed. */
const MOMENTS = [
  "while it stored",
  "while it looked",
  "just after it stored",
  "while nothing was on its way",
];
/** How long to wait for a moment that is worth a kill, in milliseconds. */
const MOMENT_MS = 600;
/** An agent that waits longer for its intent waits for more than its disk, in milliseconds. */
const INTENT_MS = 5_000;

describe("sessions, while processes are killed", { skip: !CAN_RUN }, () => {
  const tally = new Tally();
  const kills = () =>
    MOMENTS.reduce(
      (sum, when) => sum + tally.count(`relay killed ${when}`),
      tally.count("agent killed"),
    );
  after(() => tally.print(`${kills()} kills and ${PAUSES} pauses from FAULT_SEED=${SEED}`));

  it("are all archived in the end, whole, and nothing that was stored is lost", () =>
    played(SEED, async () => {
      const playIn = async (home: number) => {
        const chance = new Chance(SEED + home);
        const meet = (passing: Passing) => weather(passing, chance, tally);
        await onKillingGround(async (ground) => {
          await ground.agent();
          while (kills() < KILLS) await kill(ground, chance);
          for (let pause = home; pause < PAUSES; pause += HOMES) await sleep(ground);
          assert.deepEqual((await ground.end()).slice(0, 5), []);
          const slowest = Math.max(...ground.intents);
          assert.ok(slowest < INTENT_MS, `an intent took ${slowest} ms`);
        }, { chance, tally, meet });
      };
      // Each clears up after itself, also when another one has failed.
      const homes = Array.from({ length: HOMES }, (_, home) => playIn(home));
      for (const end of await Promise.allSettled(homes)) {
        if (end.status === "rejected") throw end.reason;
      }
      assert.ok(tally.count("relay killed while it stored") >= KILLS / 40, "too few during a put");
    }));
});

/** One round: at a moment of its own the relay, the agent or both are killed, and begin anew. */
async function kill(ground: KillingGround, chance: Chance): Promise<void> {
  await ground.agent();
  await ground.relay();
  const moment = chance.oneOf(["any", "storing", "stored"] as const);
  if (moment === "any") await delay(chance.below(MOMENT_MS / 2));
  else await reached(ground, moment);
  const who = chance.oneOf(["relay", "agent", "both", "both"] as const);
  if (who !== "agent") await ground.killRelay();
  if (who !== "relay") await ground.killAgent();
  await ground.look();
}

/** Waits for a put to be on its way, or to be answered; not for long, since nothing may be due. */
async function reached(ground: KillingGround, moment: "storing" | "stored"): Promise<void> {
  const before = ground.states.length;
  const isThere = () => moment === "storing" ? ground.isStoring : ground.states.length > before;
  await until(`it is ${moment}`, isThere, MOMENT_MS).catch(() => undefined);
}

/** The relay is put to sleep at its work, as with the lid of a laptop; another one must not begin. */
async function sleep(ground: KillingGround): Promise<void> {
  await ground.agent();
  await ground.relay();
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

/** The way to the bucket is slow, and now and then it breaks. */
function weather({ method }: Passing, chance: Chance, tally: Tally): Mischief | undefined {
  const what = chance.weighed({
    well: 30,
    slow: 60,
    reset: method === "PUT" ? 2 : 1,
    "lose reply": method === "PUT" ? 2 : 0,
    cut: method === "PUT" ? 1 : 0,
    late: method === "PUT" ? 1 : 0,
    busy: 1,
  });
  if (what === "well") return undefined;
  tally.hit(`bucket: ${what}`);
  if (what === "slow") return { delayMs: chance.below(60) };
  return what === "busy" ? { status: 503, body: "<Error><Code>SlowDown</Code></Error>" } : what;
}
