import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { readSources } from "../../source/imports.ts";

/** Everything outside of the project that is loaded at once with one of its files. */
function loadedWith(start: string): Set<string> {
  const sources = new Map(
    readSources(["adapters", "backends", "core"]).map((source) => [source.file, source]),
  );
  const packages = new Set<string>();
  const seen = new Set<string>();
  const walk = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { kind, specifier } of sources.get(file)?.imports ?? []) {
      if (kind !== "static" || specifier === undefined) continue;
      if (specifier.startsWith(".")) walk(posix.join(posix.dirname(file), specifier));
      else packages.add(specifier);
    }
  };
  walk(start);
  return packages;
}

/** Sources are read by Deno's own parser. */
const NEEDS_DENO = { skip: !("Deno" in globalThis) };

describe("the start without a configuration", NEEDS_DENO, () => {
  it("loads neither the schema, nor the YAML parser, nor any backend's SDK", () => {
    for (const file of ["load.ts", "backends.ts", "config_error.ts"]) {
      const loaded = [...loadedWith(`adapters/config/${file}`)];
      assert.deepEqual(loaded.filter((one) => !one.startsWith("node:")), [], file);
    }
    assert.ok(loadedWith("adapters/config/parse.ts").has("zod"));
    assert.ok(loadedWith("adapters/config/parse.ts").has("@std/yaml"));
  });
});
