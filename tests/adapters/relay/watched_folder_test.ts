import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { WatchedFolder, type WatchFolder } from "../../../adapters/relay/watched_folder.ts";
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

  it("is watched once while its watch holds", () =>
    withFolder(async (path) => {
      const { watchers, watch } = fragile();
      const folder = new WatchedFolder(path, () => {}, watch, 0);
      for (let time = 0; time < 3; time++) await folder.tend();
      assert.equal(watchers.length, 1);
      folder.close();
    }));
});
