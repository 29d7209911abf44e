/**
 * What is started or loaded by its URL is in the npm package.
 *
 * @module
 */
import { it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { ENTRIES } from "../../scripts/npm/package.ts";
import { readSources, ROOT } from "../source/imports.ts";

it("modules that are started or loaded by their URL are entries", () => {
  const started = readSources(["adapters"]).flatMap(({ file }) => {
    const text = readFileSync(new URL(file, ROOT), "utf8");
    return [...text.matchAll(/\bownFile\(\s*"([^"]+)"/g)]
      .map(([, name]) => posix.join(posix.dirname(file), `${name}.ts`));
  });
  assert.notDeepEqual(started, []);
  const entries = ENTRIES.map(({ source }) => source);
  assert.deepEqual(started.filter((path) => !entries.includes(path)), []);
});
