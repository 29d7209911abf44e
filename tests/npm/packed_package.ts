/**
 * The npm package as npm gets it: built and packed.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../../scripts/npm/build.ts";
import { type Ran, run } from "../../scripts/run_command.ts";

/**
 * Builds the package in `built/` of a folder and packs it beside that.
 *
 * @param folder An empty folder.
 * @returns The tarball.
 */
export async function packPackage(folder: string): Promise<string> {
  const built = join(folder, "built");
  await buildPackage(built);
  await succeed(run("npm", ["pack", "--loglevel=error", "--pack-destination", folder], built));
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`npm packed nothing in ${folder}`);
  return join(folder, tarball);
}

/**
 * Waits for a program that must end well.
 *
 * @throws Error with all that it said when it did not.
 */
export async function succeed(running: Promise<Ran>): Promise<void> {
  const { code, output } = await running;
  if (code !== 0) throw new Error(output);
}
