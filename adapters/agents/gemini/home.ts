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

/**
 * All folders that Gemini CLI may keep sessions in: its own, and the one it has within macOS's sandbox.
 *
 * @param env The environment to look in.
 */
export function geminiHomes(env: Environment): readonly string[] {
  return [geminiHome(env), join(env.GEMINI_CLI_HOME || userHome(env), ".cache", ".gemini")];
}
