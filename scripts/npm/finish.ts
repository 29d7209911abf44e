/**
 * Makes a package of compiled code: the manifest, the files that go in as they are, the program's
 * first line, and the package's own name in what users read.
 *
 * @module
 */
import { chmod, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { BIN, COPIED, javaScriptOf, manifest, NAME } from "./package.ts";

const SHEBANG = "#!/usr/bin/env node\n";

/**
 * Finishes a package in place.
 *
 * @param root The project's folder.
 * @param folder The package's folder, with `esm/`, `types/` and a manifest that knows the
 *   dependencies.
 * @param publishable Whether it may be published.
 */
export async function finish(root: string, folder: string, publishable: boolean): Promise<void> {
  const file = join(folder, "package.json");
  const { dependencies = {} } = JSON.parse(await readFile(file, "utf8"));
  const fields = manifest({ dependencies, publishable });
  await writeFile(file, `${JSON.stringify(fields, null, 2)}\n`);
  for (const path of COPIED) await cp(join(root, path), join(folder, path), { recursive: true });
  await makeProgram(join(folder, javaScriptOf(BIN.source)));
  await callByName(folder, ["README.md", "docs", "esm", "types"]);
}

async function makeProgram(path: string): Promise<void> {
  const text = await readFile(path, "utf8");
  if (!text.startsWith("#!")) await writeFile(path, SHEBANG + text);
  await chmod(path, 0o755);
}

/** Examples import the library by its name, which is another one here than on JSR. */
async function callByName(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of await filesUnder(folder, paths)) {
    const text = await readFile(path, "utf8");
    const named = text.replaceAll(project.name, NAME);
    if (named !== text) await writeFile(path, named);
  }
}

async function filesUnder(folder: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (/\.\w+$/.test(path)) found.push(join(folder, path));
    else found.push(...await filesUnder(join(folder, path), await readdir(join(folder, path))));
  }
  return found;
}
