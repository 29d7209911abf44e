import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FIXTURE_START, writeOpenCodeDatabase } from "./fixtures/opencode_database.ts";
import { LANE_FLAGS } from "./lane_config.ts";
import { homeFolders } from "./throwaway_home.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Example {
  /** Where it stands: file and number within it. */
  readonly name: string;
  readonly code: string;
}

/** All TypeScript blocks of a file that are not marked `ignore`. */
async function examplesOf(file: string): Promise<Example[]> {
  const text = await readFile(join(ROOT, file), "utf8");
  const isSource = file.endsWith(".ts");
  // In a module, examples stand in JSDoc comments.
  const prose = isSource ? text.replaceAll(/^ *\* ?/gm, "") : text;
  const blocks = [...prose.matchAll(/^```ts(?<mark>[^\n]*)\n(?<code>[\s\S]*?)^```$/gm)];
  return blocks
    .filter(({ groups }) => !groups!.mark.includes("ignore"))
    .map(({ groups }, index) => ({ name: `${file} #${index + 1}`, code: groups!.code }));
}

async function filesWithExamples(): Promise<string[]> {
  const files = ["README.md", "CONTRIBUTING.md", "mod.ts"];
  for (const folder of ["docs", "core", "backends", "adapters", "tests/agents", "tests/backends"]) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true })) {
      if (/\.(ts|md)$/.test(entry)) files.push(join(folder, entry));
    }
  }
  return files.sort();
}

/** Runs the examples one after the other in a process with a home of its own. */
async function runAll(folder: string, examples: readonly Example[]) {
  await mkdir(join(folder, "work"));
  const runner = join(folder, "runner.ts");
  await Promise.all(
    examples.map(({ code }, index) => writeFile(join(folder, `${index}.ts`), code)),
  );
  await writeFile(
    runner,
    `const results: (string | null)[] = [];
    console.log = console.error = () => {};
    console.assert = (held, ...said) => { if (!held) throw new Error("not so: " + said.join(" ")); };
    for (let index = 0; index < ${examples.length}; index++) {
      try {
        await import(\`./\${index}.ts\`);
        results.push(null);
      } catch (error) {
        results.push(String(error));
      }
    }
    await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(results)));\n`,
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["run", "-A", "-q", "--no-lock", ...LANE_FLAGS, runner],
    { cwd: join(folder, "work"), env: homeIn(folder) },
  );
  return JSON.parse(stdout) as (string | null)[];
}

function homeIn(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, ...homeFolders(folder) };
}

const examples = (await Promise.all((await filesWithExamples()).map(examplesOf))).flat();

describe("examples in the docs", () => {
  let folder: string;
  let results: (string | null)[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "examples-"));
    await writeOpenCodeDatabase(join(folder, "data", "opencode", "opencode.db"), {
      sessions: [{ count: 2 }],
      startsAt: FIXTURE_START,
    });
    results = await runAll(folder, examples);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const [index, { name }] of examples.entries()) {
    it(`${name} runs`, () => assert.equal(results[index], null));
  }

  it("README.md's script really archives what OpenCode has", async () => {
    const archives = await readdir(join(folder, "work", "archives"), { recursive: true });
    assert.equal(archives.filter((name) => name.endsWith(".json")).length, 2);
  });
});
