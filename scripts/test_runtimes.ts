/**
 * Runs the tests on the other runtimes that this library promises, as npm has them: all on Bun; on Node
 * 20 what is of use there, and on Node 24 the rest with what Node itself does for us; on Node 22 and Bun
 * what is shown under faults. A copy of the sources is laid out as a package in a temporary folder, so
 * that bare specifiers resolve there as they will for users of the npm package. Takes the names of lanes.
 *
 * Prints a line a runtime and, with `JUNIT` set, writes a report that `junit_total.ts` can add up.
 *
 * @module
 */
import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import npmLane from "../deno.npm.json" with { type: "json" };
import { makePlain } from "./plain_modules.ts";
import { run } from "./run_command.ts";
import { type Runtime, RUNTIMES } from "./runtimes.ts";

interface TestedRuntime extends Runtime {
  /** What comes before the test files. */
  readonly args: readonly string[];
  /** Whether it takes TypeScript as it is. */
  readonly knowsTypes: boolean;
  /** Which tests it runs. */
  readonly tests: readonly RegExp[];
  /** Those of them that need what this runtime does not have. */
  readonly without: readonly RegExp[];
  /** Finds the counts in what it printed, and the lines of tests that failed. */
  readonly counts: { readonly passed: RegExp; readonly failed: RegExp; readonly failure: RegExp };
}

const CORE = /^tests\/core\/.*_test\.ts$/;
const BACKENDS = /^tests\/backends\/.*_test\.ts$/;
const ADAPTERS = /^tests\/adapters\/.*_test\.ts$/;
/** Those of the fault suite in which a runtime can differ; the others need Deno or no runtime. */
const FAULTS = /^tests\/faults\/(kills|crash_points|damage|disk)_test\.ts$/;
/** These start Deno itself, with its own flags; or show what stores do, whoever asks them. */
const DENO_ONLY = [/\/cli\/(start|stopping)_test/, /\/backends\/s3_personalities_test/];
/** Node 20 has no SQLite, so that there is nothing of OpenCode to read there, nor to bring anywhere. */
const SQLITE = [/\/agents\/opencode\//, /\/cli\/run_test/, /\/adapters\/(plugin|relay)\//];
/** What Node itself does for us, from one version to the next: what is pure runs on one of them. */
const NODES_OWN = [/\/adapters\/(state|agents)\//, BACKENDS];
const TAP = { passed: /^# pass (\d+)$/m, failed: /^# fail (\d+)$/m, failure: /^ *not ok .*/gm };
/** Many tests wait for something, so that more can be at it than there are processors. */
const ON_NODE = { args: ["--test", "--test-reporter=tap", "--test-concurrency=3"], counts: TAP };

const NODE_20: TestedRuntime = {
  ...RUNTIMES.node20,
  ...ON_NODE,
  knowsTypes: false,
  tests: [CORE, BACKENDS, ADAPTERS],
  without: [...DENO_ONLY, ...SQLITE],
};

const NODE_22: TestedRuntime = {
  ...RUNTIMES.node22,
  ...ON_NODE,
  knowsTypes: true,
  tests: [FAULTS],
  without: [],
};

const NODE_24: TestedRuntime = {
  ...RUNTIMES.node24,
  ...ON_NODE,
  knowsTypes: true,
  tests: [...SQLITE, ...NODES_OWN],
  without: DENO_ONLY,
};

const BUN = {
  ...RUNTIMES.bun,
  args: ["test", "--timeout=180000"],
  knowsTypes: true,
  without: DENO_ONLY,
  counts: { passed: /^\s*(\d+) pass$/m, failed: /^\s*(\d+) fail$/m, failure: /^\(fail\) .*/gm },
};

/**
 * By name, what goes on beside one another. Bun runs one test file after the other, so that it is there
 * twice.
 */
const LANES: Readonly<Record<string, readonly TestedRuntime[]>> = {
  node20: [NODE_20],
  node24: [NODE_22, NODE_24],
  bun: [{ ...BUN, tests: [CORE, BACKENDS, FAULTS] }],
  "bun-adapters": [{ ...BUN, tests: [ADAPTERS] }],
};

const lanes = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(LANES);
const unknown = lanes.filter((lane) => !Object.hasOwn(LANES, lane));
if (unknown.length > 0) {
  throw new Error(`There is no lane "${unknown}"; there are ${Object.keys(LANES).join(", ")}`);
}
const chosen = lanes.map((lane) => LANES[lane]);

const FOLDERS = ["core", "backends", "adapters", "docs", "scripts", "tests"];
const SOURCES = [...FOLDERS, "mod.ts", "deno.json", "README.md"];
const ROOT = fileURLToPath(new URL("..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "session-archiver-runtimes-"));
let status = 0;
try {
  await layOut();
  const begin = await makePlain(folder, ["lib", "std"]);
  const files = await filesIn(join(folder, "lib"), "tests");
  const suites: string[] = [];
  await Promise.all(chosen.map(async (lane) => {
    for (const runtime of lane) suites.push(await test(runtime, files, begin));
  }));
  if (process.env.JUNIT) await writeFile(process.env.JUNIT, report(suites));
} finally {
  await Deno.remove(folder, { recursive: true });
}
process.exitCode = status;

/** `lib/` is the package; beside it lie its dependencies, and it itself under its own name. */
async function layOut(): Promise<void> {
  for (const source of SOURCES) {
    await cp(join(ROOT, source), join(folder, "lib", source), { recursive: true });
  }
  const manifest = { name: npmLane.name, type: "module", exports: "./mod.ts" };
  await writeFile(join(folder, "lib", "package.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const scopes = Object.values(npmLane.scopes).flatMap((scope) => Object.values(scope));
  const packages = [...Object.values(npmLane.imports), ...scopes]
    .filter((target) => target.startsWith("npm:"))
    .map((target) => target.slice("npm:".length));
  const wanted = [...packages, ...chosen.flat().map(({ install }) => install)];
  const npm = await run(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", ...wanted],
    folder,
  );
  if (npm.code !== 0) throw new Error(`npm cannot install what the tests need:\n${npm.output}`);
  const [scope, name] = npmLane.name.split("/");
  await mkdir(join(folder, "node_modules", scope), { recursive: true });
  await symlink(join(folder, "lib"), join(folder, "node_modules", scope, name));
  await layOutStandIns();
}

/** `@std/yaml` and the like, as packages of one module each that leads to the stand-in. */
async function layOutStandIns(): Promise<void> {
  await mkdir(join(folder, "node_modules", "@std"), { recursive: true });
  for (const [specifier, target] of Object.entries(npmLane.imports)) {
    const [scope, name, inner] = specifier.split("/");
    if (scope !== "@std" || inner) continue;
    const standIn = join(folder, "std", name);
    await mkdir(standIn, { recursive: true });
    const manifest = { name: specifier, type: "module", exports: "./mod.ts" };
    await writeFile(join(standIn, "package.json"), JSON.stringify(manifest));
    await writeFile(join(standIn, "mod.ts"), `export * from "../../lib/${target.slice(2)}";\n`);
    // Through a link, since runtimes take TypeScript only from outside node_modules.
    await symlink(standIn, join(folder, "node_modules", "@std", name));
  }
}

async function filesIn(root: string, path: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(root, path))) {
    const below = `${path}/${name}`;
    files.push(...isDirectory ? await filesIn(root, below) : [below]);
  }
  return files.sort();
}

/** Runs the tests; `begin` is for a runtime that knows no types. */
async function test(
  runtime: TestedRuntime,
  files: readonly string[],
  begin: string,
): Promise<string> {
  const isOne = (patterns: readonly RegExp[], file: string) =>
    patterns.some((pattern) => pattern.test(file));
  const own = files.filter((file) =>
    file.endsWith("_test.ts") && isOne(runtime.tests, file) && !isOne(runtime.without, file)
  );
  const binary = join(folder, "node_modules", runtime.binary);
  // Bun takes names without a leading dot for filters.
  const names = own.map((file) => `./${file}`);
  const { code, output } = await run(binary, [...runtime.args, ...names], join(folder, "lib"), {
    ...process.env,
    // Every file is a process of its own, and most of them begin with the same modules.
    NODE_COMPILE_CACHE: join(folder, "compiled"),
    // What the tests start begins so, too.
    ...!runtime.knowsTypes && { NODE_OPTIONS: `--import ${begin}` },
  });
  const passed = Number(runtime.counts.passed.exec(output)?.[1] ?? 0);
  const failed = Number(runtime.counts.failed.exec(output)?.[1] ?? 0);
  const fine = code === 0 && failed === 0 && passed > 0;
  if (!fine) {
    status = 1;
    console.log(output);
  }
  console.log(`${runtime.name}: ${passed} passed, ${failed} failed in ${own.length} files`);
  const which = output.match(runtime.counts.failure) ?? ["it ended otherwise than by a test"];
  return cases(runtime.name, passed, fine ? [] : which, fine ? 0 : Math.max(failed, 1));
}

/** Node 20 writes no JUnit report; the counts make one, in which the first failure names all. */
function cases(name: string, passed: number, which: readonly string[], failed: number): string {
  const test = (body: string) => `<testcase name="${name}">${body}</testcase>`;
  const names = which.map((line) => line.trim()).join("\n")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return [
    ...Array.from({ length: passed }, () => test("")),
    ...Array.from({ length: failed }, (_, n) => test(`<failure>${n ? "" : names}</failure>`)),
  ].join("\n");
}

function report(suites: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${
    suites.join("\n")
  }\n</testsuites>\n`;
}
