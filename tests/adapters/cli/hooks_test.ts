import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { onStage, type Shown, type Stage } from "./stage.ts";

/** A home with settings of agents, and a runtime in it. */
interface Scene extends Stage {
  /** Runs a command about hooks. */
  run(...argv: string[]): Promise<Shown>;
  /** Puts a file into the home; gives its path. */
  put(path: string, text: string): Promise<string>;
  read(path: string): Promise<string>;
  readonly node: string;
}

async function onScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  await onStage([], async (stage) => {
    const put = async (path: string, text: string) => {
      const file = join(stage.home, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    };
    const node = await put("bin/node", "");
    const runtime = { execPath: node, versions: {} };
    await play({
      ...{ ...stage, put, node },
      run: (...argv) => stage.archive(argv, { runtime }),
      read: (path) => readFile(join(stage.home, path), "utf8"),
    });
  });
}

const CLAUDE = ".claude/settings.json";
const SETTINGS = `{\n  "model": "opus" // mine\n}\n`;

interface Json {
  readonly dryRun: boolean;
  readonly agents: readonly { agent: string; file: string; events: string[]; changed: boolean }[];
}

describe("archive install-hooks", () => {
  it("adds a hook to the settings of every agent that is there, and takes them out again", () =>
    onScene(async ({ home, put, read, run }) => {
      await put(CLAUDE, SETTINGS);
      for (const folder of [".codex", ".copilot"]) await mkdir(join(home, folder));
      const installed = await run("install-hooks");
      assert.equal(installed.code, 0);
      assert.match(installed.stdout, /^claude-code: hooks for SessionStart, Stop, .* added to /m);
      assert.doesNotMatch(installed.stdout, /gemini/);
      assert.match(installed.stderr, /note: Codex .*trust/);
      assert.match(await read(CLAUDE), /"model": "opus", \/\/ mine\n {2}"hooks": \{\n {4}"Session/);
      const codex = JSON.parse(await read(".codex/hooks.json"));
      assert.match(codex.hooks.Stop[0].hooks[0].command, /^cd \/ && .*bin\/node .* hook codex >/);
      assert.equal(codex.hooks.SessionEnd[0].hooks[0].timeout, 3);
      const copilot = JSON.parse(await read(".copilot/hooks/session-archiver.json"));
      assert.equal(copilot.version, 1);
      assert.match(copilot.hooks.agentStop[0].bash, / hook copilot >/);

      const removed = await run("uninstall-hooks");
      assert.equal(removed.code, 0);
      assert.equal(await read(CLAUDE), SETTINGS);
      assert.deepEqual(await readdir(join(home, ".codex")), []);
      assert.deepEqual(await readdir(join(home, ".copilot")), []);
    }));

  it("changes nothing the second time, nor where it only rehearses", () =>
    onScene(async ({ put, read, run }) => {
      await put(".gemini/settings.json", "{}");
      const rehearsed = await run("install-hooks", "--dry-run");
      assert.match(rehearsed.stdout, /gemini: hooks for AfterAgent, SessionEnd would be added to/);
      assert.match(rehearsed.stdout, /^ {2}\+ .*hook gemini/m);
      assert.equal(await read(".gemini/settings.json"), "{}");
      await run("install-hooks", "gemini");
      const after = await read(".gemini/settings.json");
      const again = (await run("install-hooks", "--json")).json<Json>();
      assert.deepEqual(again.agents.map(({ agent, changed }) => [agent, changed]), [
        ["gemini", false],
      ]);
      const out = await run("uninstall-hooks", "--dry-run", "--json");
      assert.deepEqual(out.json<Json>().agents[0].events, ["AfterAgent", "SessionEnd"]);
      assert.equal(await read(".gemini/settings.json"), after);
    }));

  it("keeps a link a link, and the rights of what it leads to", () =>
    onScene(async ({ home, put, read, run }) => {
      const real = await put("dotfiles/claude.json", SETTINGS);
      await chmod(real, 0o640);
      await mkdir(join(home, ".claude"));
      await symlink("../dotfiles/claude.json", join(home, CLAUDE));
      await run("install-hooks", "claude-code");
      assert.ok((await lstat(join(home, CLAUDE))).isSymbolicLink());
      assert.equal(await readlink(join(home, CLAUDE)), "../dotfiles/claude.json");
      assert.equal((await stat(real)).mode & 0o777, 0o640);
      assert.match(await read("dotfiles/claude.json"), /hook claude-code/);
      assert.deepEqual(await readdir(join(home, "dotfiles")), ["claude.json"]);
      await run("uninstall-hooks");
      assert.equal(await read("dotfiles/claude.json"), SETTINGS);
    }));

  it("leaves settings alone that it cannot read, says what to add, and goes on with the others", () =>
    onScene(async ({ home, put, read, run }) => {
      await put(CLAUDE, "{ model: opus }");
      await mkdir(join(home, ".codex"));
      const { code, stderr } = await run("install-hooks");
      assert.equal(code, 1);
      assert.match(stderr, /settings\.json is left as it is.*by hand: "hooks": \{"SessionStart"/);
      assert.equal(await read(CLAUDE), "{ model: opus }");
      assert.match(await read(".codex/hooks.json"), /hook codex/);
    }));

  it("leaves hooks alone that somebody else put into the file that it made for Copilot", () =>
    onScene(async ({ home, put, read, run }) => {
      const file = ".copilot/hooks/session-archiver.json";
      await mkdir(join(home, ".copilot"));
      await run("install-hooks", "copilot");
      const own = JSON.parse(await read(file));
      const mine = [{ type: "command", bash: "my-own-guard", timeoutSec: 5 }];
      await put(file, JSON.stringify({ ...own, hooks: { ...own.hooks, preToolUse: mine } }));
      await run("uninstall-hooks", "copilot");
      assert.deepEqual(JSON.parse(await read(file)).hooks, { preToolUse: mine });
    }));

  it(
    "does not wait for settings that are a pipe",
    { skip: process.platform === "win32" },
    () =>
      onScene(async ({ home, run }) => {
        await mkdir(join(home, ".claude"));
        execFileSync("mkfifo", [join(home, CLAUDE)]);
        const { code, stderr } = await run("install-hooks", "claude-code");
        assert.equal(code, 1);
        assert.match(stderr, /settings\.json is no file; move it away/);
      }),
  );

  it("hands a configuration that is named on to the hooks, by its whole path", () =>
    onScene(async ({ home, put, read, run }) => {
      await put(CLAUDE, "{}");
      await run("install-hooks", "--config", "my/it.yaml");
      assert.ok((await read(CLAUDE)).includes(`hook claude-code --config ${home}/my/it.yaml >`));
    }));

  it("says which agents there are, and when there are none", () =>
    onScene(async ({ run }) => {
      const wrong = await run("install-hooks", "claude");
      assert.equal(wrong.code, 2);
      assert.match(
        wrong.stderr,
        /claude is no agent with hooks.*claude-code, codex, copilot, gemini/,
      );
      assert.match((await run("install-hooks")).stdout, /none of these agents is on this machine/);
    }));

  it("is refused where the program does not stay", () =>
    onStage([], async ({ archive }) => {
      const runtime = {
        execPath: "/home/me/.npm/_npx/1f/node_modules/node/bin/node",
        versions: {},
      };
      const { code, stderr } = await archive(["install-hooks", "codex"], { runtime });
      assert.equal(code, 2);
      assert.match(stderr, /lies in a cache.*npm install --global/);
    }));
});

describe("archive doctor", () => {
  it("says what to type where hooks go by a program that is gone", () =>
    onScene(async ({ node, put, run }) => {
      await put(CLAUDE, "{}");
      assert.doesNotMatch((await run("doctor")).stdout, /hooks of other agents/);
      await run("install-hooks");
      assert.match((await run("doctor")).stdout, /✓ claude-code +tells of SessionStart, Stop/);
      await rm(node);
      const { code, stdout } = await run("doctor");
      assert.equal(code, 1);
      assert.match(stdout, /✗ claude-code +.*bin\/node in .* is gone/);
      assert.match(stdout, /→ type "archive install-hooks claude-code"/);
      const { hooks } = (await run("doctor", "--json")).json<{ hooks: { status: string }[] }>();
      assert.deepEqual(hooks.map(({ status }) => status), ["failed"]);
    }));
});
