/**
 * State files that a failing disk, a power cut or somebody's hand has changed: what is left of them
 * is used, what is not is put aside or found out again, and nothing that was to be archived is lost.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { StoresFile } from "../../adapters/state/known_stores.ts";
import {
  ledgerPath,
  lockPath,
  outboxFolder,
  statusPath,
  storesPath,
} from "../../adapters/state/layout.ts";
import { tryLock } from "../../adapters/state/lock.ts";
import { readStatus, type Status } from "../../adapters/state/status.ts";
import { writeStatus } from "../../adapters/state/status_writing.ts";
import { withFastFolder } from "./folder.ts";
import { arrival, markedText } from "./invariants.ts";
import { Machine } from "./model/machine.ts";
import { ModelStore } from "./model/store.ts";
import { VirtualTime } from "./model/time.ts";
import { type Chance, IS_LONG, IS_REPLAY, played, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";

const ROUNDS = IS_REPLAY ? 1 : IS_LONG ? 5_000 : 300;
const MINUTE = 60_000;
/** A lock that nobody can read is anybody's after this long, in milliseconds. */
const SILENT_MS = 11 * MINUTE;

type Damage = (bytes: Uint8Array, chance: Chance) => Uint8Array;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "cut off": (bytes, chance) => bytes.slice(0, chance.below(bytes.length + 1)),
  emptied: () => new Uint8Array(),
  zeroed: (bytes) => new Uint8Array(bytes.length),
  "zeroed at the end": (bytes, chance) => bytes.slice().fill(0, chance.below(bytes.length + 1)),
  "a bit flipped": (bytes, chance) => {
    const copy = bytes.slice();
    if (copy.length > 0) copy[chance.below(copy.length)] ^= 1 << chance.below(8);
    return copy;
  },
  doubled: (bytes) => Uint8Array.from([...bytes, ...bytes]),
  "filled with anything": (bytes, chance) => bytes.map(() => chance.below(256)),
};

async function harm(path: string, chance: Chance, tally: Tally): Promise<void> {
  const how = chance.oneOf(Object.keys(DAMAGES));
  tally.hit(how);
  await writeFile(path, DAMAGES[how](await readFile(path), chance));
}

describe("damaged state files", () => {
  const tally = new Tally();
  after(() => tally.print(`damage, ${ROUNDS} rounds from FAULT_SEED=${SEED}`));

  it("keep no session from being archived: outbox and ledger", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await played(SEED + round, (chance) =>
        withFastFolder(async (folder) => {
          const violations = await drainDamaged(folder, chance, tally);
          assert.deepEqual(violations, []);
        }));
    }
  });

  it("are read as far as they say anything: the status, and the known stores", () =>
    withFastFolder(async (folder) => {
      for (let round = 0; round < ROUNDS; round++) {
        await played(SEED + round, async (chance) => {
          await rm(storesPath(folder), { force: true });
          await writeStatus(folder, STATUS);
          await new StoresFile(folder, 1).add([{ agent: "opencode", store: "/a.db" }]);
          await harm(statusPath(folder), chance, tally);
          await harm(storesPath(folder), chance, tally);
          const status = await readStatus(folder);
          assert.ok(status === undefined || status.version === 1);
          const stores = new StoresFile(folder, 5);
          assert.ok(Number.isFinite(await stores.since()));
          await stores.add([{ agent: "opencode", store: "/b.db" }]);
          assert.ok((await stores.all()).some(({ store }) => store === "/b.db"));
        });
      }
    }));

  it("do not keep the lock for ever", () =>
    withFastFolder(async (folder) => {
      const path = lockPath(folder);
      const first = await tryLock(path, { purpose: "testing" });
      assert.ok("release" in first);
      const whole = await readFile(path);
      await first.release();
      for (let round = 0; round < ROUNDS; round++) {
        await played(SEED + round, async (chance) => {
          await writeFile(path, whole);
          await harm(path, chance, tally);
          const then = new Date(Date.now() - SILENT_MS);
          await utimes(path, then, then);
          // What is still readable names this very process, which lives.
          if ((await readFile(path)).includes(whole)) return;
          const lock = await tryLock(path, { purpose: "testing" });
          if ("release" in lock) await lock.release();
          else assert.ok(lock.holder !== undefined, lock.refusal.message);
        });
      }
    }));
});

/** Sessions are archived, change, and are archived again from what is left of the state. */
async function drainDamaged(folder: string, chance: Chance, tally: Tally): Promise<string[]> {
  const time = new VirtualTime();
  const store = new ModelStore("store", chance.hits(0.5), { time, chance, tally });
  const machine = new Machine("a", folder, { time, chance, tally, stores: [store] });
  const change = async (id: string) => {
    const mark = machine.mark();
    const said = { id: mark, role: "user", text: markedText(mark) } as const;
    const messages = [...machine.agent.get(id)?.messages ?? [], said];
    machine.set({ id, projectPath: "/home/me/x", createdAt: "2026-01-31T12:00:00Z", messages });
    await machine.intend(id);
  };
  for (const id of ["s1", "s2", "s3"]) await change(id);
  await time.pass(MINUTE);
  // With nobody there, only the intents are written.
  machine.isBroken = true;
  machine.reconfigured();
  for (const id of ["s1", "s2"]) await change(id);
  await time.pass(MINUTE);
  await harmSome(folder, chance, tally);
  machine.isBroken = false;
  machine.reconfigured();
  await machine.start();
  await time.pass(10 * MINUTE);
  machine.stop();
  await time.pass(MINUTE);
  assert.deepEqual(machine.bugs, []);
  return arrival(store, machine.last);
}

async function harmSome(folder: string, chance: Chance, tally: Tally): Promise<void> {
  const outbox = outboxFolder(folder);
  const names = (await readdir(outbox)).filter((name) => name.endsWith(".json"));
  for (const name of names) if (chance.hits(0.5)) await harm(join(outbox, name), chance, tally);
  const ledger = ledgerPath(folder);
  await harm(ledger, chance, tally);
  const bytes = await readFile(ledger);
  // A later version's ledger is refused, and rightly so: nobody may write into it.
  const version = bytes.subarray(0, LINE_BYTES).indexOf(VERSION) + VERSION.length;
  if (version < VERSION.length || version >= bytes.length) return;
  bytes[version] = "1".charCodeAt(0);
  await writeFile(ledger, bytes);
}

/** What stands before the version in a ledger's first line, and how long that line is at most. */
const VERSION = '"version":';
const LINE_BYTES = 100;

const STATUS: Status = {
  version: 1,
  updatedAt: "2026-01-15T12:34:56.789Z",
  config: { path: "/c.yaml", stamp: "1:2:3", auto: true, waitOnExitMs: 4_000 },
  backends: { disk: { identity: "file:/a", failing: false } },
  waiting: 0,
};
