/**
 * Building the npm package where it cannot be built.
 *
 * @module
 */
import { it } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildPackage } from "../../scripts/npm/build.ts";
import { run } from "../../scripts/run_command.ts";
import { refusingUrl } from "../refusing_url.ts";
import { ROOT } from "../source/imports.ts";

it("building for a release says so when JSR does not answer, and what builds without it", async () => {
  const args = ["run", "-A", "--no-lock", "--config", "deno.json", "scripts/npm/build.ts"];
  const { code, output } = await run(process.execPath, args, fileURLToPath(ROOT), {
    ...process.env,
    JSR_URL: await refusingUrl(),
    NO_COLOR: "1",
  });
  assert.equal(code, 1, output);
  assert.match(output, /dnt cannot be had from JSR.*LANE=npm deno task npm builds/);
});

it("building removes nothing but an earlier build", async () => {
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-build-"));
  try {
    for (const file of ["mine.txt", "package.json"]) {
      await writeFile(join(folder, file), '{ "name": "another" }');
      await assert.rejects(buildPackage(folder), /has something else than a build.*another folder/);
    }
    assert.deepEqual((await readdir(folder)).sort(), ["mine.txt", "package.json"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
