/**
 * The npm package, installed from its tarball, does on every runtime what the library does here.
 *
 * @module
 */
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { access, mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { installedLine, weigh } from "../../scripts/npm/installed.ts";
import {
  COPIED,
  ENTRIES,
  javaScriptOf,
  manifest,
  NAME,
  typesOf,
} from "../../scripts/npm/package.ts";
import type { Ran } from "../../scripts/run_command.ts";
import { type Runtime, RUNTIMES } from "../../scripts/runtimes.ts";
import { withFake } from "../s3/with_fake.ts";
import { ROOT } from "../source/imports.ts";
import type { Place, Seen } from "./consumer.ts";
import { showHookedAgents } from "./hooked_agents.ts";
import { InstalledPackage } from "./installed_package.ts";

/** How far the README may be off, since dependencies grow. */
const TOLERANCE = { bytes: 0.25, packages: 5 };

describe("the npm package", () => {
  let installed: InstalledPackage;
  before(async () => {
    installed = await InstalledPackage.make(Object.values(RUNTIMES));
    await said(installed.compile("--project", "nodenext.json"));
  });
  after(() => installed?.remove());

  it("holds the code and the types of every entry, and what is copied, and no sources", async () => {
    const wanted = ENTRIES.flatMap(({ source }) => [javaScriptOf(source), typesOf(source)]);
    for (const path of [...wanted, ...COPIED]) await access(installed.file(path));
    const inside = await readdir(installed.file("."));
    assert.deepEqual(inside.sort(), [...COPIED, "esm", "package.json", "types"].sort());
  });

  it("has the manifest that is described, with what the code imports and nothing else", () => {
    const text = readFileSync(installed.file("package.json"), "utf8");
    const { dependencies, private: kept, ...rest } = JSON.parse(text);
    const described = manifest({ dependencies: {}, publishable: true });
    assert.deepEqual({ ...rest, dependencies: {} }, described);
    assert.ok(kept === undefined || kept === true);
    const ranges: Record<string, string> = { ...project.imports, ...standInsImports() };
    for (const [name, range] of Object.entries(dependencies)) {
      assert.equal(`npm:${name}@${range}`, ranges[name]);
    }
    const run = ["@aws-sdk/client-s3", "@clack/prompts", "commander", "minimatch", "zod"];
    assert.deepEqual(run.filter((name) => !(name in dependencies)), []);
    assert.ok(!("fast-check" in dependencies) && !("typescript" in dependencies));
  });

  it("calls itself by its own name in the README and in examples", () => {
    for (const path of ["README.md", "types/mod.d.ts", "types/core/memory_agent.d.ts"]) {
      const text = readFileSync(installed.file(path), "utf8");
      assert.ok(text.includes(`from "${NAME}"`), path);
      assert.ok(!text.includes(project.name), path);
    }
  });

  it("passes publint, strictly", async () => {
    await said(installed.check("publint", "--strict", "--pack", "false", installed.file(".")));
  });

  it("has types that resolve as its code does", async () => {
    await said(installed.check("attw", installed.tarball, "--profile", "esm-only"));
  });

  it("compiles for a bundler, as it does for Node, with its types checked too", async () => {
    await said(installed.compile("--project", "bundler.json"));
  });

  it("brings along about what the README says", () => {
    const now = weigh(installed.built, ["esm", "types", ...COPIED]);
    const readme = readFileSync(new URL("README.md", ROOT), "utf8");
    const [, megabytes, packages] = /(\d+) MB in (\d+) packages/.exec(readme) ?? [];
    const off = `README.md should say "${installedLine(now)}"`;
    assert.ok(Math.abs(Number(megabytes) * 1e6 / now.bytes - 1) <= TOLERANCE.bytes, off);
    assert.ok(Math.abs(Number(packages) - now.packages) <= TOLERANCE.packages, off);
  });

  for (const runtime of Object.values(RUNTIMES)) {
    describe(`on ${runtime.name}`, () => onRuntime(runtime, () => installed));
  }
});

function onRuntime(runtime: Runtime, installed: () => InstalledPackage): void {
  const use = async (place: Place): Promise<Seen> =>
    JSON.parse(await said(installed().on(runtime, "consumer.js", JSON.stringify(place))));

  it("is what it is called", async () => {
    const version = await said(installed().on(runtime, "--version"));
    const [, major = ""] = /^Node (\d+)$/.exec(runtime.name) ?? [];
    assert.match(version, major ? new RegExp(`^v${major}\\.`) : /^1\./);
  });

  it("archives into a folder, lists, reads and deletes", async () => {
    const path = await mkdtemp(join(installed().project, "archives-"));
    checkSeen(await use({ file: { path } }));
  });

  it("archives into a bucket, lists, reads and deletes", async () => {
    await withFake(async ({ endpoint, region, credentials, requests }) => {
      const s3 = { bucket: "archives", endpoint, region, credentials, forcePathStyle: true };
      checkSeen(await use({ s3 }));
      assert.ok(requests.length > 0);
    });
  });

  it("gives OpenCode a plugin, under both names", async () => {
    const { schema, version, ...plugin } = JSON.parse(
      await said(installed().on(runtime, "host.js")),
    );
    assert.deepEqual(plugin, { id: NAME, server: "function", same: true });
    assert.deepEqual({ schema, version }, { schema: "string", version: project.version });
  });

  it("runs the program, which says its version and lists nothing in an empty home", async () => {
    const { bin } = JSON.parse(readFileSync(installed().file("package.json"), "utf8"));
    const program = installed().file(bin["session-archiver"]);
    assert.equal(await said(installed().on(runtime, program, "--version")), `${project.version}\n`);
    assert.deepEqual(
      JSON.parse(await said(installed().on(runtime, program, "list", "--json"))),
      [],
    );
  });

  if (runtime === RUNTIMES.node24 || runtime === RUNTIMES.bun) {
    it("has agents tell of their sessions, which are archived although they are killed", async () => {
      const { bin } = JSON.parse(readFileSync(installed().file("package.json"), "utf8"));
      const program = installed().file(bin["session-archiver"]);
      await showHookedAgents((home, ...args) => installed().at(home, runtime, program, ...args));
    });
  }

  // Bun's node:test runs in files that end in ".test.js" alone; what is tested here is the suite.
  if (runtime.name.startsWith("Node")) {
    it("lets a backend and an agent of somebody else's run the suites", async () => {
      for (const suites of ["backend_suite.js", "agent_suites.js"]) {
        const output = await said(installed().on(runtime, "--test", suites));
        assert.match(output, /pass \d\d/);
      }
    });
  }
}

function checkSeen({ statuses, listed, document, left }: Seen): void {
  assert.deepEqual(statuses, ["archived", "unchanged"]);
  assert.deepEqual(listed, ["home_me_project/2026-01-31/one.json"]);
  assert.equal(JSON.parse(document).summary.title, "A first try");
  assert.deepEqual(left, []);
}

/** The standard output of a program that must end well. */
async function said(running: Promise<Ran>): Promise<string> {
  const { code, stdout, output } = await running;
  assert.equal(code, 0, output);
  return stdout;
}

/** In the npm lane the package has the stand-ins for `@std` in it, with what they import. */
function standInsImports(): Readonly<Record<string, string>> {
  return import.meta.resolve("@deno/dnt").startsWith("file:")
    ? project.scopes["./scripts/npm_lane/"]
    : {};
}
