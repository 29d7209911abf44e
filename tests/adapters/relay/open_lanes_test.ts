import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { openLanes } from "../../../adapters/relay/open_lanes.ts";
import { accessStamp, haveChanged } from "../../../adapters/state/stamps.ts";
import { MemoryLedger } from "../../../core/ledger/ledger.ts";
import { MemorySpool } from "../../../core/document/memory_spool.ts";
import { read, withFolder } from "../config/reading.ts";

describe("a lane into a folder", () => {
  it("hangs on that folder and all above it, which need not be there", () =>
    withFolder(async (home) => {
      const path = join(home, "disk", "archives");
      const config = read(`backends: {disk: {type: file, path: ${JSON.stringify(path)}}}`);
      const { lanes: [{ access }], close } = await openLanes(config, {
        agents: [],
        ledger: new MemoryLedger(),
        spool: new MemorySpool(),
        state: home,
        env: {},
        platform: process.platform,
      });
      const folders = Object.keys(access);
      assert.deepEqual(folders.slice(0, 3), [path, dirname(path), home]);
      assert.equal(folders.at(-1), parse(home).root);
      assert.equal(access[path], "missing");
      assert.equal(access[home], await accessStamp(home));
      assert.equal(await haveChanged(access, accessStamp), false);
      await mkdir(dirname(path));
      assert.equal(await haveChanged(access, accessStamp), true);
      await close();
    }));
});
