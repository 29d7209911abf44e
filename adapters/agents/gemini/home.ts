/**
 * Where Gemini CLI keeps its things.
 *
 * @module
 */
import { join } from "node:path";
import type { Environment } from "../files/format.ts";
import { userHome } from "../files/user_home.ts";

/**
 * Gemini CLI's folder: `.gemini` in `$GEMINI_CLI_HOME`, else in the home folder.
 *
 * @param env The environment to look in.
 */
export function geminiHome(env: Environment): string {
  return join(env.GEMINI_CLI_HOME || userHome(env), ".gemini");
}
