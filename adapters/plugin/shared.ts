/**
 * What all copies of this plugin in one process share, so that two of them (one from npm and one by
 * path), or one in several directories, archive once and say once what is wrong.
 *
 * @module
 */
import type { Archiving } from "./archiving.ts";

/** Copies share what they agree on: the number changes when `Archiving` does. */
const ARCHIVING = Symbol.for("opencode-session-archiver/archiving/1");
const TOLD = Symbol.for("opencode-session-archiver/told/1");

type Everything = typeof globalThis & {
  [ARCHIVING]?: Map<string, Archiving>;
  [TOLD]?: Set<string>;
};

/**
 * The archiving of a configuration in this process.
 *
 * @param state The folder of the configuration's state.
 * @param make Makes it when there is none yet.
 */
export function sharedArchiving(state: string, make: () => Archiving): Archiving {
  const everything = globalThis as Everything;
  const shared = everything[ARCHIVING] ??= new Map();
  const known = shared.get(state);
  if (known) return known;
  const fresh = make();
  shared.set(state, fresh);
  return fresh;
}

/**
 * Whether something has still to be told in this process; it counts as told from now on.
 *
 * @param message What.
 */
export function isStillToTell(message: string): boolean {
  const told = (globalThis as Everything)[TOLD] ??= new Set();
  const isNew = !told.has(message);
  told.add(message);
  return isNew;
}
