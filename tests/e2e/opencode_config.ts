/**
 * The `opencode.json` of a throw-away home.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenCodeHome } from "./real_opencode.ts";

/** What stands in it. */
export type OpenCodeConfig = Record<string, unknown>;

/**
 * Changes it.
 *
 * @param home Whose.
 * @param change Gives what it is to say in place of what it says.
 */
export async function changeConfig(
  { env }: OpenCodeHome,
  change: (config: OpenCodeConfig) => OpenCodeConfig,
): Promise<void> {
  const file = join(env.XDG_CONFIG_HOME, "opencode", "opencode.json");
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));
}
