/**
 * `archive delete` of a session that has files beside it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { claudeCode } from "../../../adapters/agents/claude_code/mod.ts";
import { onStage, type Stage } from "./stage.ts";

const ID = "88af7215-0447-433b-a90e-88a5ac59001a";
const FOLDER = "projects/-home-me-project";
const LINE = JSON.stringify({
  ...{ type: "user", uuid: "u1", sessionId: ID, cwd: "/home/me/project" },
  ...{ timestamp: "2026-01-31T12:00:00.000Z", message: { role: "user", content: "look" } },
}) + "\n";

async function play(act: (archive: Stage["archive"]) => Promise<void>) {
  await onStage([], async (stage) => {
    const store = join(stage.home, ".claude");
    const files = { [`${ID}.jsonl`]: LINE, [`${ID}/tool-results/one.txt`]: "a result\n" };
    for (const [name, text] of Object.entries(files)) {
      const path = join(store, FOLDER, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const agents = [claudeCode({ store })];
    await act((argv) => stage.archive(argv, { agents }));
  });
}

describe("archive delete of a session with files beside it", () => {
  it("deletes what was archived of both, says so, and archives neither again", () =>
    play(async (archive) => {
      await archive(["run"]);
      const listed = async () =>
        JSON.parse((await archive(["list", "--files", "--json"])).stdout).length;
      assert.equal(await listed(), 2);
      const rehearsal = await archive(["delete", ID, "--dry-run"]);
      assert.match(rehearsal.stdout, new RegExp(`${ID}\\.json.*\n.*${ID}\\.files\\.json`));
      const { code, stdout } = await archive(["delete", ID, "--yes"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`deleted .*${ID}\\.json.*\ndeleted .*${ID}\\.files\\.json`));
      await archive(["run"]);
      assert.equal(await listed(), 0);
    }));

  it("deletes only the files where these are named", () =>
    play(async (archive) => {
      await archive(["run"]);
      await archive(["delete", `${ID}.files`, "--yes"]);
      const left = JSON.parse((await archive(["list", "--files", "--json"])).stdout);
      assert.deepEqual(left.map(({ id }: { id: string }) => id), [ID]);
    }));
});
