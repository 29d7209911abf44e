/**
 * `layout: agentsview` from the terminal.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { codex } from "../../../adapters/agents/codex/mod.ts";
import { onStage, type Stage } from "./stage.ts";

const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const NAME = `2026/01/31/rollout-2026-01-31T12-00-00-${ID}.jsonl`;
const TEXT = JSON.stringify({
  timestamp: "2026-01-31T12:00:00.000Z",
  type: "session_meta",
  payload: { id: ID, timestamp: "2026-01-31T12:00:00.000Z", cwd: "/home/me/project" },
}) + "\n";

async function play(
  act: (stage: Stage & { store: string; folder: string; plain: string }) => Promise<void>,
) {
  await onStage([], async (stage) => {
    const store = join(stage.home, ".codex");
    const folder = join(stage.home, "a");
    const file = join(store, "sessions", NAME);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, TEXT);
    const agents = [codex({ store })];
    const archive: Stage["archive"] = (argv) => stage.archive(argv, { agents });
    const plain = join(folder, "laptop/raw/codex", NAME);
    await act({ ...stage, archive, store, folder, plain });
  });
}

const yaml = (folder: string, more = "") =>
  `backends:\n  disk:\n    type: file\n    path: ${folder}\n${more}`;
const WITH_LAYOUT = "    layout: agentsview\n    machine: laptop\n";

describe("a backend with layout: agentsview", () => {
  it("has the session's own file, which no command takes for an archive", () =>
    play(async ({ archive, configure, folder, plain }) => {
      await configure(yaml(folder, WITH_LAYOUT));
      const run = await archive(["run", "--verify"]);
      assert.match(run.stdout, /^archived 1 session/);
      assert.equal(await readFile(plain, "utf8"), TEXT);
      const commands = [
        ["list", "--json"],
        ["verify", "--all"],
        ["status"],
        ["rebuild-ledger"],
        ["prune-versions"],
      ];
      for (const argv of commands) {
        const { code, stdout, stderr } = await archive(argv);
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stdout + stderr, /raw\/codex/, argv.join(" "));
      }
      const listed = JSON.parse((await archive(["list", "--json"])).stdout);
      assert.equal(listed.length, 1);
      assert.match((await archive(["run"])).stdout, /none changed/);
    }));

  it("gets it for what was archived before", () =>
    play(async ({ archive, configure, folder, plain }) => {
      await configure(yaml(folder));
      await archive(["run"]);
      await configure(yaml(folder, WITH_LAYOUT));
      const { stdout, stderr } = await archive(["run"]);
      assert.match(stdout, /none changed/);
      assert.match(stderr, /wrote the plain files of 1 archive that had none/);
      assert.equal(await readFile(plain, "utf8"), TEXT);
    }));

  it("gets it for what was archived before also of a session that is gone", () =>
    play(async ({ archive, configure, folder, plain, store }) => {
      await configure(yaml(folder));
      await archive(["run"]);
      await rm(join(store, "sessions"), { recursive: true });
      await configure(yaml(folder, WITH_LAYOUT));
      await archive(["run", "--dry-run"]);
      await assert.rejects(readFile(plain), { code: "ENOENT" });
      const { stderr } = await archive(["run"]);
      assert.match(stderr, /wrote the plain files of 1 archive that had none/);
      assert.equal(await readFile(plain, "utf8"), TEXT);
      assert.doesNotMatch((await archive(["run"])).stderr, /plain files/);
    }));

  it("loses it when the archive is deleted", () =>
    play(async ({ archive, configure, folder, plain }) => {
      await configure(yaml(folder, WITH_LAYOUT));
      await archive(["run"]);
      const { stdout } = await archive(["delete", "--yes", ID]);
      assert.match(stdout, /deleted .* from disk, with 1 plain file of its session/);
      await assert.rejects(readFile(plain), { code: "ENOENT" });
      await archive(["run"]);
      const left = await readdir(folder, { recursive: true });
      assert.deepEqual(left.filter((name) => name.includes(ID)), []);
    }));

  it("fails the run where it cannot have it, and says what is archived all the same", () =>
    play(async ({ archive, configure, folder, plain }) => {
      await configure(yaml(folder, WITH_LAYOUT));
      await mkdir(join(folder, "laptop"), { recursive: true });
      await writeFile(join(folder, "laptop", "raw"), "in the way");
      const { code, stdout, stderr } = await archive(["run"]);
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /is archived on disk, but not its plain files for agentsview/);
      await rm(join(folder, "laptop", "raw"));
      assert.equal((await archive(["run"])).code, 0);
      assert.equal(await readFile(plain, "utf8"), TEXT);
    }));
});
