import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { globForms, realPathOf } from "../../../adapters/paths/project_paths.ts";
import { router } from "../../../core/routing.ts";

async function inFolder(play: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "links-")));
  try {
    await play(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("links to what is not there now", { skip: process.platform === "win32" }, () => {
  it("lead where they say: a private volume that is not mounted stays private", () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "volume/private/app"), { recursive: true });
      await symlink(join(folder, "volume/private"), join(folder, "private"));
      await rename(join(folder, "volume"), join(folder, "unmounted"));
      const globs = globForms(join(folder, "private/**"));
      const route = await router([{ match: globs, backends: [] }], ["bucket"]);
      const path = join(folder, "volume/private/app");
      assert.deepEqual(route([path, realPathOf(path)]).backends, []);
    }));

  it("lead there from the project's side too, relative ones and several in a row", () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "links"));
      await symlink("../private/sub", join(folder, "links/relative"));
      await symlink("relative", join(folder, "links/second"));
      assert.equal(realPathOf(join(folder, "links/second/x")), join(folder, "private/sub/x"));
    }));

  it("that go in a circle end", () =>
    inFolder(async (folder) => {
      await symlink("b", join(folder, "a"));
      await symlink("a", join(folder, "b"));
      assert.match(realPathOf(join(folder, "a/x")), /\/[ab]\/x$/);
    }));
});
