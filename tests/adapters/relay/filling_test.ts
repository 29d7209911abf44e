/**
 * What the relay begins while many sessions wait: the next one at once, and none that it must not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { World } from "./world.ts";

/** How long each of them takes, in milliseconds. */
const TAKES_MS = 10;
/** When the first may begin: half a second after they went idle. */
const DUE_MS = 500;
/** When something happens, with a part of them sent, in milliseconds. */
const MIDWAY_MS = DUE_MS + 205;

/** A world in which so many sessions wait. */
function busyWorld(count = 200): World {
  const world = new World();
  world.backends[0].takesMs = TAKES_MS;
  for (let number = 0; number < count; number++) world.idle(`ses_${number}`);
  return world;
}

/** Checks that something which happens midway keeps all from being begun that has not been. */
async function nothingBegins(world: World, happen: () => void): Promise<void> {
  const { tries } = world.backends[0];
  world.at(MIDWAY_MS, happen, { quiet: true });
  // Long after: what takes real time, as loading a module does, takes some of the world's too.
  world.at(MIDWAY_MS + 30_000, () => world.stop.abort());
  await world.work();
  assert.ok(tries.length > 20 && tries.length < 120, `${tries.length} tries`);
  assert.deepEqual(tries.filter((at) => at > MIDWAY_MS), []);
  assert.deepEqual(world.bugs, []);
}

describe("the relay with many sessions", () => {
  it("begins the next one when one is through, and seldom looks at everything", async () => {
    const world = busyWorld();
    const hold = world.hold();
    let looks = 0;
    await world.relay.work({
      ...hold,
      isHeld() {
        if (world.intents.length > 0) looks++;
        return hold.isHeld();
      },
    });
    const { puts } = world.backends[0];
    assert.equal(puts.length, 200);
    const ms = puts[199].at - DUE_MS;
    assert.ok(ms <= 1.2 * TAKES_MS * 200 / 4, `${ms} ms`);
    assert.ok(looks < 20, `${looks} looks`);
  });

  it("takes first what somebody waits for, however many are in line", async () => {
    const world = busyWorld(400);
    world.at(MIDWAY_MS, () => world.idle("urgent", "hello", true));
    await world.work();
    const urgent = world.backends[0].puts.find(({ key }) => key.includes("urgent"));
    assert.ok(urgent && urgent.at <= MIDWAY_MS + DUE_MS + 150, JSON.stringify(urgent));
  });

  it("begins none by rules that are no longer in force", async () => {
    const world = busyWorld();
    await nothingBegins(world, () => {
      world.rules = [{ match: ["/home/me/**"], backends: [] }];
      world.stamp = "2";
    });
    assert.deepEqual(world.intents, []);
  });

  it("begins none when the machine slept, before it knows that it still has the lock", async () => {
    const world = busyWorld();
    await nothingBegins(world, () => {
      world.clockSet += 3_600_000;
      world.held = false;
    });
    assert.ok(world.intents.length > 0);
  });

  it("begins none that a command would have to wait for", async () => {
    const world = busyWorld();
    world.at(MIDWAY_MS, () => world.asked = true);
    assert.equal(await world.work(), "asked");
    const last = world.backends[0].puts.at(-1)?.at ?? 0;
    assert.ok(last <= MIDWAY_MS + 150, `${last}`);
    assert.ok(world.intents.length > 0);
  });
});
