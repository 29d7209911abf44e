import assert from "node:assert/strict";
import { utimes, writeFile } from "node:fs/promises";
import process from "node:process";
import { describe, it } from "node:test";
import { silenceIn } from "../../../adapters/plugin/silence.ts";
import { lockPath } from "../../../adapters/state/layout.ts";
import { acquireLock } from "../state/acquire_lock.ts";
import { withFolder } from "../state/temporary.ts";

const MINUTE = 60_000;

/** Makes a lock look as if it was touched so many minutes ago. */
async function touched(state: string, minutesAgo: number): Promise<void> {
  const then = new Date(Date.now() - minutesAgo * MINUTE);
  await utimes(lockPath(state), then, then);
}

describe("the silence of whoever has the lock", () => {
  it("is none where nobody has it, and while it is touched", () =>
    withFolder(async (state) => {
      assert.equal(await silenceIn(state), undefined);
      const lock = await acquireLock(lockPath(state), { purpose: "archiving" });
      await touched(state, 4);
      assert.equal(await silenceIn(state), undefined);
      await lock.release();
    }));

  for (const minutesAgo of [6, -6]) {
    it(`is told with its process when it was touched ${minutesAgo} minutes ago`, () =>
      withFolder(async (state) => {
        const lock = await acquireLock(lockPath(state), { purpose: "archiving" });
        await touched(state, minutesAgo);
        assert.match(await silenceIn(state) ?? "", new RegExp(`process ${process.pid} on .*lock`));
        await lock.release();
      }));
  }

  it("is told with its file where that cannot be read", () =>
    withFolder(async (state) => {
      await writeFile(lockPath(state), "");
      await touched(state, 6);
      assert.match(await silenceIn(state) ?? "", /lock cannot be read; remove it/);
    }));
});
