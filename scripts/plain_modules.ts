/**
 * TypeScript for a runtime that knows none, such as Node 20: the types are taken away beforehand, once
 * for hundreds of processes.
 *
 * @module
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";

/** Below the folder, in the same places, lie its modules without their types. */
const PLAIN = "plain";

const HOOKS = `
import { readFile } from "node:fs/promises";

const FOLDER = new URL(".", import.meta.url).href;

export async function load(url, context, next) {
  const file = url.replace(/[?#].*/, "");
  if (!file.startsWith(FOLDER) || !file.endsWith(".ts")) return await next(url, context);
  const plain = new URL("${PLAIN}/" + file.slice(FOLDER.length), FOLDER);
  return { format: "module", source: await readFile(plain), shortCircuit: true };
}
`;

const BEGIN = `
import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
`;

/**
 * Prepares the modules of a folder. Each keeps its URL, and its lines and columns.
 *
 * @param folder Where they are.
 * @param parts The folders in it that have some.
 * @returns The path of a module that Node has to import before them.
 */
export async function makePlain(folder: string, parts: readonly string[]): Promise<string> {
  for (const part of parts) {
    const names = await readdir(join(folder, part), { recursive: true });
    for (const name of names.filter((name) => name.endsWith(".ts"))) {
      const plain = join(folder, PLAIN, part, name);
      await mkdir(dirname(plain), { recursive: true });
      const source = await readFile(join(folder, part, name), "utf8");
      await writeFile(plain, stripTypeScriptTypes(source));
    }
  }
  await writeFile(join(folder, "hooks.mjs"), HOOKS);
  const begin = join(folder, "begin.mjs");
  await writeFile(begin, BEGIN);
  return begin;
}
