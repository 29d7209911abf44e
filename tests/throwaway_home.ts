/**
 * The environment of processes in a throw-away home.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { denoVariables } from "./deno_variables.ts";

/** Where agents are told that their folders are elsewhere. */
export const OTHER_HOMES: readonly string[] = [
  "CLAUDE_CONFIG_DIR",
  "CODEX_HOME",
  "COPILOT_HOME",
  "GEMINI_CLI_HOME",
];

/**
 * The variables that make a folder a home. What this Deno has loaded, or could load, is there for
 * another one, too.
 *
 * @param folder The home.
 */
export function homeFolders(folder: string) {
  return {
    ...denoVariables(),
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_DATA_HOME: join(folder, "data"),
    XDG_STATE_HOME: join(folder, "state"),
    // Empty ones count as none: a developer's own must not come in.
    ...Object.fromEntries(OTHER_HOMES.map((name) => [name, ""])),
  };
}

/**
 * This process's own environment, in another home.
 *
 * @param folder The home.
 */
export function environmentIn(folder: string) {
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  );
  // Options such as `--import` are of the test's own process.
  return { ...Object.fromEntries(own), NODE_OPTIONS: "", ...homeFolders(folder) };
}
