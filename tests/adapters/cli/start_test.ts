import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { posix } from "node:path";
import { readSources } from "../../source/imports.ts";

const SOURCES = new Map(
  readSources(["core", "backends", "adapters"]).map((source) => [source.file, source]),
);

/** Everything that some files load at once, as files and packages. */
function loadedWith(files: readonly string[]): Set<string> {
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const source = SOURCES.get(file);
    assert.ok(source, `${file} is there`);
    for (const { kind, specifier = "" } of source.imports) {
      if (kind !== "static") continue;
      if (specifier.startsWith(".")) load(posix.join(posix.dirname(file), specifier));
      else loaded.add(specifier);
    }
  };
  for (const file of files) load(file);
  return loaded;
}

/** What a call by an agent's hook may load; more, and it takes longer on Deno than is promised. */
const MOST_MODULES_OF_A_HOOK = 32;

describe("a light start", () => {
  it("loads for --help nothing but the commands' names and the parser", () => {
    const loaded = loadedWith(["adapters/cli/main.ts", "adapters/cli/program.ts"]);
    const outside = [...loaded].filter((one) => !one.startsWith("adapters/cli/"));
    assert.deepEqual(outside.sort(), [
      "adapters/config/agent_names.ts",
      "adapters/process/typed_command.ts",
      "commander",
      "core/errors.ts",
      "core/hash.ts",
      "core/keys/archive_key.ts",
      "core/keys/files_of.ts",
      "core/keys/session_id.ts",
      "core/keys/short_key.ts",
      "core/one_line.ts",
      "node:process",
    ]);
  });

  it("loads for an agent's hook nothing that reads an outbox, takes a lock or starts a relay", () => {
    const loaded = [...loadedWith(["adapters/cli/bin.ts", "adapters/hooks/hook.ts"])];
    const outside = loaded.filter((one) => !one.endsWith(".ts")).sort();
    assert.deepEqual(outside, ["node:fs/promises", "node:os", "node:path", "node:process"]);
    const heavy =
      /(outbox|handover|lock|lock_file|start|replace_file|own_runtime)\.ts$|archive_key/;
    assert.deepEqual(loaded.filter((one) => heavy.test(one)), []);
    // On Deno, each takes a sixth of a millisecond at every end of a turn.
    const modules = loaded.filter((one) => one.endsWith(".ts"));
    assert.ok(modules.length <= MOST_MODULES_OF_A_HOOK, `${modules.length} modules`);
  });

  it("loads for list no agent, no prompt, no lock, no spool, and no YAML before there is a file", () => {
    const loaded = loadedWith([
      "adapters/cli/commands/list.ts",
      "adapters/cli/open_archive.ts",
      "adapters/cli/configuration.ts",
      "adapters/config/backends.ts",
    ]);
    const heavy = /agents\/|@clack|@aws|zod|yaml|\/lock\.ts$|spool\.ts$|sqlite/;
    const found = [...loaded].filter((one) => heavy.test(one) && !/^core\//.test(one));
    assert.deepEqual(found, []);
  });
});
