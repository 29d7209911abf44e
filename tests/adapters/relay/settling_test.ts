/**
 * How the relay looks after writes whose end is not known, in a world of memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ARCHIVE_DEFAULTS } from "../../../adapters/config/defaults.ts";
import { LATE_WRITE_MS } from "../../../core/archiving/late_writes.ts";
import { World } from "./world.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const MINUTE = 60_000;

async function textOf(world: World): Promise<string> {
  return await new Response((await world.backends[0].get(KEY)).body).text();
}

/** Sends the state that is stored now, to arrive when the returned function is called. */
async function sendLate(world: World): Promise<() => Promise<void>> {
  const [disk] = world.backends;
  const bytes = new TextEncoder().encode(await textOf(world));
  const { metadata } = await disk.head(KEY);
  const sha256 = metadata?.sha256 ?? "";
  await world.ledger.sending({ backend: disk.identity, key: KEY, sha256 });
  return async () => {
    await disk.put(KEY, bytes, { metadata });
    disk.puts.pop();
  };
}

/** A world in which an older state has arrived over a newer one, a moment ago. */
async function overtaken(lingerMs?: number): Promise<World> {
  const world = new World(["disk"], undefined, lingerMs);
  world.idle("one", "older");
  await world.work();
  const arrive = await sendLate(world);
  world.idle("one", "newer");
  await world.work();
  await arrive();
  assert.match(await textOf(world), /older/);
  world.log.length = 0;
  return world;
}

describe("the relay and writes whose end is not known", () => {
  it("asks at its start what became of those of before, and mends it at once", async () => {
    const world = await overtaken();
    world.clockSet += LATE_WRITE_MS;
    const start = world.elapsed;
    assert.equal(await world.work(), "idle");
    assert.match(await textOf(world), /newer/);
    const at = world.backends[0].puts.at(-1)!.at - start;
    assert.ok(at < 5_000, `${at}`);
    assert.ok(
      world.log.some((line) => /^\S+one\.json on disk is not what/.test(line)),
      `${world.log}`,
    );
    assert.deepEqual([...world.ledger.openWrites()], []);
    assert.deepEqual(world.bugs, []);
  });

  it("asks when it can no longer arrive, while it is there", async () => {
    const world = await overtaken();
    const start = world.elapsed;
    // What comes in between keeps it there.
    for (let minute = 0; minute < 14; minute++) {
      for (const second of [0, 25, 50]) {
        world.at(start + minute * MINUTE + second * 1_000, () => world.idle(`other${minute}`));
      }
    }
    await world.work();
    assert.match(await textOf(world), /newer/);
    const { at } = world.backends[0].puts.filter(({ key }) => key === KEY).at(-1)!;
    assert.ok(at - start > 8 * MINUTE && at - start < 12 * MINUTE, `${at - start}`);
  });

  it("asks a backend that does not answer once a minute at most, and says so once", async () => {
    const world = await overtaken(5 * MINUTE);
    world.clockSet += LATE_WRITE_MS;
    const [disk] = world.backends;
    const head = disk.head.bind(disk);
    const asked: number[] = [];
    disk.head = (...how: Parameters<typeof head>) => {
      asked.push(world.elapsed);
      disk.mood = "refuses";
      return head(...how).finally(() => disk.mood = "works");
    };
    await world.work();
    assert.ok(asked.length >= 2 && asked.length <= 8, `${asked}`);
    for (const [index, at] of asked.entries()) {
      if (index > 0) assert.ok(at - asked[index - 1] >= MINUTE, `${asked}`);
    }
    assert.equal(world.log.filter((line) => /cannot be told yet/.test(line)).length, 1);
    assert.equal([...world.ledger.openWrites()].length, 1);
  });

  it("leaves that to an explicit run where nothing is to be archived by itself", async () => {
    const world = await overtaken();
    world.clockSet += LATE_WRITE_MS;
    world.config = { ...ARCHIVE_DEFAULTS, auto: false };
    world.stamp = "2";
    await world.work();
    assert.match(await textOf(world), /older/);
    assert.equal([...world.ledger.openWrites()].length, 1);
  });

  it("makes a copy again that is lost, also of a session from before the installation", async () => {
    const world = new World();
    world.idle("one");
    await world.work();
    const [disk] = world.backends;
    await disk.delete(KEY);
    await world.ledger.record({ ...world.ledger.at(disk.identity, KEY)!, state: "lost" });
    world.clockSet += 10 * MINUTE;
    await world.work();
    assert.equal(disk.puts.length, 2);
  });
});
