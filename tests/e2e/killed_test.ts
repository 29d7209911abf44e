/**
 * The real OpenCode, killed with its whole process group in the middle of turns, again and again:
 * what its database holds in the end, unfinished turns too, is archived as it is. With `--long` thirty
 * times; then also while the store is stopped and started, and while the disk of the state is full.
 */
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { withDisk } from "../adapters/state/temporary.ts";
import { fill, NO_MOUNT } from "../faults/full_disk.ts";
import { startProxy } from "../faults/proxy.ts";
import { type Chance, IS_LONG, played, SEED } from "../faults/seed.ts";
import { Tally } from "../faults/tally.ts";
import { type Ceph, startCeph } from "./ceph.ts";
import { killAllIn } from "./home_processes.ts";
import type { ArchivedDocument } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import type { OpenCodeHome } from "./real_opencode.ts";
import { cephBackend } from "./s3_yaml.ts";
import { rulesIn, ShortLives, SlowModel } from "./short_lives.ts";

const KILLS = IS_LONG ? 30 : 6;
/** How long it may take until all is archived, in milliseconds. */
const SOON_MS = 60_000;
/** The same, where a store that was down is left alone for minutes. */
const LATER_MS = 15 * 60_000;
const SKIP = IS_LONG ? false : "takes minutes; --long does it";

/** The backend that is there when nothing is configured. */
const FOLDER = (home: OpenCodeHome) =>
  `backends:
  default:
    type: file
    path: ${join(home.env.XDG_DATA_HOME, "opencode-session-archiver", "archives")}
${rulesIn(home)}`;

describe("what a real OpenCode has that is killed in the middle of turns", () => {
  const { home, opened } = pluginHomes(afterEach);
  const tally = new Tally();
  after(() => tally.print(`a real OpenCode, from FAULT_SEED=${SEED}`));

  it("is all archived in the end", () =>
    played(SEED, async (chance) => {
      const model = new SlowModel();
      const where = await home({ reply: model.reply, yaml: FOLDER });
      const { document } = where;
      const lives = new ShortLives({ where, model, chance, tally, document });
      await lives.play(KILLS);
      await lives.liveToTheEnd();
      await lives.allArchived(SOON_MS);
      assert.ok(tally.count("turn cut off") >= KILLS / 2, "too few turns were cut off");
    }));

  it(
    "is so when the store is stopped and started meanwhile",
    { skip: SKIP },
    (context) =>
      played(SEED, async (chance) => {
        const ceph = await startCeph();
        if ("missing" in ceph) return context.skip(ceph.missing);
        opened({ close: () => ceph.stop() });
        // What stops is a proxy before it: what a Ceph in memory holds ends with it.
        const proxy = await startProxy({ target: ceph.endpoint });
        opened({ close: () => proxy.stop() });
        const bucket = await ceph.makeBucket();
        const outage = new Trouble(async () => {
          await proxy.shut();
          return () => proxy.reopen();
        });
        const model = new SlowModel();
        const where = await home({
          reply: model.reply,
          yaml: (home) => {
            const backend = cephBackend("ceph", { ...ceph, endpoint: proxy.endpoint }, { bucket });
            return `backends:\n${backend}\n${rulesIn(home)}`;
          },
          env: { CEPH_SECRET: ceph.credentials.secretAccessKey },
        });
        const lives = new ShortLives({
          where,
          model,
          chance,
          tally,
          document: (session) => documentIn(ceph, bucket, session),
          trouble: async () => {
            if (await outage.turn(chance)) tally.hit("store stopped");
          },
        });
        await lives.play(KILLS);
        await outage.end();
        await lives.liveToTheEnd();
        await lives.allArchived(LATER_MS);
      }),
  );

  it("is so when the disk of the state is full meanwhile", { skip: SKIP }, async (context) => {
    const ran = await withDisk("size=4m", (disk) =>
      played(SEED, async (chance) => {
        const model = new SlowModel();
        const where = await home({
          reply: model.reply,
          yaml: FOLDER,
          env: { XDG_STATE_HOME: disk },
        });
        // OpenCode's own state lies there too, and is not what this is about.
        const elsewhere = join(where.folder, "state", "opencode");
        await mkdir(elsewhere, { recursive: true });
        await symlink(elsewhere, join(disk, "opencode"));
        const full = new Trouble(() => fill(disk));
        const lives = new ShortLives({
          where,
          model,
          chance,
          tally,
          document: where.document,
          trouble: async () => {
            if (await full.turn(chance)) tally.hit("disk filled");
          },
        });
        try {
          await lives.play(KILLS);
          await full.end();
          await lives.liveToTheEnd();
          await lives.allArchived(SOON_MS);
        } finally {
          await killAllIn(disk);
        }
      }));
    if (!ran) context.skip(NO_MOUNT);
  });
});

/** Something that goes wrong for a while, now and then. */
class Trouble {
  readonly #begin: () => Promise<() => Promise<void>>;
  #end: (() => Promise<void>) | undefined;

  /** @param begin Makes it go wrong, and gives how to mend that. */
  constructor(begin: () => Promise<() => Promise<void>>) {
    this.#begin = begin;
  }

  /** It begins or ends, perhaps; whether it has begun. */
  async turn(chance: Chance): Promise<boolean> {
    if (chance.hits(0.3)) return false;
    if (this.#end !== undefined) {
      await this.end();
      return false;
    }
    this.#end = await this.#begin();
    return true;
  }

  /** It ends. */
  async end(): Promise<void> {
    const end = this.#end;
    this.#end = undefined;
    await end?.();
  }
}

async function documentIn(
  { client }: Ceph,
  bucket: string,
  session: string,
): Promise<ArchivedDocument | undefined> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    const found = Contents.find(({ Key }) => Key?.endsWith(`/${session}.json`));
    if (found === undefined) continue;
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: found.Key }));
    return JSON.parse(await Body?.transformToString() ?? "");
  }
  return undefined;
}
