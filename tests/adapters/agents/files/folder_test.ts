/**
 * Looking at small files of agents.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { textOf } from "../../../../adapters/agents/files/folder.ts";
import { settingIn } from "../../../../adapters/agents/files/setting.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

const skip = process.platform === "win32" && "it has no such pipes";

describe("a small file of an agent's", () => {
  it("says nothing where it is gone, or a folder lies in its place", () =>
    inHome(async (home) => {
      await writeFile(join(home, "one"), "text");
      await mkdir(join(home, "folder"));
      const texts = ["one", "none", "folder", "one/below"].map((name) => textOf(join(home, name)));
      assert.deepEqual(texts, ["text", undefined, undefined, undefined]);
    }));

  it(
    "is not waited for where it is a pipe, into which nobody may ever write",
    { skip },
    () =>
      inHome((home) => {
        const pipe = join(home, "settings.json");
        execFileSync("mkfifo", [pipe]);
        assert.equal(textOf(pipe), undefined);
        assert.equal(settingIn(pipe, ["cleanupPeriodDays"]), undefined);
        return Promise.resolve();
      }),
  );
});
