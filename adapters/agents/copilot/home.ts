/**
 * Where Copilot CLI keeps its things.
 *
 * @module
 */
import { join } from "node:path";
import type { Environment } from "../files/format.ts";
import { userHome } from "../files/user_home.ts";

/**
 * Copilot CLI's folder: `$COPILOT_HOME`, else `~/.copilot`.
 *
 * @param env The environment to look in.
 */
export function copilotHome(env: Environment): string {
  return env.COPILOT_HOME || join(userHome(env), ".copilot");
}
