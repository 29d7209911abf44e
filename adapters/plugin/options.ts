/**
 * The plugin's options in `opencode.json`: `["opencode-session-archiver", {…}]`. Two, and no more:
 * rules that only one process knew of would not keep the others from archiving a session.
 *
 * @module
 */
import { closest } from "../../core/closest.ts";
import { ArchiveError } from "../../core/errors.ts";
import { isRecord } from "../../core/fields.ts";
import { shortened } from "../../core/one_line.ts";
import { configFile } from "../config/locate.ts";
import { absolutePath } from "../config/paths.ts";
import type { Placed } from "../paths/home.ts";
import { pathsOf, type Surroundings } from "../paths/surroundings.ts";
import { statePath } from "../state/location.ts";

/** How the plugin is set up. */
export interface PluginSetup {
  /** The configuration file that the options name; absolute. */
  readonly named?: string;
  /** The configuration file, named or not; absolute. Nothing need be there. */
  readonly configPath: string;
  /** The folder of its state; absolute. Nothing need be there. */
  readonly state: string;
  /** Whether sessions are archived by themselves. */
  readonly auto: boolean;
}

const ALLOWED = ["config", "auto"];

/**
 * Reads the options.
 *
 * @param options What OpenCode hands over: whatever stands there, or undefined.
 * @param where Environment and platform.
 * @returns The setup; or what is wrong, in sentences. With a wrong option nothing may be archived:
 * it may have been meant to say where to, or not to.
 */
export function readOptions(
  options: unknown,
  where: Surroundings,
): PluginSetup | { readonly problem: string } {
  try {
    return setupOf(options, where);
  } catch (error) {
    if (error instanceof ArchiveError) return { problem: error.message };
    throw error;
  }
}

function setupOf(options: unknown, where: Surroundings): PluginSetup | { problem: string } {
  const given = options ?? {};
  if (!isRecord(given)) return wrong([`they are ${shown(given)}, and have to be an object`]);
  const { config, auto = true, ...others } = given;
  const named = config === undefined ? undefined : namedFile(config, where);
  const faults = Object.keys(others).map(unknownKey);
  if (named && "fault" in named) faults.push(`config (${shown(config)}) ${named.fault}`);
  if (typeof auto !== "boolean") faults.push(`auto is ${shown(auto)}; write true or false`);
  if (faults.length > 0 || typeof auto !== "boolean" || (named && "fault" in named)) {
    return wrong(faults);
  }
  const { path } = named ?? configFile({ ...where, cwd: () => pathsOf(where).sep });
  const state = statePath({ ...where, configPath: path });
  return { named: named?.path, configPath: path, state, auto };
}

function namedFile(config: unknown, where: Surroundings): Placed {
  if (typeof config !== "string") return { fault: "is no text; give the path of a file" };
  // There is no telling which of OpenCode's files it stands in.
  if (!config.startsWith("~") && !pathsOf(where).isAbsolute(config)) {
    return { fault: "is relative; give an absolute path, or one that begins with ~/" };
  }
  return absolutePath(config, pathsOf(where).sep, where);
}

function unknownKey(key: string): string {
  const meant = closest(key, ALLOWED);
  return `there is no option ${key}` + (meant ? ` (did you mean ${meant}?)` : "");
}

function wrong(faults: readonly string[]): { problem: string } {
  return {
    problem: `The options of opencode-session-archiver in opencode.json are wrong: ` +
      `${faults.join("; ")}. Allowed are config, the path of a configuration, and auto, true or ` +
      "false; all else belongs into the configuration. With them nothing is archived until this " +
      "is corrected and OpenCode started again.",
  };
}

/** Short, whatever it is. */
function shown(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value), 80);
}
