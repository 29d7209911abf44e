/**
 * The configuration that is in force: finds the file, reads it, or says what holds where there never
 * was one.
 *
 * @module
 */
import { PACKAGE_PROGRAM, typedCommand } from "../process/typed_command.ts";
import { wasConfigured } from "../state/configured.ts";
import { dataFolder, statePath } from "../state/location.ts";
import { ConfigError } from "./complaints/config_error.ts";
import type { Config } from "./config.ts";
import { ARCHIVE_DEFAULTS } from "./defaults.ts";
import { configFile, type ConfigPlace } from "./locate.ts";
import { readConfigFile } from "./read_file.ts";

/** What the configuration depends on. */
export interface ConfigSurroundings extends ConfigPlace {
  /** Tells the host's name; the system's when left out. */
  readonly hostname?: () => string;
  /** What the user types for this program, for advice; the npm package's by default. */
  readonly program?: string;
}

/**
 * Loads the configuration.
 *
 * @param where What it depends on.
 * @returns What the file says; where there never was one, a folder of this machine as the only
 * backend.
 * @throws {ConfigError} When the file is wrong, cannot be read, was named and is not there, or was once
 * in force and is gone. There is no falling back to the default backend then.
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
  if (read === undefined) return await withoutFile(path, where);
  const [{ parseConfig }, { hostname }] = await Promise.all([
    import("./parse.ts"),
    import("node:os"),
  ]);
  const { env, platform } = where;
  const { text, mode } = read;
  return parseConfig(text, { path, mode, env, platform, hostname: where.hostname ?? hostname });
}

/**
 * A file that vanished, if only for a moment while an editor saves it, must not send sessions to the
 * default folder that its rules would send elsewhere, or nowhere.
 */
async function withoutFile(path: string, where: ConfigSurroundings): Promise<Config> {
  const { env, platform } = where;
  if (await wasConfigured(statePath({ env, platform, configPath: path }))) throw gone(path, where);
  return {
    path,
    exists: false,
    backends: new Map([["default", { type: "file", path: dataFolder(where) }]]),
    layouts: {},
    rules: [],
    default: ["default"],
    archive: ARCHIVE_DEFAULTS,
    agentsOff: [],
    warnings: [],
  };
}

function gone(path: string, { program = PACKAGE_PROGRAM }: ConfigSurroundings): ConfigError {
  const message = "is gone, so that nothing is archived; put it back, or write another one, as " +
    `"${typedCommand(program, "init")}" does`;
  return new ConfigError(path, [{ at: "", message }]);
}
