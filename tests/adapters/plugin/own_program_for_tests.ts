/**
 * The terminal's program in a process of its own, on the runtime that the tests run on.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { ownProgram } from "../../../adapters/plugin/own_program.ts";
import type { Program } from "../../../adapters/process/own_runtime.ts";
import { LANE_CONFIG } from "../../lane_config.ts";

/**
 * How to start it: with the registry's config on Deno, with what makes Node take TypeScript there.
 *
 * @param env The environment it is started in.
 */
export function testedProgram(env: Readonly<Record<string, string | undefined>>): Program {
  const program = ownProgram(env);
  const [first, ...rest] = program.args;
  if (first !== "run") return { ...program, args: [...process.execArgv, ...program.args] };
  const config = fileURLToPath(new URL(`../../../${LANE_CONFIG}`, import.meta.url));
  return { ...program, args: [first, "--config", config, ...rest] };
}
