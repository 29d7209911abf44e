import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { Wake } from "../../../adapters/relay/wake.ts";
import type { WatchFolder } from "../../../adapters/relay/watched_folder.ts";
import { handoverFolder, outboxFolder } from "../../../adapters/state/layout.ts";
import { nudge } from "../../../adapters/state/nudge.ts";
import { thisProcess } from "../../../adapters/state/process_identity.ts";
import { withFolder } from "../state/temporary.ts";

const LONG_MS = 20_000;
/** Far less than any pause, and enough on a machine that has much to do. */
const SOON_MS = 1_500;

/** For how long pauses are short after something came. */
const STIRRED_MS = 300;

/** Runs something with a watch that has got over what its own beginning stirred. */
async function watching(
  body: (wake: Wake, state: string) => Promise<void>,
  watchFolder?: WatchFolder,
  now?: () => number,
): Promise<void> {
  await withFolder(async (state) => {
    const wake = new Wake(state, { watchFolder, stirredMs: STIRRED_MS, now });
    await wake.open();
    try {
      await calm(wake);
      await body(wake, state);
    } finally {
      wake.close();
    }
  });
}

/** Waits until nothing has stirred for so long that pauses are long again. */
async function calm(wake: Wake): Promise<void> {
  const until = performance.now() + STIRRED_MS + 100;
  while (performance.now() < until) await wake.pause(50);
}

/** How long a pause takes, in milliseconds. */
async function timed(pause: Promise<void>): Promise<number> {
  const begun = performance.now();
  await pause;
  return performance.now() - begun;
}

/** Does something a moment later. */
function later(act: () => Promise<unknown>): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, 100)).then(act);
}

describe("a relay's pause", () => {
  it("is as long as it was asked for where nothing happens, and leaves nothing behind", () =>
    watching(async (wake, state) => {
      assert.ok(await timed(wake.pause(1_800)) > 1_700);
      assert.deepEqual(await readdir(outboxFolder(state)), []);
      assert.deepEqual(await readdir(handoverFolder(state)), []);
    }));

  for (
    const [name, folderOf] of Object.entries({ outbox: outboxFolder, handover: handoverFolder })
  ) {
    it(`ends when a file comes into the folder ${name}`, () =>
      watching(async (wake, state) => {
        const pause = timed(wake.pause(LONG_MS));
        await later(() => writeFile(join(folderOf(state), "one"), ""));
        assert.ok(await pause < SOON_MS);
        await later(() => writeFile(join(state, "two"), ""));
        await rename(join(state, "two"), join(folderOf(state), "two"));
        assert.ok(await timed(wake.pause(LONG_MS)) < SOON_MS, "what came before it counts too");
      }));

    it(`ends though the folder ${name} was removed and made again meanwhile`, () =>
      watching(async (wake, state) => {
        const folder = folderOf(state);
        await rm(folder, { recursive: true });
        await mkdir(folder);
        for (const file of ["one", "two"]) {
          await calm(wake);
          const pause = timed(wake.pause(LONG_MS));
          await later(() => writeFile(join(folder, file), ""));
          assert.ok(await pause < SOON_MS);
          await rename(folder, join(state, `away-${file}`));
        }
        await wake.pause(100);
        assert.ok((await readdir(state)).includes(name));
      }));
  }

  it("is short for a moment after something came, since more may have come unseen", () =>
    watching(async (wake, state) => {
      await writeFile(join(outboxFolder(state), "one"), "");
      await wake.pause(LONG_MS);
      assert.ok(await timed(wake.pause(LONG_MS)) < 900);
    }));

  it("ends with its signal, and is none when that has fired", () =>
    watching(async (wake) => {
      const stop = new AbortController();
      const pause = timed(wake.pause(LONG_MS, stop.signal));
      await later(() => Promise.resolve(stop.abort()));
      assert.ok(await pause < SOON_MS);
      assert.ok(await timed(wake.pause(LONG_MS, stop.signal)) < SOON_MS);
    }));

  it("ends when the watch is closed", () =>
    watching(async (wake) => {
      const pause = timed(wake.pause(LONG_MS));
      await later(() => Promise.resolve(wake.close()));
      assert.ok(await pause < SOON_MS);
    }));

  const silent: WatchFolder = () => Object.assign(new EventEmitter() as never, { close() {} });
  const refused: WatchFolder = () => {
    throw new Error("ENOSPC: no more watches");
  };
  const broken: WatchFolder = (_path, _options, listener) => {
    const watcher = new EventEmitter();
    setTimeout(() => {
      listener();
      watcher.emit("error", new Error("EPERM"));
    });
    return Object.assign(watcher as never, { close() {} });
  };
  for (const [what, watch] of Object.entries({ silent, refused, broken })) {
    it(`is a second where the system's watch is ${what}`, () =>
      watching(async (wake) => {
        const took = await timed(wake.pause(LONG_MS));
        assert.ok(took > 900 && took < 5_000, `${took}`);
        assert.ok(await timed(wake.pause(50)) < 900);
      }, watch));
  }

  it("ends where the watch is silent when a process of this machine wakes this one", {
    skip: process.platform === "win32",
  }, () => {
    let ahead = 0;
    const now = () => performance.now() + ahead;
    return watching(
      async (wake) => {
        ahead = 10 * 60_000;
        const pause = timed(wake.pause(LONG_MS));
        await later(async () => await nudge(await thisProcess()));
        assert.ok(await pause < SOON_MS);
      },
      silent,
      now,
    );
  });

  it("grows where the watch is silent and nothing comes, until something has come", () => {
    let ahead = 0;
    const now = () => performance.now() + ahead;
    return watching(
      async (wake, state) => {
        ahead = 10 * 60_000;
        assert.ok(await timed(wake.pause(1_800)) > 1_700);
        const pause = wake.pause(500);
        await later(() => writeFile(join(handoverFolder(state), "one"), ""));
        await pause;
        assert.ok(await timed(wake.pause(LONG_MS)) < 5_000);
      },
      silent,
      now,
    );
  });
});
