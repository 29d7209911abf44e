/**
 * The terminal's program on the runtime that this process runs on: OpenCode's own Bun, so that
 * users install nothing.
 *
 * @module
 */
import { ownFile } from "../relay/own_file.ts";
import type { Program } from "./child.ts";

/** What tells which runtime this is, and where. */
export interface Runtime {
  /** `process.execPath`. */
  readonly execPath: string;
  /** `process.versions`. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/**
 * How to start the terminal's program.
 *
 * @param env The environment it is started in.
 * @param runtime On what; this process's own by default.
 */
export async function ownProgram(
  env: Readonly<Record<string, string | undefined>>,
  { execPath, versions }: Runtime = process,
): Promise<Program> {
  const [{ fileURLToPath }, { dirname }] = await Promise.all([
    import("node:url"),
    import("node:path"),
  ]);
  const file = fileURLToPath(ownFile("../cli/bin", import.meta.url));
  // Bun loads the .env and bunfig.toml of its working directory: here there are none.
  const cwd = dirname(file);
  return {
    command: execPath,
    args: versions.deno === undefined ? [file] : ["run", "-A", "-q", "--no-lock", file],
    // An agent that embeds Bun is told by BUN_BE_BUN to be one.
    env: { PWD: cwd, BUN_BE_BUN: "1", ...ownOpenCode(env, execPath) },
    cwd,
  };
}

/** The running OpenCode is the one that sessions are put back into, in `PATH` or not. */
function ownOpenCode(
  { OPENCODE_BIN_PATH }: Readonly<Record<string, string | undefined>>,
  execPath: string,
): Readonly<Record<string, string>> {
  const isOpenCode = /(^|[/\\])opencode(\.exe)?$/i.test(execPath);
  return isOpenCode && !OPENCODE_BIN_PATH ? { OPENCODE_BIN_PATH: execPath } : {};
}
