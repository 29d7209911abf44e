import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { openLanes } from "../../../adapters/relay/open_lanes.ts";
import { accessStamp, haveChanged } from "../../../adapters/state/stamps.ts";
import { MemoryLedger } from "../../../core/ledger/ledger.ts";
import { MemorySpool } from "../../../core/document/memory_spool.ts";
import { LaidOutAgent } from "../../core/laid_out_agent.ts";
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

  it("writes plain files where the configuration wants them", () =>
    withFolder(async (home) => {
      const path = JSON.stringify(join(home, "archives"));
      const yaml = `backends: {disk: {type: file, path: ${path}, layout: agentsview}}`;
      const agent = new LaidOutAgent();
      agent.set({
        ...{ id: "one", projectPath: "/p", createdAt: "2026-01-31T12:00:00.000Z" },
        ...{ title: "file:a/one", messages: [{ id: "m", role: "user", text: "hello" }] },
      });
      const { lanes: [lane], close } = await openLanes(read(yaml), {
        agents: [agent],
        ledger: new MemoryLedger(),
        spool: new MemorySpool(),
        state: home,
        env: {},
        platform: process.platform,
      });
      const run = lane.begin();
      for await (const session of agent.sessions()) {
        const { copies: [{ status, error }] } = await run.archive(session);
        assert.equal(status, "archived", String(error));
      }
      const plain = await readFile(join(home, "archives/box/raw/memory/a/one.jsonl"), "utf8");
      assert.equal(plain, "hello\n");
      await close();
    }));
});
