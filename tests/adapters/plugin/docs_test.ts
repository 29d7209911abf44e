/**
 * What `docs/opencode.md` and the README say of the plugin is so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { PluginHost } from "../../../adapters/plugin/host.ts";
import { readOptions } from "../../../adapters/plugin/options.ts";
import { archiveTools } from "../../../adapters/plugin/tools/mod.ts";

const DOCS = "docs/opencode.md";

function read(file: string): string {
  return readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
}

function jsonBlocks(file: string): readonly unknown[] {
  return [...read(file).matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text));
}

/** What stands between backquotes in each cell of a table's row. */
function row(text: string, first: string): readonly string[][] {
  const line = text.split("\n").find((line) => line.startsWith(`| \`${first}\``)) ?? "";
  const cells = line.split("|").slice(1, -1);
  return cells.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
}

const WHERE = { env: { HOME: "/home/me" }, platform: "linux" };

describe("what is written of the plugin", () => {
  for (const file of ["README.md", DOCS]) {
    it(`shows an opencode.json that works, in ${file}`, () => {
      const plugins = jsonBlocks(file).flatMap((block) =>
        (block as { plugin?: readonly unknown[] }).plugin ?? []
      );
      assert.ok(plugins.length > 0);
      for (const plugin of plugins) {
        const [name, options] = [plugin].flat() as [string, unknown];
        assert.match(name, /^opencode-session-archiver(@\d+\.\d+\.\d+)?$/);
        const setup = readOptions(options, WHERE);
        assert.ok(!("problem" in setup), JSON.stringify(setup));
      }
    });
  }

  it("lists every tool with all its arguments", () => {
    const host: PluginHost = { directory: "/", ...WHERE, log() {}, toast() {} };
    const text = read(DOCS);
    for (const [name, { args }] of Object.entries(archiveTools(host))) {
      const [, documented = []] = row(text, name);
      // `format` has its values beside it.
      const names = documented.filter((one) => !["summary", "transcript", "json"].includes(one));
      assert.deepEqual(names, Object.keys(args), name);
    }
  });

  it("names the permission that a deletion asks for", () => {
    const permissions = jsonBlocks(DOCS).flatMap((block) =>
      Object.keys((block as { permission?: object }).permission ?? {})
    );
    assert.deepEqual(permissions, ["delete_archive"]);
  });
});
