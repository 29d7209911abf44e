/**
 * Where this program keeps its own things: its state, the default archives and the configuration.
 * Only paths, by the XDG rules; what lies in them is told by the modules that write it.
 *
 * @module
 */
import { win32 } from "node:path";
import { ArchiveError } from "../../core/errors.ts";
import { sha256Hex, webSha256Hex } from "../../core/hash.ts";
import { homeFolder } from "../paths/home.ts";
import { pathsOf, type Surroundings } from "../paths/surroundings.ts";
import { makePrivateFolder } from "./folder.ts";

/** The name of every folder of this program. */
const NAME = "opencode-session-archiver";

/**
 * The configuration file that is read when none is named:
 * `$XDG_CONFIG_HOME/opencode/opencode-session-archiver.yaml`, by default in `~/.config`, on Windows
 * too, since OpenCode keeps its own there.
 *
 * @param where Environment and platform.
 * @returns An absolute path; nothing need be there.
 */
export function configPath(where: Surroundings): string {
  const base = xdg(where, "XDG_CONFIG_HOME") ?? inHome(where, ".config");
  return pathsOf(where).join(base, "opencode", `${NAME}.yaml`);
}

/**
 * The folder of the archives when no backend is configured:
 * `$XDG_DATA_HOME/opencode-session-archiver/archives`, by default in `~/.local/share`, on Windows in
 * `%LOCALAPPDATA%`.
 *
 * @param where Environment and platform.
 * @returns An absolute path; nothing need be there.
 */
export function dataFolder(where: Surroundings): string {
  const base = xdg(where, "XDG_DATA_HOME") ?? localBase(where, ".local/share");
  return pathsOf(where).join(base, NAME, "archives");
}

/**
 * The folder of one configuration's state, without making it:
 * `$XDG_STATE_HOME/opencode-session-archiver/v1/{hash of the configuration's path}`, by default in
 * `~/.local/state`, on Windows in `%LOCALAPPDATA%`.
 *
 * @param where Environment, platform and the absolute path of the configuration.
 * @returns An absolute path; nothing need be there.
 */
export function statePath(where: ConfiguredPlace): string {
  const { states, named } = statesOf(where);
  return pathsOf(where).join(states, nameBy(sha256Hex(named)));
}

/**
 * The folder of one configuration's state, made when it is missing (0700).
 *
 * @param where See {@linkcode statePath}.
 * @returns Its absolute path.
 *
 * @example
 * ```ts ignore
 * const folder = await stateFolder({ configPath, env: process.env, platform: process.platform });
 * ```
 */
export async function stateFolder(where: ConfiguredPlace): Promise<string> {
  return await makePrivateFolder(await webStatePath(where));
}

/**
 * As {@linkcode statePath}, for a process that an agent waits for: nothing is loaded to hash with.
 *
 * @param where See {@linkcode statePath}.
 * @returns An absolute path; nothing need be there.
 */
export async function webStatePath(where: ConfiguredPlace): Promise<string> {
  const { states, named } = statesOf(where);
  return pathsOf(where).join(states, nameBy(await webSha256Hex(named)));
}

/** Where paths are meant, and which configuration. */
type ConfiguredPlace = Surroundings & { readonly configPath: string };

function nameBy(hash: string): string {
  return hash.slice(0, 16);
}

/** The folder of all states, and what this one is named by. */
function statesOf(where: ConfiguredPlace): { readonly states: string; readonly named: string } {
  const paths = pathsOf(where);
  if (!paths.isAbsolute(where.configPath)) {
    throw new ArchiveError(
      "Invalid",
      `the configuration's path ${where.configPath} is relative; give an absolute one`,
    );
  }
  const base = xdg(where, "XDG_STATE_HOME") ?? localBase(where, ".local/state");
  const config = paths.normalize(where.configPath);
  return {
    states: paths.join(base, NAME, "v1"),
    // Windows has one file whatever the case of its letters.
    named: where.platform === "win32" ? config.toLowerCase() : config,
  };
}

/** The specification says that an empty or relative value is to be ignored. */
function xdg(where: Surroundings, variable: string): string | undefined {
  const value = where.env[variable];
  return value !== undefined && pathsOf(where).isAbsolute(value) ? value : undefined;
}

function localBase(where: Surroundings, folder: string): string {
  if (where.platform !== "win32") return inHome(where, folder);
  const local = where.env["LOCALAPPDATA"];
  return local !== undefined && win32.isAbsolute(local) ? local : inHome(where, "AppData/Local");
}

function inHome(where: Surroundings, folder: string): string {
  const home = homeFolder(where);
  if ("path" in home) return pathsOf(where).join(home.path, folder);
  const { variable, value } = home;
  throw new ArchiveError(
    "Invalid",
    `${variable} is ${value ? `the relative path ${value}` : "not set"}; ` +
      `set it to the absolute path of your home folder`,
  );
}
