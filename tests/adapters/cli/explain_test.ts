import { describe, it } from "node:test";
import type { Explanation } from "../../../adapters/cli/explanation.ts";
import assert from "node:assert/strict";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { onStage, type Stage } from "./stage.ts";

const CONFIG = `
backends:
  disk: {type: file, path: ~/disk}
  minio: {type: file, path: ~/minio}
rules:
  - match: ~/private/**
    archive: false
  - match: ["~/work/**", "/srv/*/\${TEAM}"]
    backend: [minio, disk]
  - match: "**/[ab]-tmp"
    backend: disk
default: disk
`;

interface Explained {
  readonly config: { readonly path: string; readonly exists: boolean };
  readonly projects: readonly Explanation[];
}

const ENV = { TEAM: "blue" };

function withRules(play: (stage: Stage, config: string) => Promise<void>): Promise<void> {
  return onStage([], async (stage) => await play(stage, await stage.configure(CONFIG)));
}

describe("archive explain", () => {
  const TABLE: readonly [path: string, rule: number | null, matched: string[], to: string][] = [
    ["private", 1, ["~/private/**"], ""],
    ["private/.hidden/deep", 1, ["~/private/**"], ""],
    ["privat", null, [], "disk"],
    ["work", 2, ["~/work/**"], "minio disk"],
    ["work/a-tmp", 2, ["~/work/**"], "minio disk"],
    ["/srv/x/blue", 2, ["/srv/*/${TEAM}"], "minio disk"],
    ["/srv/x/red", null, [], "disk"],
    ["else/b-tmp", 3, ["**/[ab]-tmp"], "disk"],
    [".", null, [], "disk"],
  ];
  for (const [path, rule, matched, to] of TABLE) {
    it(`finds the rule of ${path}`, () =>
      withRules(async ({ archive, home }) => {
        const shown = await archive(["explain", path, "--json"], { env: ENV });
        assert.deepEqual([shown.code, shown.stderr], [0, ""]);
        const [project] = shown.json<Explained>().projects;
        assert.equal(project?.path, path.startsWith("/") ? path : join(home, path));
        assert.equal(project?.rule, rule);
        assert.deepEqual(project?.matched, matched);
        assert.equal(project?.backends.join(" "), to);
      }));
  }

  it("says it in words, with the configuration's path, and leaves no trace", () =>
    withRules(async ({ archive, home }, config) => {
      await mkdir(join(home, "work", "app"), { recursive: true });
      const before = await readdir(home);
      const { code, stdout, stderr } = await archive(
        ["explain", "work/app", "private/x", "else"],
        { env: ENV },
      );
      assert.deepEqual([code, stderr], [0, ""]);
      assert.deepEqual(stdout.split("\n"), [
        join(home, "work/app"),
        "  rule 2 (match: ~/work/**, /srv/*/${TEAM}) → minio, disk",
        "  matched by: ~/work/**",
        join(home, "private/x"),
        "  rule 1 (match: ~/private/**) says archive: false: nothing of this project is archived",
        "  there is no such folder now; rules go by the path alone",
        join(home, "else"),
        "  no rule matches → default: disk",
        "  there is no such folder now; rules go by the path alone",
        `configuration: ${config}`,
        "",
      ]);
      assert.deepEqual(await readdir(home), before);
    }));

  it("takes the working directory when no path is given", () =>
    withRules(async ({ archive, home }) => {
      const { projects } = (await archive(["explain", "--json"], { env: ENV })).json<Explained>();
      assert.deepEqual(projects.map(({ path, exists }) => [path, exists]), [[home, true]]);
    }));

  it("shows where a link leads, which decides too", () =>
    withRules(async ({ archive, home }) => {
      if (process.platform === "win32") return;
      await mkdir(join(home, "private", "real"), { recursive: true });
      await mkdir(join(home, "work"));
      await symlink(join(home, "private"), join(home, "work", "link"));
      const { stdout } = await archive(["explain", "work/link/real"], { env: ENV });
      assert.match(stdout, /rule 1 .* says archive: false: nothing/);
      assert.ok(stdout.includes(`  real path: ${join(home, "private/real")}\n`));
    }));

  it("says with --backend whether that one gets a copy", () =>
    withRules(async ({ archive }) => {
      const argv = ["explain", "work", "else", "--backend", "minio"];
      const { stdout } = await archive(argv, { env: ENV });
      assert.match(stdout, /rule 2 .* → minio, disk$/m);
      assert.match(stdout, /no rule matches, and the default is disk, not minio: nothing/);
      const { projects } = (await archive([...argv, "--json"], { env: ENV })).json<Explained>();
      assert.deepEqual(projects.map(({ backends }) => backends), [["minio"], []]);
    }));

  it("works with nothing set up, and shows no control characters", () =>
    onStage([], async ({ archive, env }) => {
      const { code, stdout } = await archive(["explain", "a\u001b[2Jb"]);
      assert.equal(code, 0);
      assert.match(stdout, /a␛\[2Jb\n {2}no rule matches → default: default\n/);
      const config = join(env.XDG_CONFIG_HOME ?? "", "opencode", "opencode-session-archiver.yaml");
      assert.ok(stdout.includes(`configuration: ${config} (not there: `));
      const shown = (await archive(["explain", "--json"])).json<Explained>();
      assert.deepEqual(shown.config, { path: config, exists: false });
    }));
});
