/**
 * The terminal's program on the runtime that this process runs on: OpenCode's own Bun, so that
 * users install nothing.
 *
 * @module
 */
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ownFile } from "../process/own_file.ts";
import { onOwnRuntime, type Program, type Runtime } from "../process/own_runtime.ts";

/**
 * How to start the terminal's program.
 *
 * @param env The environment it is started in.
 * @param runtime On what; this process's own by default.
 */
export function ownProgram(
  env: Readonly<Record<string, string | undefined>>,
  runtime: Runtime = process,
): Program {
  const script = ownFile("../cli/bin", import.meta.url);
  const program = onOwnRuntime(script, { cwd: dirname(fileURLToPath(script)), runtime });
  return { ...program, env: { ...program.env, ...ownOpenCode(env, runtime.execPath) } };
}

/** The running OpenCode is the one that sessions are put back into, in `PATH` or not. */
function ownOpenCode(
  { OPENCODE_BIN_PATH }: Readonly<Record<string, string | undefined>>,
  execPath: string,
): Readonly<Record<string, string>> {
  const isOpenCode = /(^|[/\\])opencode(\.exe)?$/i.test(execPath);
  return isOpenCode && !OPENCODE_BIN_PATH ? { OPENCODE_BIN_PATH: execPath } : {};
}
