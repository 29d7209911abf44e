/**
 * Which database this OpenCode process keeps its sessions in. None is opened.
 *
 * @module
 */
import { type Environment, findDatabases } from "../agents/opencode/locations.ts";

/**
 * The databases that can be the one of this process: one, but where builds of several channels
 * share a data folder. A build does not tell its channel, so each of theirs is named then; the relay
 * finds out which has a session, since it may open them.
 *
 * @param env The environment of the process.
 * @returns Absolute paths; none when sessions are only kept in memory.
 */
export async function ownStores(env: Environment): Promise<readonly string[]> {
  const { stores, looked } = await findDatabases(env);
  if (looked.length === 0) return [];
  const { OPENCODE_DISABLE_CHANNEL_DB: oneForAll } = env;
  // The usual one is looked at first; and OpenCode makes its own before it tells of a session.
  const usual = looked.slice(0, 1);
  if (oneForAll === "1" || oneForAll === "true" || stores.length === 0) return usual;
  return stores;
}
