import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectGlobs } from "../../../adapters/cli/project_globs.ts";
import { processTerminal } from "../../../adapters/cli/terminal.ts";
import { projectPaths } from "../../../adapters/paths/project_paths.ts";

describe("the forms of a project's path", { skip: process.platform === "win32" }, () => {
  let root = "";
  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "archive-paths-")));
    await mkdir(join(root, "real", "app"), { recursive: true });
    await symlink(join(root, "real"), join(root, "link"));
  });
  after(() => rm(root, { recursive: true }));

  const globs = (...values: string[]) =>
    projectGlobs(values, {
      ...processTerminal("archive"),
      cwd: () => join(root, "link"),
      env: { HOME: join(root, "real") },
      platform: "linux",
    });

  it("are the path and its real path, also where it ends in what is gone", () => {
    assert.deepEqual(projectPaths(join(root, "real/app")), [join(root, "real/app")]);
    assert.deepEqual(projectPaths(join(root, "link/app")), [
      join(root, "link/app"),
      join(root, "real/app"),
    ]);
    assert.deepEqual(projectPaths(join(root, "link/gone/deep")), [
      join(root, "link/gone/deep"),
      join(root, "real/gone/deep"),
    ]);
    assert.deepEqual(projectPaths("/no/such/place"), ["/no/such/place"]);
    assert.deepEqual(projectPaths("C:\\no\\such"), ["C:\\no\\such"]);
  });

  it("are taken from the working directory, the home folder, and through links", () => {
    const both = (end: string) => [join(root, `link${end}`), join(root, `real${end}`)];
    assert.deepEqual(globs("."), both(""));
    assert.deepEqual(globs("app/"), both("/app"));
    assert.deepEqual(globs("app/**"), both("/app/**"));
    assert.deepEqual(globs("ap*"), both("/ap*"));
    assert.deepEqual(globs("~"), [join(root, "real")]);
    assert.deepEqual(globs("~/app"), [join(root, "real/app")]);
    assert.deepEqual(globs("**/app"), ["**/app"]);
    assert.deepEqual(globs("/a", "/a", "/b"), ["/a", "/b"]);
  });

  it("are refused when empty", () => {
    assert.throws(() => globs(""), /--project is empty/);
  });

  it("are refused in few words, however long they are", () => {
    assert.throws(
      () => globs(`~${"b".repeat(5_000)}`),
      ({ message }: Error) => message.length < 400 && /--project is "~b+…", which/.test(message),
    );
  });

  it("are refused where they begin with a home folder that is not known", () => {
    assert.throws(
      () => globs("~bob/app"),
      /--project is "~bob\/app", which .*write ~\/ for your own/,
    );
    const terminal = { ...processTerminal("archive"), env: {}, platform: "linux" };
    assert.throws(() => projectGlobs(["~/app"], terminal), /HOME is not set; write .* without ~/);
  });
});
