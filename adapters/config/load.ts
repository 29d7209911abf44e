/**
 * The configuration that is in force: finds the file, reads it, or says what holds without one.
 *
 * @module
 */
import type { Surroundings } from "../paths/surroundings.ts";
import { dataFolder } from "../state/location.ts";
import type { Config } from "./config.ts";
import { ARCHIVE_DEFAULTS } from "./defaults.ts";
import { configFile } from "./locate.ts";
import { readConfigFile } from "./read_file.ts";

/** What the configuration depends on. */
export interface ConfigSurroundings extends Surroundings {
  /** The working directory, absolute; a relative `path` counts from it. */
  cwd(): string;
  /** The file that the user named: `--config`. */
  readonly path?: string;
  /** Tells the host's name; the system's when left out. */
  readonly hostname?: () => string;
}

/**
 * Loads the configuration.
 *
 * @param where What it depends on.
 * @returns What the file says; without one, a folder of this machine as the only backend.
 * @throws {ConfigError} When the file is wrong, cannot be read, or was named and is not there. There
 * is no falling back to the default backend then.
 *
 * @example
 * ```ts ignore
 * const config = await loadConfig({ env, platform: process.platform, cwd: () => process.cwd() });
 * for (const warning of config.warnings) console.error(warning);
 * ```
 */
export async function loadConfig(where: ConfigSurroundings): Promise<Config> {
  const file = configFile(where);
  const { path } = file;
  const read = await readConfigFile(file);
  if (read === undefined) return withoutFile(path, where);
  const [{ parseConfig }, { hostname }] = await Promise.all([
    import("./parse.ts"),
    import("node:os"),
  ]);
  const { env, platform } = where;
  const { text, mode } = read;
  return parseConfig(text, { path, mode, env, platform, hostname: where.hostname ?? hostname });
}

function withoutFile(path: string, where: ConfigSurroundings): Config {
  return {
    path,
    exists: false,
    backends: new Map([["default", { type: "file", path: dataFolder(where) }]]),
    rules: [],
    default: ["default"],
    archive: ARCHIVE_DEFAULTS,
    warnings: [],
  };
}
