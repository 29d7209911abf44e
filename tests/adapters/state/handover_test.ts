import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { isAsked, takeAsRelay, takeOver } from "../../../adapters/state/handover.ts";
import { livingRelay, type LockHolder, lockHolder } from "../../../adapters/state/lock_holder.ts";
import { onNudge } from "../../../adapters/state/nudge.ts";
import { thisProcess } from "../../../adapters/state/process_identity.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { during } from "../../during.ts";
import { until } from "../../until.ts";
import { deadPid, withDisk, withFolder } from "./temporary.ts";
import { acquireLock } from "./acquire_lock.ts";

const purpose = "archiving";
const elsewhere = { host: "0123456789abcdef", boot: randomUUID(), pid: 4242 };

/** Leaves a request as some process would, touched for the last time some minutes ago. */
async function ask(
  state: string,
  changes: Partial<LockHolder> | string,
  minutesAgo = 0,
): Promise<string> {
  const token = randomUUID();
  const since = new Date().toISOString();
  const who = { ...await thisProcess(), kind: "command", hostname: "", purpose, token, since };
  await mkdir(join(state, "handover"), { recursive: true });
  const path = join(state, "handover", `request.${token}`);
  await writeFile(
    path,
    typeof changes === "string" ? changes : JSON.stringify({ ...who, ...changes }),
  );
  const then = new Date(Date.now() - minutesAgo * 60_000);
  await utimes(path, then, then);
  return path;
}

/** Waits until requests were looked for at least twice more, and what that led to is done. */
async function severalLooks(state: string): Promise<void> {
  // Each look makes and removes a file.
  let [changes, last] = [0, 0];
  await until("requests are looked for", async () => {
    const { mtimeMs } = await stat(join(state, "handover"));
    if (mtimeMs !== last) changes++;
    last = mtimeMs;
    // The first sight is no change, and the look that was under way does not count.
    return changes > 2 * 3 + 1;
  });
}

describe("taking over", () => {
  it("a free lock takes it, and asks nobody", () =>
    withFolder(async (state) => {
      const lock = await takeOver(state, { purpose, onWait: () => assert.fail("it waited") });
      assert.deepEqual([lock.holder.kind, lock.holder.purpose], ["command", purpose]);
      assert.deepEqual(await readdir(state), ["lock"]);
      await lock.release();
    }));

  it("a relay's lock wakes that once, which may not be told of the request", {
    skip: process.platform === "win32",
  }, () =>
    withFolder(async (state) => {
      const relay = await acquireLock(join(state, "lock"), { purpose, kind: "relay" });
      let nudges = 0;
      const stop = onNudge(() => nudges++);
      try {
        const taking = takeOver(state, { purpose });
        await until("it is woken", () => Promise.resolve(nudges > 0));
        assert.ok(await isAsked(state));
        await relay.release();
        await (await taking).release();
        assert.equal(nudges, 1);
      } finally {
        stop();
      }
    }));

  it("a killed relay's lock takes it at once", () =>
    withFolder(async (state) => {
      const relay = await acquireLock(join(state, "lock"), { purpose, kind: "relay" });
      const gone = { ...relay.holder, pid: await deadPid(), start: "" };
      await writeFile(join(state, "lock"), JSON.stringify(gone));
      const lock = await takeOver(state, { purpose, onWait: () => assert.fail("it waited") });
      await lock.release();
      await relay.release();
    }));

  it("a command's lock fails as ever, and asks nobody", () =>
    withFolder(async (state) => {
      const command = await acquireLock(join(state, "lock"), { purpose });
      await assert.rejects(
        takeOver(state, { purpose, onWait: () => assert.fail("it waited") }),
        (error) =>
          isArchiveError(error, "AlreadyExists") && /another run \(pid/.test(error.message),
      );
      assert.deepEqual(await readdir(state), ["lock"]);
      await command.release();
    }));

  it("gives up a relay that does not give the lock back, and names its process", () =>
    withFolder(async (state) => {
      const relay = await takeAsRelay(state, { purpose });
      await assert.rejects(takeOver(state, { purpose, patienceMs: 200 }), (error) => {
        assert.ok(isArchiveError(error, "Timeout"));
        assert.match(error.message, new RegExp(`process ${process.pid} on .* end that process`));
        return true;
      });
      assert.deepEqual(await readdir(join(state, "handover")), []);
      assert.equal(await relay?.held(), true);
      await relay?.release();
    }));

  it("a relay's lock says once for whom it waits, and leaves no request", () =>
    withFolder(async (state) => {
      const relay = await takeAsRelay(state, { purpose });
      assert.ok(relay);
      assert.equal(await isAsked(state), false);
      const told: LockHolder[] = [];
      const taking = takeOver(state, { purpose, onWait: (holder) => void told.push(holder) });
      await until("somebody asks", () => isAsked(state));
      await relay.release();
      const lock = await taking;
      assert.deepEqual(told, [relay.holder]);
      assert.equal(await isAsked(state), false);
      assert.deepEqual(await readdir(join(state, "handover")), []);
      await lock.release();
    }));

  it("asks anew when its request was removed", () =>
    withFolder(async (state) => {
      const relay = await takeAsRelay(state, { purpose });
      const taking = takeOver(state, { purpose });
      await until("somebody asks", () => isAsked(state));
      await rm(join(state, "handover"), { recursive: true });
      await until("somebody asks", () => isAsked(state));
      await relay?.release();
      await (await taking).release();
    }));

  it("asks the next relay too when one follows the other", () =>
    withFolder(async (state) => {
      const path = join(state, "lock");
      const first = await acquireLock(path, { purpose, kind: "relay" });
      const told: number[] = [];
      const taking = takeOver(state, { purpose, onWait: ({ pid }) => void told.push(pid) });
      await until("somebody asks", () => isAsked(state));
      await first.release();
      // It did not look for requests, as one that started in this moment.
      const second = await acquireLock(path, { purpose, kind: "relay" }).catch(() => undefined);
      await until("it is asked", async () => second === undefined || await isAsked(state));
      await second?.release();
      await (await taking).release();
      assert.equal(told.length, 1);
    }));

  it("stops when it is told to, before and while it waits", () =>
    withFolder(async (state) => {
      const relay = await takeAsRelay(state, { purpose });
      const stop = new AbortController();
      const taking = takeOver(state, { purpose, signal: stop.signal });
      await until("somebody asks", () => isAsked(state));
      stop.abort();
      await assert.rejects(taking, (error) => isArchiveError(error, "Aborted"));
      assert.equal(await isAsked(state), false);
      await assert.rejects(
        takeOver(state, { purpose, signal: stop.signal }),
        (error) => isArchiveError(error, "Aborted"),
      );
      assert.equal(await relay?.held(), true);
      await relay?.release();
    }));

  it("fails with what its caller's callback throws, and leaves no request", () =>
    withFolder(async (state) => {
      const relay = await takeAsRelay(state, { purpose });
      const onWait = () => Promise.reject(new RangeError("closed"));
      await assert.rejects(takeOver(state, { purpose, onWait }), RangeError);
      assert.deepEqual(await readdir(join(state, "handover")), []);
      await relay?.release();
    }));

  it("names the folder of requests when something else is in its place", () =>
    withFolder(async (state) => {
      const relay = await acquireLock(join(state, "lock"), { purpose, kind: "relay" });
      await writeFile(join(state, "handover"), "");
      const names = (error: unknown) =>
        isArchiveError(error, "Invalid") && error.message.includes(join(state, "handover"));
      await assert.rejects(takeOver(state, { purpose }), names);
      await assert.rejects(isAsked(state), names);
      await relay.release();
    }));
});

describe("a relay", () => {
  it("takes a free lock as a relay", () =>
    withFolder(async (state) => {
      const lock = await takeAsRelay(state, { purpose });
      assert.equal((await lockHolder(join(state, "lock")))?.kind, "relay");
      assert.equal(await takeAsRelay(state, { purpose }), undefined);
      await lock?.release();
    }));

  it("waits until a command is done, and until nobody asks", () =>
    withFolder(async (state) => {
      const command = await acquireLock(join(state, "lock"), { purpose });
      const request = await ask(state, {});
      const taking = takeAsRelay(state, { purpose });
      await command.release();
      await severalLooks(state);
      assert.equal(await lockHolder(join(state, "lock")), undefined);
      await rm(request);
      const lock = await taking;
      assert.equal(lock?.holder.kind, "relay");
      await lock?.release();
    }));

  it("lets one relay wait for a command, and no further one", () =>
    withFolder(async (state) => {
      const command = await acquireLock(join(state, "lock"), { purpose });
      const taking = takeAsRelay(state, { purpose });
      await until("the relay waits", () => livingRelay(state));
      assert.equal(await takeAsRelay(state, { purpose }), undefined);
      await command.release();
      const lock = await taking;
      assert.equal(lock?.holder.kind, "relay");
      assert.equal(await lockHolder(join(state, "next")), undefined);
      await lock?.release();
      assert.equal(await livingRelay(state), undefined);
    }));

  it("stops waiting when it is told to", () =>
    withFolder(async (state) => {
      const command = await acquireLock(join(state, "lock"), { purpose });
      const stop = new AbortController();
      const taking = takeAsRelay(state, { purpose, signal: stop.signal });
      stop.abort();
      await assert.rejects(taking, (error) => isArchiveError(error, "Aborted"));
      await command.release();
    }));
});

describe("a request", () => {
  const judged = async (
    state: string,
    answer: boolean,
    left: number,
  ): Promise<void> => {
    assert.equal(await isAsked(state), answer);
    assert.equal((await readdir(join(state, "handover"))).length, left);
  };

  it("of nobody makes nothing", () =>
    withFolder(async (state) => {
      assert.equal(await isAsked(state), false);
      assert.deepEqual(await readdir(state), []);
    }));

  it("of a living process counts, however old", () =>
    withFolder(async (state) => {
      await ask(state, {}, 600);
      await judged(state, true, 1);
    }));

  it("of a process that is gone is removed, beside one that counts", () =>
    withFolder(async (state) => {
      await ask(state, { pid: await deadPid(), start: "" });
      await judged(state, false, 0);
      await ask(state, { pid: await deadPid(), start: "" });
      await ask(state, {});
      await judged(state, true, 1);
    }));

  it("of another machine counts for ten minutes after its last touch", () =>
    withFolder(async (state) => {
      await ask(state, elsewhere, 9);
      await judged(state, true, 1);
      await rm(join(state, "handover"), { recursive: true });
      await ask(state, elsewhere, 11);
      await judged(state, false, 0);
    }));

  it("that cannot be read counts no longer than that", () =>
    withFolder(async (state) => {
      await ask(state, "", 11);
      await judged(state, false, 0);
    }));

  it("is not missed for good, nor an error, when its folder comes and goes", () =>
    withFolder(async (state) => {
      const comeAndGo = async () => {
        for (let round = 0; round < 40; round++) {
          await ask(state, {});
          await rename(join(state, "handover"), join(state, `gone-${round}`));
        }
      };
      await during(comeAndGo(), () => isAsked(state));
      await ask(state, {});
      assert.equal(await isAsked(state), true);
    }));

  it("that was never finished is swept beside a finished one", () =>
    withFolder(async (state) => {
      const gone = { ...await thisProcess(), pid: await deadPid(), start: "", token: randomUUID() };
      await ask(state, {});
      const leftover = join(state, "handover", `request.${gone.token}.new`);
      await writeFile(leftover, JSON.stringify(gone));
      await judged(state, true, 1);
      await assert.rejects(readFile(leftover), { code: "ENOENT" });
    }));

  it("is seen on a disk that is full", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      await ask(disk, {});
      await writeFile(join(disk, "filler"), new Uint8Array(64 << 10)).catch(() => undefined);
      assert.equal(await isAsked(disk), true);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });
});
