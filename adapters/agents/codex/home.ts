/**
 * Where Codex keeps its things.
 *
 * @module
 */
import { join } from "node:path";
import type { Environment } from "../files/format.ts";
import { userHome } from "../files/user_home.ts";

/**
 * Codex's folder: `$CODEX_HOME`, else `~/.codex`.
 *
 * @param env The environment to look in.
 */
export function codexHome(env: Environment): string {
  return env.CODEX_HOME || join(userHome(env), ".codex");
}
