/**
 * `deno task npm`: builds the npm package in `npm/`, or in the folder that is named.
 *
 * dnt builds it. In the npm lane, where JSR is not reached, `scripts/npm_lane/deno_dnt.ts` stands in
 * for dnt, and what it builds can be tried but not published.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { finish } from "./finish.ts";
import { installedLine, weigh } from "./installed.ts";
import { COPIED, ENTRIES, type Entry, javaScriptOf, NAME, typesOf } from "./package.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Whether the imports are resolved by `deno.npm.json`. */
const STANDS_IN = import.meta.resolve("@deno/dnt").startsWith("file:");

/**
 * Builds the package.
 *
 * @param folder Where: a folder that is not there yet, that is empty, or that has an earlier build,
 * which is removed.
 * @throws Error when the folder has anything else, when an entry is missing, when dnt cannot be had,
 * or when the code does not compile.
 */
export async function buildPackage(folder: string): Promise<void> {
  const missing = ENTRIES.filter(({ source }) => !existsSync(join(ROOT, source)));
  if (missing.length > 0) throw new Error(`entries are missing: ${sources(missing)}`);
  await checkReplaceable(folder);
  const { build } = await builder();
  await rm(folder, { recursive: true, force: true });
  await build({
    entryPoints: ENTRIES.map(({ source }) => ({ name: `./${source}`, path: join(ROOT, source) })),
    outDir: folder,
    configFile: new URL(STANDS_IN ? "deno.npm.json" : "deno.json", `file://${ROOT}/`).href,
    shims: {},
    test: false,
    typeCheck: "single",
    declaration: "separate",
    scriptModule: false,
    skipSourceOutput: true,
    compilerOptions: { target: "ES2022", lib: ["ESNext", "DOM", "DOM.Iterable"] },
    package: { name: NAME, version: "0.0.0", devDependencies: { "@types/node": "^22" } },
    postBuild: () => finish(ROOT, folder, !STANDS_IN),
  });
  const astray = ENTRIES.filter(({ source }) =>
    [javaScriptOf, typesOf].some((place) => !existsSync(join(folder, place(source))))
  );
  if (astray.length > 0) throw new Error(`not where they should be: ${sources(astray)}`);
}

/** What somebody named by mistake must not be removed. */
async function checkReplaceable(folder: string): Promise<void> {
  const files = await readdir(folder).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (files.length === 0) return;
  const fields = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
  if (JSON.parse(fields).name === NAME) return;
  throw new Error(`${folder} has something else than a build of ${NAME}: name another folder`);
}

/** Late, so that a JSR that does not answer can be told from a mistake. */
async function builder() {
  try {
    return await import("@deno/dnt");
  } catch (cause) {
    const advice = "LANE=npm deno task npm builds a package to try, without JSR";
    throw new Error(`dnt cannot be had from JSR, and releases are built with it; ${advice}`, {
      cause,
    });
  }
}

function sources(entries: readonly Entry[]): string {
  return entries.map(({ source }) => source).join(", ");
}

async function main(target: string): Promise<void> {
  const folder = resolve(ROOT, target);
  await buildPackage(folder);
  const by = STANDS_IN ? "built without JSR, not for publishing" : "built with dnt";
  console.log(
    `${NAME}: ${by}; installed ${installedLine(weigh(folder, ["esm", "types", ...COPIED]))}`,
  );
}

if (import.meta.main) await main(process.argv[2] ?? "npm");
