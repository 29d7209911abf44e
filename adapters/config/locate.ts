/**
 * Which file is the configuration.
 *
 * @module
 */
import { pathsOf, type Surroundings } from "../paths/surroundings.ts";
import { configPath } from "../state/location.ts";
import { ConfigError } from "./complaints/config_error.ts";
import { absolutePath } from "./paths.ts";

/** The variable that names the file. */
export const CONFIG_VARIABLE = "SESSION_ARCHIVER_CONFIG";

/** A file that is, or would be, the configuration. */
export interface ConfigFile {
  /** Where it is; absolute. */
  readonly path: string;
  /** Who named it; undefined for the place where it is by default, which may be empty. */
  readonly namedBy: string | undefined;
}

/** What it depends on which file it is. */
export interface ConfigPlace extends Surroundings {
  /** The working directory, absolute; a relative `path` counts from it. */
  cwd(): string;
  /** The file that the user named. */
  readonly path?: string;
  /** What the user named it with, for errors; `--config` when left out. */
  readonly pathNamedBy?: string;
}

/**
 * Finds the file: the one that is named, else the one of the environment, else the default one.
 *
 * @param where The surroundings, and the file that was named, if any.
 * @throws {ConfigError} For a name that is no path. A relative one counts from the working
 * directory when it was given, and is refused in the environment, which outlives directories.
 */
export function configFile(where: ConfigPlace): ConfigFile {
  const { isAbsolute } = pathsOf(where);
  const { path, pathNamedBy = "--config" } = where;
  if (path !== undefined) return named(path, pathNamedBy, where);
  const fromEnv = where.env[CONFIG_VARIABLE];
  if (!fromEnv) return { path: configPath(where), namedBy: undefined };
  if (isAbsolute(fromEnv) || fromEnv.startsWith("~")) return named(fromEnv, CONFIG_VARIABLE, where);
  throw wrongName(CONFIG_VARIABLE, fromEnv, "is relative; give an absolute path");
}

function named(text: string, namedBy: string, where: ConfigPlace): ConfigFile {
  const placed = absolutePath(text, where.cwd(), where);
  if ("fault" in placed) throw wrongName(namedBy, text, placed.fault);
  return { path: placed.path, namedBy };
}

function wrongName(namedBy: string, text: string, fault: string): ConfigError {
  return new ConfigError("", [{
    at: "",
    message: `${namedBy} (${JSON.stringify(text)}) ${fault}`,
  }]);
}
