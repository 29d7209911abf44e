import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { WatchedFolder, type WatchFolder } from "../../../adapters/relay/watched_folder.ts";
import { until } from "../../until.ts";
import { withFolder } from "../state/temporary.ts";

/** Watches that can be broken by hand, the last one first. */
function fragile() {
  const watchers: EventEmitter[] = [];
  const watch: WatchFolder = (_path, _options, listener) => {
    const watcher = new EventEmitter().on("change", listener);
    watchers.push(watcher);
    return Object.assign(watcher as never, { close() {} });
  };
  return { watchers, watch };
}

/** Waits until no more events come. */
async function calm(events: () => number): Promise<void> {
  for (let before = -1; before !== events();) {
    before = events();
    await delay(200);
  }
}

describe("a watched folder", () => {
  it("is watched again some time after its watch broke", () =>
    withFolder(async (path) => {
      const { watchers, watch } = fragile();
      let events = 0;
      const folder = new WatchedFolder(path, () => events++, watch, 0);
      await folder.tend();
      watchers[0].emit("change");
      assert.deepEqual([folder.tells, events], [true, 1]);
      watchers[0].emit("error", new Error("EIO"));
      assert.equal(folder.tells, false);
      await folder.tend();
      assert.equal(watchers.length, 2);
      watchers[0].emit("change");
      watchers[1].emit("change");
      assert.deepEqual([folder.tells, events], [true, 2]);
      folder.close();
    }));

  it("is left alone for a while where watching it breaks, or is refused", () =>
    withFolder(async (path) => {
      const { watchers, watch } = fragile();
      const broken = new WatchedFolder(path, () => {}, watch);
      await broken.tend();
      watchers[0].emit("error", new Error("EIO"));
      await broken.tend();
      assert.equal(watchers.length, 1);
      let asked = 0;
      const refused = new WatchedFolder(path, () => {}, () => {
        asked++;
        throw new Error("ENOSPC: no more watches");
      });
      await refused.tend();
      await refused.tend();
      assert.equal(asked, 1);
    }));

  it("is really watched where it was made in the place of one whose watch was still open", () =>
    withFolder(async (home) => {
      const folders = Array.from({ length: 20 }, (_, at) => join(home, `${at}`));
      const silent = await Promise.all(folders.map(async (path) => {
        let events = 0;
        const folder = new WatchedFolder(path, () => events++);
        await folder.tend();
        await rm(path, { recursive: true });
        await mkdir(path);
        await folder.tend();
        await until("it tells of its own file", () => folder.tells);
        await calm(() => events);
        const before = events;
        await writeFile(join(path, "one"), "");
        const tells = await until("it tells", () => events > before).catch(() => false);
        folder.close();
        return tells ? [] : [path];
      }));
      assert.deepEqual(silent.flat(), []);
    }));

  it("is watched once while its watch holds", () =>
    withFolder(async (path) => {
      const { watchers, watch } = fragile();
      const folder = new WatchedFolder(path, () => {}, watch, 0);
      for (let time = 0; time < 3; time++) await folder.tend();
      assert.equal(watchers.length, 1);
      folder.close();
    }));
});
