import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import {
  putInPlace,
  removeLock,
  touchLock,
  writeCandidate,
  writeInPlace,
} from "../../../adapters/state/lock_file.ts";
import { type LockHolder, lookAtLock } from "../../../adapters/state/lock_sight.ts";
import { thisProcess } from "../../../adapters/state/process_identity.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { deadPid, withDisk, withFolder } from "./temporary.ts";
import { acquireLock } from "./acquire_lock.ts";

const MINUTE = 60_000;
const purpose = "archiving";

async function holder(changes: Partial<LockHolder> = {}): Promise<LockHolder> {
  return {
    ...await thisProcess(),
    kind: "command",
    hostname: "this-machine",
    purpose,
    token: randomUUID(),
    since: "2026-01-15T12:03:00.000Z",
    ...changes,
  };
}

const elsewhere = {
  host: "0123456789abcdef",
  boot: "11111111-2222-3333-4444-555555555555",
  hostname: "another-machine",
  pid: 4242,
};

/** Puts a lock there as if its holder had touched it for the last time some minutes ago. */
async function put(path: string, content: LockHolder | string, minutesAgo = 0): Promise<void> {
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  const then = new Date(Date.now() - minutesAgo * MINUTE);
  await utimes(path, then, then);
}

async function isTaken(path: string, pattern: RegExp): Promise<void> {
  const before = await readFile(path, "utf8");
  await assert.rejects(
    acquireLock(path, { purpose }),
    (error) => {
      assert.ok(isArchiveError(error, "AlreadyExists"), `${error}`);
      assert.match(error.message, pattern);
      return error.retryable;
    },
  );
  assert.equal(await readFile(path, "utf8"), before);
}

async function isFree(path: string, folder: string): Promise<void> {
  const lock = await acquireLock(path, { purpose });
  assert.equal(await lock.held(), true);
  assert.deepEqual(await readdir(folder), ["lock"]);
  await lock.release();
  assert.deepEqual(await readdir(folder), []);
}

const withLock = (body: (path: string, folder: string) => Promise<void>) =>
  withFolder((folder) => body(join(folder, "lock"), folder));

describe("the lock", () => {
  it("is a private file that says who holds it, and leaves nothing behind", () =>
    withLock(async (path, folder) => {
      const lock = await acquireLock(path, { purpose });
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.deepEqual(JSON.parse(await readFile(path, "utf8")), lock.holder);
      assert.equal(lock.holder.pid, process.pid);
      assert.equal(lock.holder.purpose, purpose);
      assert.deepEqual(await lockHolder(path), lock.holder);
      assert.deepEqual(await readdir(folder), ["lock"]);
      await lock.release();
      await lock.release();
      assert.equal(await lock.held(), false);
      assert.equal(await lockHolder(path), undefined);
      assert.deepEqual(await readdir(folder), []);
      await isFree(path, folder);
    }));

  it("is looked at without a trace while its holder is a process of this machine", () =>
    withLock(async (path, folder) => {
      const lock = await acquireLock(path, { purpose });
      // A moment of a candidate would change the folder's time.
      const { mtimeMs } = await stat(folder);
      assert.deepEqual(await lockHolder(path), lock.holder);
      assert.equal((await stat(folder)).mtimeMs, mtimeMs);
      await lock.release();
    }));

  it("tells a relay's from a command's, which a file that does not say is", () =>
    withLock(async (path) => {
      for (const kind of ["relay", "command", undefined] as const) {
        const lock = await acquireLock(path, { purpose, kind });
        assert.equal((await lockHolder(path))?.kind, kind ?? "command");
        await lock.release();
      }
      const { kind: _, ...older } = await holder();
      await writeFile(path, JSON.stringify(older));
      assert.equal((await lockHolder(path))?.kind, "command");
    }));

  it("is not taken twice, and who wants it hears who has it and since when", () =>
    withLock(async (path, folder) => {
      const lock = await acquireLock(path, { purpose });
      const time = /another run \(pid \d+, since \d\d:\d\d\) is archiving; wait for it or stop it/;
      await isTaken(path, time);
      await isTaken(path, new RegExp(`pid ${process.pid},`));
      await lock.release();
      await isFree(path, folder);
    }));

  it("goes to exactly one of many who want it at the same time", () =>
    withLock(async (path, folder) => {
      for (let round = 0; round < 20; round++) {
        if (round % 2 === 1) await put(path, await holder({ pid: await deadPid(), start: "" }));
        const tries = await Promise.allSettled(
          Array.from({ length: 8 }, () => acquireLock(path, { purpose })),
        );
        const won = tries.filter((attempt) => attempt.status === "fulfilled");
        assert.equal(won.length, 1);
        for (const attempt of tries) {
          if (attempt.status === "rejected") {
            assert.ok(isArchiveError(attempt.reason, "AlreadyExists"));
          }
        }
        assert.deepEqual(await readdir(folder), ["lock"]);
        for (const { value } of won) await value.release();
      }
    }));

  it("is taken from a process that is gone, however young", () =>
    withLock(async (path, folder) => {
      await put(path, await holder({ pid: await deadPid(), start: "" }));
      assert.equal(await lockHolder(path), undefined);
      await isFree(path, folder);
    }));

  it("is taken from a process whose number was given again", () =>
    withLock(async (path, folder) => {
      const { start } = await thisProcess();
      if (start === "") return;
      await put(path, await holder({ start: `${start}0` }));
      await isFree(path, folder);
    }));

  it("is never taken from a living process of this machine, however old", () =>
    withLock(async (path) => {
      await put(path, await holder(), 60);
      await isTaken(path, /since 2026-01-15 \d\d:03\) is archiving/);
    }));

  it("is taken from an earlier run of this machine", () =>
    withLock(async (path, folder) => {
      await put(path, await holder({ boot: elsewhere.boot }), 60 * 24 * 365 * 100);
      await isFree(path, folder);
    }));

  it("is left to another machine that touched it less than ten minutes ago", () =>
    withLock(async (path) => {
      await put(path, await holder(elsewhere), 9.5);
      await isTaken(path, /pid 4242 on another-machine, .* touched 9 min ago\) is archiving/);
      assert.equal((await lockHolder(path))?.hostname, "another-machine");
    }));

  it("is taken from another machine that has not touched it for ten minutes", () =>
    withLock(async (path, folder) => {
      await put(path, await holder(elsewhere), 11);
      assert.equal(await lockHolder(path), undefined);
      await isFree(path, folder);
    }));

  it("is taken from another machine that touched it in a time to come", () =>
    withLock(async (path, folder) => {
      await put(path, await holder(elsewhere), -11);
      await isFree(path, folder);
    }));

  it("is touched only by its holder", () =>
    withLock(async (path) => {
      const lock = await acquireLock(path, { purpose });
      const long = new Date(Date.now() - 60 * MINUTE);
      await utimes(path, long, long);
      assert.equal(await touchLock(path, "another"), false);
      assert.ok((await stat(path)).mtimeMs < Date.now() - 59 * MINUTE);
      assert.equal(await touchLock(path, lock.holder.token), true);
      assert.ok((await stat(path)).mtimeMs > Date.now() - MINUTE);
      assert.deepEqual(JSON.parse(await readFile(path, "utf8")), lock.holder);
      await lock.release();
    }));

  it("is not removed by a holder that has lost it", () =>
    withLock(async (path) => {
      const lock = await acquireLock(path, { purpose });
      await put(path, await holder(elsewhere));
      assert.equal(await lock.held(), false);
      await lock.release();
      assert.equal(JSON.parse(await readFile(path, "utf8")).hostname, "another-machine");
    }));

  for (
    const [kind, content] of [["an empty", ""], ["a half-made", '{"pid":12'], ["a foreign", "[]"]]
  ) {
    it(`is refused with its path while ${kind} file is young, and taken when it is old`, () =>
      withLock(async (path, folder) => {
        await put(path, content ?? "", 9.5);
        await isTaken(
          path,
          new RegExp(`the lock ${path} cannot be read and was touched 9 min ago`),
        );
        assert.equal(await lockHolder(path), undefined);
        await put(path, content ?? "", 11);
        await isFree(path, folder);
      }));
  }

  it("waits for a file that is just being made", () =>
    withLock(async (path, folder) => {
      await put(path, "");
      const dead = await holder({ pid: await deadPid(), start: "" });
      const lock = acquireLock(path, { purpose });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await put(path, dead);
      await (await lock).release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it("stops waiting when it is told to", () =>
    withLock(async (path, folder) => {
      await put(path, "");
      const stop = new AbortController();
      const lock = acquireLock(path, { purpose, signal: stop.signal });
      stop.abort();
      await assert.rejects(lock, (error) => isArchiveError(error, "Aborted"));
      assert.deepEqual(await readdir(folder), ["lock"]);
    }));

  it("is taken over a removal that its remover did not live to end", () =>
    withLock(async (path, folder) => {
      const gone = { pid: await deadPid(), start: "" };
      const dead = await holder(gone);
      await put(path, dead);
      await put(`${path}.${dead.token}.0.claim`, await holder(gone));
      await put(`${path}.${dead.token}.1.claim`, await holder(gone));
      await put(`${path}.${randomUUID()}.0.claim`, await holder(gone));
      await put(`${path}.${randomUUID()}.new`, await holder(gone));
      await isFree(path, folder);
    }));

  it("is left to a living process that is at removing a dead one's", () =>
    withLock(async (path) => {
      const dead = await holder({ pid: await deadPid(), start: "" });
      await put(path, dead);
      await put(`${path}.${dead.token}.0.claim`, await holder());
      await isTaken(path, /starting at the same time/);
    }));

  it("is not removed by who judged one that is no longer there", () =>
    withLock(async (path, folder) => {
      const lock = await acquireLock(path, { purpose });
      const late = await writeCandidate(path, purpose);
      assert.equal(await removeLock(path, randomUUID(), late), true);
      assert.equal(await lock.held(), true);
      assert.equal((await readdir(folder)).length, 2);
      await lock.release();
    }));

  it("is as exclusive on file systems without hard links", () =>
    withLock(async (path) => {
      const [one, two] = [await writeCandidate(path, "one"), await writeCandidate(path, "two")];
      const won = await Promise.all([writeInPlace(one, path), writeInPlace(two, path)]);
      assert.deepEqual(won.toSorted(), [false, true]);
      assert.equal(await putInPlace(one, path), won[0]);
      const sight = await lookAtLock(path, one.folderNow);
      assert.equal(sight?.token, (won[0] ? one : two).holder.token);
    }));

  it("names the path when its folder is missing or something else is in its place", () =>
    withLock(async (path, folder) => {
      await assert.rejects(
        acquireLock(join(folder, "missing", "lock"), { purpose }),
        (error) => isArchiveError(error, "NotFound") && error.message.includes(folder),
      );
      await mkdir(path);
      await assert.rejects(
        acquireLock(path, { purpose }),
        (error) => isArchiveError(error, "Invalid") && error.message.includes(path),
      );
      assert.deepEqual(await readdir(folder), ["lock"]);
      await symlink(join(folder, "nowhere"), join(folder, "dangling"));
      await assert.rejects(
        acquireLock(join(folder, "dangling"), { purpose }),
        (error) => isArchiveError(error, "AlreadyExists"),
      );
    }));

  it("is given back on a disk that has become full, and not half-taken there", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      const path = join(disk, "lock");
      const lock = await acquireLock(path, { purpose });
      await writeFile(join(disk, "filler"), new Uint8Array(64 << 10)).catch(() => undefined);
      await lock.release();
      await writeFile(join(disk, "rest"), new Uint8Array(8 << 10)).catch(() => undefined);
      await assert.rejects(
        acquireLock(path, { purpose }),
        (error) => isArchiveError(error, "Transient") && /disk is full/.test(error.message),
      );
      assert.deepEqual((await readdir(disk)).sort(), ["filler", "rest"]);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });
});
