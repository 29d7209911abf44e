/**
 * The two registry lanes stay in step, and `scripts/lane.ts` picks between them.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { countReport } from "../scripts/junit_total.ts";
import { flags, resolvesInTime } from "../scripts/lane.ts";
import { refusingUrl } from "./refusing_url.ts";
import { readSources, ROOT } from "./source/imports.ts";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly publish: { readonly include: readonly string[] };
  readonly tasks?: Readonly<Record<string, { readonly command: string }>>;
}

function readText(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function readConfig(path: string): Config {
  return JSON.parse(readText(path)) as Config;
}

const jsr = readConfig("deno.json");
const npm = readConfig("deno.npm.json");
const STAND_INS = "scripts/npm_lane/";

describe("the configs of the two lanes", () => {
  it("differ in nothing but what names of JSR mean, the tasks and the stand-ins' place", () => {
    const rest = ({ imports: _imports, publish: _publish, tasks: _tasks, ...same }: Config) => same;
    assert.deepEqual(rest(npm), rest(jsr));
    assert.equal(npm.tasks, undefined);
    assert.deepEqual(npm.publish, { include: [...jsr.publish.include, STAND_INS] });
  });

  it("map the same names, in the same order", () => {
    assert.deepEqual(Object.keys(npm.imports), Object.keys(jsr.imports));
  });

  it("map what JSR has to JSR in one and to stand-ins that exist in the other, and all else alike", () => {
    for (const [name, target] of Object.entries(npm.imports)) {
      if (/^@(std|deno)\//.test(name)) {
        assert.match(jsr.imports[name] ?? "", new RegExp(`^jsr:${name.split("/", 2).join("/")}@`));
        assert.ok(target.startsWith(`./${STAND_INS}`), `${name} is mapped to ${target}`);
        assert.ok(existsSync(new URL(target, ROOT)), `${target} does not exist`);
      } else {
        assert.equal(target, jsr.imports[name], name);
      }
    }
  });

  it("pin in deno.npm.lock everything that the npm lane imports from npm", () => {
    const locked = JSON.parse(readText("deno.npm.lock")) as { specifiers: Record<string, string> };
    const wanted = [npm.imports, ...Object.values(npm.scopes)].flatMap((map) => Object.values(map))
      .flatMap((target) => /^(npm:@?[^@]+)@/.exec(target)?.[1] ?? []);
    const pinned = Object.keys(locked.specifiers).map((one) => one.slice(0, one.lastIndexOf("@")));
    assert.deepEqual(wanted.filter((name) => !pinned.includes(name)), []);
  });

  it("name the version and licence that the changelog and the licence file name", () => {
    const { version, license } = JSON.parse(readText("deno.json"));
    assert.match(readText("CHANGELOG.md"), new RegExp(`^## \\[${version}\\]`, "m"));
    assert.match(readText("LICENSE"), new RegExp(`^${license} License`));
  });
});

describe("the sources", () => {
  const sources = readSources(["mod.ts", "core", "backends", "adapters", "scripts", "tests"]);

  it("import nothing but files, built-ins and names that both lanes map", () => {
    const unknown = sources.flatMap(({ file, imports }) => {
      const own = file.startsWith(STAND_INS) ? Object.keys(jsr.scopes[`./${STAND_INS}`] ?? {}) : [];
      const known = [...Object.keys(jsr.imports), ...own];
      return imports
        .filter(({ specifier }) => specifier !== undefined && !isMapped(specifier, known))
        .map(({ specifier, line }) => `${file}:${line} imports "${specifier}"`);
    });
    assert.deepEqual(unknown, []);
  });

  it("leave the stand-ins to the config: nothing imports them by their path", () => {
    const found = sources.flatMap(({ file, imports }) =>
      imports.filter(({ specifier }) => specifier?.includes("npm_lane/")).map(() => file)
    );
    assert.deepEqual(found, []);
  });
});

/** Whether a specifier is a file, a built-in, or a known name. `npm:` and `jsr:` are none. */
function isMapped(specifier: string, known: readonly string[]): boolean {
  return /^(\.{1,2}\/|node:|bun:)/.test(specifier) || known.includes(specifier);
}

describe("the tasks", () => {
  const tasks = Object.entries(jsr.tasks ?? {});

  for (const [name, { command }] of tasks) {
    it(`${name} names only files and tasks that exist`, () => {
      const files = command.match(/\b(?:scripts|tests)\/[\w./-]+|\bmod\.ts\b/g) ?? [];
      assert.deepEqual(files.filter((file) => !existsSync(new URL(file, ROOT))), []);
      const others = [...command.matchAll(/deno task (?:-q )?([\w:]+)/g)].map(([, task]) => task);
      assert.deepEqual(others.filter((task) => !tasks.some(([known]) => known === task)), []);
    });

    it(`${name} asks for the lane of each of its commands that resolves imports`, () => {
      for (const part of command.split("&&").map((text) => text.trim())) {
        if (/^deno (task|fmt)\b/.test(part) || name === "lane") continue;
        const subcommand = /^deno (\w+)/.exec(part)?.[1];
        assert.ok(part.includes(`$(deno task -q lane ${subcommand})`), part);
      }
    });
  }

  it("keep the tests that install things, or take minutes, out of the plain ones", () => {
    assert.match(jsr.tasks?.test?.command ?? "", /--ignore=tests\/e2e,tests\/npm,tests\/faults$/);
  });

  it("keep the tests that measure time apart from those that go beside each other", () => {
    const command = (name: string) => jsr.tasks?.[name]?.command ?? "";
    const ignored = / --parallel .* --ignore=(\S+) tests\/e2e$/.exec(command("test:e2e"))?.[1];
    const timed = / (tests\/e2e\/.*)$/.exec(command("test:timed"))?.[1];
    assert.ok(ignored && !command("test:timed").includes("--parallel"));
    assert.deepEqual(timed?.split(" "), ignored.split(","));
  });
});

describe("CI", () => {
  const steps = readText(".ci/run");

  it("counts every report that it has written", () => {
    const written = [...steps.matchAll(/JUNIT=\$reports\/(\w+)\.xml/g)].map(([, name]) => name);
    const counted = /^expected=\("\$reports"\/\{([\w,]+)\}\.xml\)$/m.exec(steps)?.[1]?.split(",");
    assert.ok(written.length > 1);
    assert.deepEqual(counted?.toSorted(), written.toSorted());
  });

  it("runs every task of tests", () => {
    const tests = Object.keys(jsr.tasks ?? {}).filter((name) => /^test(:|$)/.test(name));
    const run = [...steps.matchAll(/ deno task ([\w:]+)/g)].map(([, name]) => name);
    assert.deepEqual(tests.filter((name) => !run.includes(name)), []);
  });
});

describe("the README", () => {
  it("gives the test command that CI runs", () => {
    const command = "npx -y deno task test";
    const lines = (path: string) => readText(path).split("\n").map((line) => line.trim());
    assert.ok(lines("README.md").includes(command), `README.md has no line "${command}"`);
    assert.ok(lines(".ci/run").some((line) => line.endsWith(`step ${command}`)));
  });
});

describe("flags()", () => {
  it("name config and lock of the lane", () => {
    assert.deepEqual(flags("jsr", "run", {}), ["--config", "deno.json", "--lock=deno.lock"]);
    assert.deepEqual(flags("npm", "run", {}), [
      "--config",
      "deno.npm.json",
      "--lock=deno.npm.lock",
    ]);
  });

  it("give deno doc an import map and deno lint no lock, which is all they take", () => {
    assert.deepEqual(flags("npm", "doc", { CI: "true" }), ["--import-map", "deno.npm.json"]);
    assert.deepEqual(flags("npm", "lint", { CI: "true" }), ["--config", "deno.npm.json"]);
  });

  it("freeze a lock that exists when CI is set", () => {
    assert.ok(flags("npm", "check", { CI: "true" }).includes("--frozen"));
    assert.ok(!flags("npm", "check", {}).includes("--frozen"));
  });

  it("pass JUNIT on to the tests, and to nothing else", () => {
    const path = { JUNIT: "/somewhere/report.xml" };
    assert.ok(flags("npm", "test", path).includes("--junit-path=/somewhere/report.xml"));
    assert.deepEqual(flags("npm", "run", path), flags("npm", "run", {}));
  });
});

describe("resolvesInTime()", () => {
  it("says yes, no, and no to what takes too long", async () => {
    assert.equal(await resolvesInTime(() => Promise.resolve(), 60_000), true);
    assert.equal(await resolvesInTime(() => Promise.reject(new Error("no")), 60_000), false);
    assert.equal(await resolvesInTime(() => new Promise(() => {}), 1), false);
  });
});

describe("scripts/lane.ts", () => {
  const lane = (subcommand: string, env: Readonly<Record<string, string>>) =>
    spawnSync(
      process.execPath,
      ["run", "-qA", "--no-config", "--no-lock", "scripts/lane.ts", subcommand],
      {
        cwd: ROOT,
        encoding: "utf8",
        env: { ...process.env, LANE: "", CI: "", JUNIT: "", NO_COLOR: "1", ...env },
      },
    );

  it("takes the lane that LANE names and says nothing about it", () => {
    const { stdout, stderr, status } = lane("test", { LANE: "npm" });
    assert.equal(stdout, "--config deno.npm.json --lock=deno.npm.lock\n");
    assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
    assert.match(lane("test", { LANE: "jsr" }).stdout, /^--config deno\.json /);
  });

  it("takes the npm lane where JSR is not reached; says so for tests, not for what users run", async () => {
    // A version nobody has cached, from a place that refuses connections.
    const env = { JSR_URL: await refusingUrl() };
    const tests = lane("test", env);
    assert.match(tests.stdout, /^--config deno\.npm\.json /);
    assert.match(tests.stderr, /^npm lane: [^\n]+\n$/);
    assert.equal(lane("run", env).stderr, "");
  });

  it("refuses another LANE, in a way that stops the task too", () => {
    const { stdout, stderr, status } = lane("run", { LANE: "nmp" });
    assert.match(stderr, /LANE is "nmp"; it can be "jsr" or "npm"/);
    assert.equal(status, 2);
    const config = /^--config (\S+)\n$/.exec(stdout)?.[1];
    assert.ok(config && !existsSync(new URL(config, ROOT)));
  });
});

describe("countReport()", () => {
  const test = (name: string, body = "") => `<testcase name="${name}">${body}</testcase>`;
  const derived = `<failure message="1 test step failed">1 test step failed.</failure>`;
  const failure = `<failure message="Uncaught Error: no">Error: no</failure>`;

  it("counts tests and not the groups that hold them", () => {
    const xml = test("alone") + test("group") + test("group &gt; a") +
      test("group &gt; inner") + test("group &gt; inner &gt; b");
    assert.deepEqual(countReport(xml), { passed: 3, failed: 0, failures: [] });
  });

  it("counts a failure once, however deep it lies", () => {
    const xml = test("group", derived) + test("group &gt; inner", derived) +
      test("group &gt; inner &gt; a", failure) + test("group &gt; b");
    const { passed, failed } = countReport(xml);
    assert.deepEqual([passed, failed], [1, 1]);
  });

  it("tells by name what failed, and the beginning of why", () => {
    const error = `<failure message="no">Error: &quot;a&quot; &lt; &amp;${
      "\nline".repeat(99)
    }</failure>`;
    const { failures: [only = ""] } = countReport(test("group &gt; a", error) + test("b"));
    assert.match(only, /^group > a\n {2}Error: "a" < &\n {2}line\n/);
    assert.ok(only.split("\n").length < 20);
  });

  it("counts a group that failed by itself", () => {
    const { passed, failed } = countReport(test("group", failure) + test("group &gt; a"));
    assert.deepEqual([passed, failed], [1, 1]);
  });

  it("counts what was skipped as neither", () => {
    assert.deepEqual(countReport(test("a", "<skipped/>") + `<testcase name="b"/>`), {
      passed: 1,
      failed: 0,
      failures: [],
    });
  });
});
