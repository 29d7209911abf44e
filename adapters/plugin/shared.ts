/**
 * What all copies of this plugin in one process share, so that two of them (one from npm and one by
 * path), or one in several directories, archive once.
 *
 * @module
 */
import type { Archiving } from "./archiving.ts";

/** Copies share what they agree on: the number changes when `Archiving` does. */
const SHARED = Symbol.for("opencode-session-archiver/archiving/1");

type Everything = typeof globalThis & { [SHARED]?: Map<string, Archiving> };

/**
 * The archiving of a configuration in this process.
 *
 * @param state The folder of the configuration's state.
 * @param make Makes it when there is none yet.
 */
export function sharedArchiving(state: string, make: () => Archiving): Archiving {
  const everything = globalThis as Everything;
  const shared = everything[SHARED] ??= new Map();
  const known = shared.get(state);
  if (known) return known;
  const fresh = make();
  shared.set(state, fresh);
  return fresh;
}
