/**
 * Where Claude Code keeps its things.
 *
 * @module
 */
import { join } from "node:path";
import type { Environment } from "../files/format.ts";
import { userHome } from "../files/user_home.ts";

/**
 * Claude Code's folder: `$CLAUDE_CONFIG_DIR`, else `~/.claude`.
 *
 * @param env The environment to look in.
 */
export function claudeCodeHome(env: Environment): string {
  return env.CLAUDE_CONFIG_DIR || join(userHome(env), ".claude");
}
