/**
 * Watching a tree of folders, as the system really tells of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { appendFile, mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { WatchedTree, type WatchPath } from "../../../adapters/relay/watched_tree.ts";
import { until } from "../../until.ts";
import { withFolder } from "../state/temporary.ts";

/** Watches that are only written down: those that are open, by path, and what each was told. */
function written() {
  const open = new Map<string, EventEmitter>();
  const watch: WatchPath = (path, _options, listener) => {
    const watcher = new EventEmitter().on("change", listener);
    open.set(path, watcher);
    return Object.assign(watcher as never, { close: () => open.delete(path) });
  };
  return { open, watch };
}

const below = (root: string, paths: Iterable<string>) =>
  [...paths].map((path) => path.slice(root.length).replaceAll("\\", "/")).sort();

describe("a watched tree", () => {
  it("is told of changes in a file deep in it, also in folders that were made later", () =>
    withFolder(async (path) => {
      await mkdir(join(path, "2026", "01"), { recursive: true });
      let events = 0;
      const tree = new WatchedTree({ path, isTree: true }, () => events++);
      await tree.tend();
      assert.equal(tree.problem, undefined);
      try {
        for (const folder of [["2026", "01"], ["2027", "02", "03"]]) {
          await mkdir(join(path, ...folder), { recursive: true });
          await tree.tend();
          const before = events;
          await until(`an event below ${folder}`, async () => {
            await appendFile(join(path, ...folder, "session.jsonl"), "{}\n");
            return events > before;
          });
        }
      } finally {
        tree.close();
      }
    }));

  it("has a watch for each folder where one is not enough, and none for links", () =>
    withFolder(async (path) => {
      const { open, watch } = written();
      await mkdir(join(path, "a", "b"), { recursive: true });
      await mkdir(join(path, "c"));
      if (process.platform !== "win32") await symlink(join(path, "a"), join(path, "link"));
      const tree = new WatchedTree({ path, isTree: true }, () => {}, {
        watch,
        isRecursive: false,
      });
      await tree.tend();
      assert.deepEqual(below(path, open.keys()), ["", "/a", "/a/b", "/c"]);
      await rm(join(path, "a"), { recursive: true });
      await mkdir(join(path, "d"));
      await tree.tend();
      assert.deepEqual(below(path, open.keys()), ["", "/c", "/d"]);
      tree.close();
      assert.equal(open.size, 0);
    }));

  it("watches anew a folder that was made in the place of another one", () =>
    withFolder(async (path) => {
      const { open, watch } = written();
      const folder = join(path, "sessions");
      await mkdir(folder);
      const tree = new WatchedTree({ path: folder, isTree: true }, () => {}, { watch });
      await tree.tend();
      const [first] = open.values();
      await rename(folder, join(path, "moved"));
      await mkdir(folder);
      await tree.tend();
      const [second] = open.values();
      assert.notEqual(second, first);
      assert.equal(open.size, 1);
    }));

  it("is really told of what happens where another folder was made in its place", () =>
    withFolder(async (home) => {
      const paths = Array.from({ length: 20 }, (_, at) => join(home, `${at}`));
      await Promise.all(paths.map(async (path) => {
        await mkdir(path);
        let events = 0;
        const tree = new WatchedTree({ path, isTree: true }, () => events++);
        try {
          await tree.tend();
          await rename(path, `${path}-moved`);
          await mkdir(path);
          await tree.tend();
          // What is told late of the folder that was there before must not count.
          await delay(200);
          const before = events;
          await until(`an event in ${path}`, async () => {
            await appendFile(join(path, "session.jsonl"), "{}\n");
            return events > before;
          });
        } finally {
          tree.close();
        }
      }));
    }));

  it("watches anew what broke, when it is tended next", () =>
    withFolder(async (path) => {
      const { open, watch } = written();
      const tree = new WatchedTree({ path, isTree: false }, () => {}, { watch });
      await tree.tend();
      open.get(path)?.emit("error", new Error("EIO"));
      assert.equal(open.size, 0);
      await tree.tend();
      assert.equal(open.size, 1);
    }));

  it("has all others where one is shut, and takes no notice of one that is gone", () =>
    withFolder(async (path) => {
      const { open, watch } = written();
      for (const name of ["a", "gone", "shut", "z"]) await mkdir(join(path, name));
      const failing: WatchPath = (at, ...rest) => {
        const code = at.endsWith("shut") ? "EACCES" : at.endsWith("gone") ? "ENOENT" : undefined;
        if (code) throw Object.assign(new Error(`${code}: ${at}`), { code });
        return watch(at, ...rest);
      };
      const tree = new WatchedTree({ path, isTree: true }, () => {}, {
        watch: failing,
        isRecursive: false,
      });
      await tree.tend();
      assert.deepEqual(below(path, open.keys()), ["", "/a", "/z"]);
      assert.match(tree.problem ?? "", /^EACCES: .*shut$/);
      tree.close();
    }));

  it("says why it has not all of it, and keeps what it has", () =>
    withFolder(async (path) => {
      const { open, watch } = written();
      await mkdir(join(path, "a"));
      const tree = new WatchedTree({ path, isTree: true }, () => {}, {
        isRecursive: false,
        watch(...asked) {
          if (open.size === 1) throw new Error("ENOSPC: no more watches");
          return watch(...asked);
        },
      });
      await tree.tend();
      assert.deepEqual([tree.problem, open.size], ["ENOSPC: no more watches", 1]);
    }));
});
