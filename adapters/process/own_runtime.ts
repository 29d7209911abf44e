/**
 * How this package starts one of its own programs: on the runtime that this process runs on, so that
 * users install nothing, and away from every project.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What tells which runtime this is, and where. */
export interface Runtime {
  /** `process.execPath`. */
  readonly execPath: string;
  /** `process.versions`. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** How to start a program. */
export interface Program {
  /** What to start. */
  readonly command: string;
  /** What comes before the program's own arguments. */
  readonly args: readonly string[];
  /** Environment variables that it needs beside its surroundings'. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory: absolute, and nobody's project. */
  readonly cwd: string;
}

/** Options of {@linkcode onOwnRuntime}. */
export interface RuntimeOptions {
  /**
   * The working directory. Bun loads the `.env` and `bunfig.toml` of it, so it must be one that
   * nobody else writes to.
   */
  readonly cwd: string;
  /** More arguments for the runtime, before the script. */
  readonly flags?: readonly string[];
  /** On what; this process's own by default. */
  readonly runtime?: Runtime;
}

/**
 * How to start one of this package's programs. Its first act must be to delete `BUN_BE_BUN` from its
 * environment, or whatever it starts in turn is Bun too.
 *
 * @param script The program's module.
 * @param options Where, and on what.
 */
export function onOwnRuntime(
  script: URL,
  { cwd, flags = [], runtime = process }: RuntimeOptions,
): Program {
  // A path, since not every runtime takes the URL of a script.
  const file = script.protocol === "file:" ? fileURLToPath(script) : script.href;
  const run = runtime.versions.deno === undefined
    ? []
    : ["run", "--quiet", "--allow-all", "--no-lock"];
  return {
    command: runtime.execPath,
    args: [...run, ...flags, file],
    // An agent that embeds Bun is told by BUN_BE_BUN to be one.
    env: { PWD: cwd, BUN_BE_BUN: "1" },
    cwd,
  };
}
