/**
 * The user's home folder, as agents look for it.
 *
 * @module
 */
import { homedir } from "node:os";
import type { Environment } from "./format.ts";

/**
 * The home folder: the environment's, else the system's.
 *
 * @param env The environment to look in.
 */
export function userHome(env: Environment): string {
  return env.HOME || env.USERPROFILE || homedir();
}
