import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onStage, session } from "./stage.ts";

const NPX = "npx opencode-session-archiver";

describe("hints", () => {
  for (const program of [NPX, "deno task archive"]) {
    it(`can be typed as they stand by whoever typed ${program}`, () =>
      onStage([session("one")], async ({ archive, configure, home }) => {
        const said = async (...argv: string[]) => {
          const { stdout, stderr } = await archive(argv, { program });
          return stdout + stderr;
        };
        const path = await configure(
          "backends: {near: {type: file, path: ~/a}}",
          join(home, "a.yaml"),
        );
        const named = ` --config ${path}`;
        assert.ok((await said("--help")).includes(`Usage: ${program} [options]`));
        assert.ok((await said("list", "--help")).includes(`Usage: ${program} list`));
        assert.ok((await said("get", "--help")).includes(`${program} get KEY | jq`));
        assert.ok((await said("list")).includes(`"${program} run" does it`));
        assert.ok((await said("list", "--config", path)).includes(`"${program} run${named}" does`));
        const filtered = await said("list", "--title", "x", "--config", path);
        assert.ok(filtered.includes(`"${program} list${named}" without conditions`));
        assert.ok((await said("doctor")).includes(`"${program} init" sets up a better place`));
        assert.ok((await said("run", "--session", "no")).includes(`"${program} list" shows what`));
        const again = await said("init", "--type", "file", "--path", "~/b", "--config", path);
        assert.ok(again.includes(`run "${program} doctor${named}"`), again);
      }));
  }

  it("stand in the file that init writes, too", () =>
    onStage([], async ({ archive, home }) => {
      const path = join(home, "new.yaml");
      const argv = ["init", "--type", "file", "--path", "~/b", "--config", path];
      const { stderr } = await archive(argv, { program: NPX });
      assert.ok(stderr.includes(`"${NPX} run --config ${path}" copies all sessions`), stderr);

      assert.ok((await readFile(path, "utf8")).includes(`\n#   ${NPX} doctor --config ${path}\n`));
    }));
});
