import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkoutProgram,
  packageProgram,
  type Start,
  typedCommand,
} from "../../../adapters/cli/typed_command.ts";
import { onStage, session } from "./stage.ts";

function started(script: string, more: Partial<Start> = {}): string {
  return packageProgram({ argv: ["/usr/bin/node", script], env: {}, versions: {}, ...more });
}

const NPX = "npx opencode-session-archiver";

describe("what users type to run the program", () => {
  it("is its name where it is installed for the whole machine", () => {
    assert.equal(started("/usr/local/bin/session-archiver"), "session-archiver");
  });

  const elsewhere = [
    ["from npx's folder", "/home/me/.npm/_npx/1a2b/node_modules/.bin/session-archiver"],
    ["from a project", "/home/me/project/node_modules/.bin/session-archiver"],
    ["by its module", "/home/me/node_modules/opencode-session-archiver/esm/adapters/cli/bin.js"],
    ["by its module on Windows", "C:\\npm\\opencode-session-archiver\\esm\\adapters\\cli\\bin.js"],
  ];
  for (const [how, script] of elsewhere) {
    it(`is npm's runner with the package where it is started ${how}`, () => {
      assert.equal(started(script), NPX);
    });
  }

  it("is Bun's runner on Bun, but not on the Bun that an agent embeds", () => {
    const versions = { bun: "1.3.0" };
    assert.equal(started("/x/bin.js", { versions }), "bunx opencode-session-archiver");
    assert.equal(started("/x/bin.js", { versions, env: { BUN_BE_BUN: "1" } }), NPX);
  });

  it("is Deno's task in a checkout, with Deno from npm where that came from there", () => {
    assert.equal(checkoutProgram({}), "deno task archive");
    assert.equal(checkoutProgram({ npm_command: "exec" }), "npx -y deno task archive");
  });

  it("names the configuration that the user named, in quotes where it needs some", () => {
    assert.equal(typedCommand(NPX, "run"), `${NPX} run`);
    assert.equal(
      typedCommand(NPX, "run", "/home/me/a.yaml"),
      `${NPX} run --config /home/me/a.yaml`,
    );
    assert.equal(typedCommand(NPX, "run", "/my files/a"), `${NPX} run --config "/my files/a"`);
  });
});

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
