/**
 * What a network does to the requests of an S3 backend, and what its callers see of it: the whole
 * object or none, an error of a known kind in time, and in the end what was wanted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { S3Backend } from "../../backends/s3.ts";
import { type ErrorCode, isArchiveError } from "../../core/errors.ts";
import type { FakeS3 } from "../s3/fake.ts";
import { withFake } from "../s3/with_fake.ts";
import { type Mischief, type Proxy, startProxy } from "./proxy.ts";
import { Chance, IS_LONG, played, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";

const TIMES = 10;
/** In how many worlds of its own each is played: a client ends its retries where most are in vain. */
const WORLDS = IS_LONG ? 30 : 1;
/** One more than a page has. */
const KEYS = IS_LONG ? 100_000 : 1_001;
/** How long the backend waits for anything, in milliseconds. */
const LIMIT_MS = 400;
/** A call may take three tries and the pauses between them, and the machine is busy. */
const MOST_MS = 15_000;

/** A bucket behind a network. */
interface Behind {
  readonly backend: S3Backend;
  readonly fake: FakeS3;
  readonly proxy: Proxy;
  readonly chance: Chance;
  /** What the next requests meet, one each; then all is well. */
  script: Mischief[];
  /** How many requests were sent. */
  sent: number;
}

const tally = new Tally();

/** Plays in one world after the other. */
async function behind(play: (behind: Behind) => Promise<void>, pageSize?: number): Promise<void> {
  for (let world = 0; world < WORLDS; world++) {
    await played(SEED + world, (chance) => inWorld(play, chance, pageSize));
  }
}

async function inWorld(
  play: (behind: Behind) => Promise<void>,
  chance: Chance,
  pageSize?: number,
): Promise<void> {
  await withFake(async (fake) => {
    const world: Pick<Behind, "script" | "sent"> = { script: [], sent: 0 };
    const meet = () => {
      world.sent++;
      const mischief = world.script.shift();
      if (mischief !== undefined) tally.hit(nameOf(mischief));
      return mischief;
    };
    const proxy = await startProxy({ target: fake.endpoint, meet });
    const backend = await S3Backend.open({
      bucket: "archives",
      endpoint: proxy.endpoint,
      region: fake.region,
      credentials: fake.credentials,
      forcePathStyle: true,
      quirks: { createOnly: true, ifMatch: true },
      env: {},
      timeouts: { connectMs: LIMIT_MS, idleMs: LIMIT_MS, requestMs: LIMIT_MS },
    });
    try {
      await play(Object.assign(world, { backend, fake, proxy, chance }));
    } finally {
      await backend.close();
      await proxy.stop();
    }
  }, { pageSize });
}

function nameOf(mischief: Mischief): string {
  if (typeof mischief === "string") return mischief;
  return "status" in mischief ? `${mischief.status}` : "delay";
}

/** Bytes that differ in each round. */
function bytesOf(chance: Chance): Uint8Array {
  return new TextEncoder().encode(`${chance.fraction()} `.repeat(1 + chance.below(5_000)));
}

function slowDown(status: number, headers: Readonly<Record<string, string>> = {}): Mischief {
  const body = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
  return { status, body, headers: { "content-type": "application/xml", ...headers } };
}

describe("an S3 backend behind a network that breaks", () => {
  after(() => tally.print(`networks, from FAULT_SEED=${SEED}`));

  for (const mischief of ["drop", "reset", "cut", "lose reply"] as const) {
    it(`stores the whole object or none, and gets there: ${mischief}`, () =>
      behind(async (world) => {
        const { chance } = world;
        for (let n = 0; n < TIMES; n++) {
          const bytes = bytesOf(chance);
          const key = `k/${n % 3}.json`;
          const old = world.fake.objects().get(key)?.bytes;
          world.script = Array(chance.below(3)).fill(mischief);
          const before = world.sent;
          await world.backend.put(key, bytes);
          const stored = world.fake.objects().get(key)?.bytes;
          assert.deepEqual(stored, bytes);
          assert.notEqual(stored, old);
          assert.ok(world.sent - before <= 3, "more than three tries");
        }
      }));
  }

  it("never leaves a part of an object when every try is cut", () =>
    behind(async (world) => {
      const old = new TextEncoder().encode("old ".repeat(100));
      await world.backend.put("k.json", old);
      for (let n = 0; n < TIMES; n++) {
        world.script = ["cut", "cut", "cut", "cut"];
        await fails(world.backend.put("k.json", bytesOf(world.chance)), ["Transient"]);
        assert.deepEqual(world.fake.objects().get("k.json")?.bytes, old);
      }
    }));

  it("knows its own creation again when the reply was lost", () =>
    behind(async (world) => {
      for (let n = 0; n < TIMES; n++) {
        world.script = ["lose reply"];
        const bytes = bytesOf(world.chance);
        await world.backend.put(`new/${n}.json`, bytes, { mode: "create" });
        assert.deepEqual(world.fake.objects().get(`new/${n}.json`)?.bytes, bytes);
      }
      assert.equal(world.fake.objects().size, TIMES);
    }));

  it("lets no late request go over a newer object where writes are conditional", () =>
    behind(async (world) => {
      const { backend, fake, proxy } = world;
      let { etag = "" } = await backend.put("k.json", new TextEncoder().encode("0"));
      for (let n = 1; n <= TIMES; n++) {
        world.script = ["late"];
        const bytes = new TextEncoder().encode(`${n}`);
        ({ etag = "" } = await backend.put("k.json", bytes, { mode: { ifMatch: etag } }));
        await proxy.settled();
        assert.deepEqual(fake.objects().get("k.json")?.bytes, bytes);
      }
    }));

  it("ends in time when nothing is answered", () =>
    behind(async (world) => {
      const { backend } = world;
      for (const call of [() => backend.head("k"), () => backend.get("k"), () => listed(backend)]) {
        world.script = Array(6).fill("hang");
        const began = performance.now();
        await fails(call(), ["Timeout"]);
        assert.ok(performance.now() - began < MOST_MS);
      }
    }));

  const ANSWERS: readonly [string, Mischief, readonly ErrorCode[]][] = [
    ["500", { status: 500, body: "<Error><Code>InternalError</Code></Error>" }, ["Transient"]],
    ["502 with a page of HTML", { status: 502, body: "<html>Bad Gateway</html>" }, ["Transient"]],
    ["503", slowDown(503), ["Throttled", "Transient"]],
    ["429", slowDown(429, { "retry-after": "1" }), ["Throttled"]],
    ["403", { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }, ["Unauthorized"]],
    ["400, as of a token that has expired", {
      status: 400,
      body: "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>",
    }, ["Unauthorized"]],
  ];
  for (const [what, mischief, codes] of ANSWERS) {
    it(`says what kind of failure it is, stores nothing, and works again: ${what}`, () =>
      behind(async (world) => {
        const bytes = new TextEncoder().encode("{}");
        world.script = Array(4).fill(mischief);
        await fails(world.backend.put("k.json", bytes), codes);
        assert.equal(world.fake.objects().size, 0);
        world.script = [];
        await world.backend.put("k.json", bytes);
        assert.deepEqual(world.fake.objects().get("k.json")?.bytes, bytes);
      }));
  }

  it("makes up for a clock that is an hour off, in both directions", async () => {
    for (const hours of [1, -1]) {
      await behind(async ({ backend, fake }) => {
        fake.fault({ do: { clockSkewMs: hours * 3_600_000 } });
        tally.hit("clock skew");
        await backend.put("k.json", new TextEncoder().encode("{}"));
        assert.equal(fake.objects().size, 1);
      });
    }
  });

  for (const mischief of ["truncate", "corrupt"] as const) {
    it(`gives no object for whole that is not: ${mischief}`, () =>
      behind(async (world) => {
        const bytes = bytesOf(world.chance);
        await world.backend.put("k.json", bytes);
        for (let n = 0; n < TIMES; n++) {
          world.script = Array(4).fill(mischief);
          const read = await world.backend.get("k.json")
            .then(({ body }) => new Response(body).bytes()).catch((error: unknown) => error);
          // A byte that is another is for the archiver to see, which knows the hash.
          const isWhole = read instanceof Uint8Array && isDeepStrictEqual(read, bytes);
          assert.ok(!isWhole);
          if (mischief === "truncate") assert.ok(isArchiveError(read), String(read));
        }
        world.script = [];
      }));
  }

  it("lists every key of many pages", () =>
    inWorld(async ({ backend, fake }) => {
      for (let n = 0; n < KEYS; n++) fake.put("archives", `l/${n}`, new Uint8Array());
      const keys = await listed(backend);
      assert.deepEqual([keys.length, new Set(keys).size], [KEYS, KEYS]);
    }, new Chance(SEED)));

  for (const mischief of ["truncate", "reset", "drop"] as const) {
    it(`lists everything or fails: ${mischief}`, () =>
      behind(async (world) => {
        const wanted = Array.from({ length: 25 }, (_, n) => `l/${String(n).padStart(3, "0")}`);
        for (const key of wanted) world.fake.put("archives", key, new Uint8Array(1));
        for (let n = 0; n < TIMES; n++) {
          const before = n % 3;
          const calm: Mischief = { delayMs: 0 };
          world.script = [
            ...Array(before).fill(calm),
            ...Array(n % 2 === 0 ? 1 : 6).fill(mischief),
          ];
          const seen = await listed(world.backend).catch((error: unknown) => error);
          if (Array.isArray(seen)) assert.deepEqual(seen, wanted);
          else assert.ok(isArchiveError(seen), String(seen));
        }
      }, 10));
  }
});

async function listed(backend: S3Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
  return keys;
}

async function fails(call: Promise<unknown>, codes: readonly ErrorCode[]): Promise<void> {
  await assert.rejects(call, (error) => {
    const isKnown = isArchiveError(error) && codes.includes(error.code);
    assert.ok(isKnown, `${error}`);
    return true;
  });
}
