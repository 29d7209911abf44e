import assert from "node:assert/strict";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { onStage, session, type Stage } from "./stage.ts";

const YAML = "backends: {disk: {type: file, path: ~/disk}}\n" +
  "rules: [{match: ~/private/**, archive: false}]\n";

/** All files below a folder. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(folder, { recursive: true }).catch(() => []);
  return [...names].sort();
}

/** A stage with a session that the configuration forbids, and one that it does not. */
function withPrivate(play: (stage: Stage) => Promise<void>): Promise<void> {
  return onStage([session("open")], async (stage) => {
    stage.agent.set(session("secret", { projectPath: join(stage.home, "private") }));
    await play(stage);
  });
}

/** As if the file had been in force, and was removed. */
async function loseConfiguration({ archive, configure }: Stage): Promise<string> {
  const path = await configure(YAML);
  assert.equal((await archive(["run"])).code, 0);
  await rm(path);
  return path;
}

describe("a configuration that was in force and is gone", () => {
  it("sends nothing to the default folder", () =>
    withPrivate(async (stage) => {
      const { archive, archives, agent, home } = stage;
      const path = await loseConfiguration(stage);
      const before = await filesIn(join(home, "disk"));
      agent.set(session("later"));
      for (const argv of [[], ["run", "--session", "secret"], ["run", "--dry-run"]]) {
        const { code, stderr, stdout } = await archive(argv);
        assert.equal(code, 2, `${argv}`);
        assert.equal(stdout, "");
        assert.equal(
          stderr,
          `error: ${path}: is gone, so that nothing is archived; put it back, or write another ` +
            'one, as "archive init" does\n',
        );
      }
      assert.deepEqual(await filesIn(archives), []);
      assert.deepEqual(await filesIn(join(home, "disk")), before);
    }));

  it("is told by every command, which would speak of another archive otherwise", () =>
    withPrivate(async (stage) => {
      await loseConfiguration(stage);
      const ofSession = ["show open", "get open", "restore open", "delete open --yes"];
      for (const name of ["list", "verify --all", "explain", "retry", ...ofSession]) {
        const argv = name.split(" ");
        const { code, stderr } = await stage.archive(argv);
        assert.equal(code, 2, name);
        assert.match(stderr, /is gone, so that nothing is archived; put it back/, name);
      }
      const doctor = await stage.archive(["doctor"]);
      assert.equal(doctor.code, 2);
      assert.equal(doctor.stdout, "", "no section says otherwise");
      const status = await stage.archive(["status"]);
      assert.equal(status.code, 1);
      assert.match(status.stdout, /^not well: the configuration cannot be used\n/);
      assert.match(status.stdout, /is gone, so that nothing is archived/);
      assert.doesNotMatch(status.stdout, /default folder/);
    }));

  it("counts again when it is put back", () =>
    withPrivate(async (stage) => {
      const { archive, archives, agent, configure } = stage;
      await loseConfiguration(stage);
      agent.set(session("later"));
      await configure(YAML);
      const { code, stdout } = await archive(["run", "--json"]);
      assert.equal(code, 0);
      const { sessions } = JSON.parse(stdout);
      assert.deepEqual(sessions.map(({ id }: { id: string }) => id), ["later"]);
      assert.deepEqual(await filesIn(archives), []);
    }));

  it("is followed by another one, which may name the default folder", () =>
    withPrivate(async (stage) => {
      const { archive, archives } = stage;
      await loseConfiguration(stage);
      const written = await archive(["init", "--type", "file", "--path", archives]);
      assert.equal(written.code, 0, written.stderr);
      assert.equal((await archive(["run"])).code, 0);
      assert.ok((await filesIn(archives)).some((name) => name.endsWith("open.json")));
    }));

  it("holds up no other that is named", () =>
    withPrivate(async (stage) => {
      await loseConfiguration(stage);
      const other = await stage.configure(YAML, join(stage.home, "other.yaml"));
      const { code, stdout } = await stage.archive(["list", "--config", other]);
      assert.equal(code, 0);
      assert.match(stdout, /open/);
    }));
});

describe("a configuration that never could be used", () => {
  const BROKEN: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ["that was empty", (path) => writeFile(path, "")],
    ["that was wrong", (path) => writeFile(path, "backends: 5\n")],
    ["that was a link to nowhere", async (path) => {
      await rm(path);
      await symlink("/nowhere/at/all", path);
    }],
  ];
  for (const [what, spoil] of BROKEN) {
    it(`${what} leaves the default folder in force when it is removed`, () =>
      onStage([session("open")], async ({ archive, archives, configure }) => {
        const path = await configure(YAML);
        await spoil(path);
        assert.equal((await archive(["run"])).code, 2);
        assert.deepEqual(await filesIn(archives), []);
        await rm(path);
        const { code, stderr } = await archive(["run"]);
        assert.equal(code, 0, stderr);
        assert.ok((await filesIn(archives)).some((name) => name.endsWith("open.json")));
      }));
  }
});
