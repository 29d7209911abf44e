import { describe, it } from "node:test";
import assert from "node:assert/strict";
import {
  checkoutProgram,
  packageProgram,
  type Start,
  typedCommand,
} from "../../../adapters/process/typed_command.ts";
import fc from "../../properties.ts";

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

  it("names the configuration that the user named", () => {
    assert.equal(typedCommand(NPX, "run"), `${NPX} run`);
    assert.equal(
      typedCommand(NPX, "run", "/home/me/a.yaml"),
      `${NPX} run --config /home/me/a.yaml`,
    );
  });

  it("has the configuration in quotes where it needs some", () => {
    const config = (path: string, platform: string) =>
      typedCommand(NPX, "run", path, platform).slice(`${NPX} run --config `.length);
    assert.equal(config("/my files/a", "linux"), "'/my files/a'");
    assert.equal(config("/it's/$(me)", "linux"), "'/it'\\''s/$(me)'");
    assert.equal(config("a\\b.yaml", "linux"), "'a\\b.yaml'");
    assert.equal(config("C:\\me\\a.yaml", "win32"), "C:\\me\\a.yaml");
    assert.equal(config("C:\\my files\\it's.yaml", "win32"), '"C:\\my files\\it\'s.yaml"');
  });

  it("gives a shell exactly the path, whatever stands in it", async () => {
    const { execFileSync } = await import("node:child_process");
    const hostile = fc.string({
      unit: fc.constantFrom("a", " ", "'", '"', "$", "`", "\\", "!", "*", "~", "#", "\n", "é"),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(hostile, (name) => {
        const path = `/${name}`;
        const typed = typedCommand("printf %s", "x", path, "linux");
        assert.equal(String(execFileSync("sh", ["-c", typed])), `x--config${path}`);
      }),
      { numRuns: 50 },
    );
  });
});
