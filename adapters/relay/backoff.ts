/**
 * How long to wait after failures. Only numbers: no clock, no timers.
 *
 * @module
 */

/** Never wait longer than this for a session, or for a store, in milliseconds. */
const LONGEST_MS = 15 * 60_000;
const FIRST_MS = 1_000;

/**
 * A store that refuses who asks is tried again after this long though nobody mended anything that can
 * be seen, in milliseconds.
 */
export const CLOSED_MS = 60 * 60_000;

/** The same for one that refuses sessions, though perhaps not all of them, in milliseconds. */
export const DENIED_MS: number = LONGEST_MS;

/** A store that was given up is left alone for at least this long, in milliseconds. */
export const DEAD_STORE_MS = 60_000;

/**
 * The wait before a session is tried again: anything up to twice as long as the time before ("full
 * jitter"), so that many that failed together do not come back together.
 *
 * @param failures How often it has failed in a row; at least 1.
 * @param random A number in [0, 1).
 * @returns Milliseconds.
 */
export function backoffMs(failures: number, random: number): number {
  return Math.floor(random * ceilingMs(failures));
}

/**
 * The wait before a store is tried again that was given up.
 *
 * @param failures How often it was given up in a row; at least 1.
 * @param random A number in [0, 1).
 * @returns Milliseconds; at least {@linkcode DEAD_STORE_MS}.
 */
export function deadStoreMs(failures: number, random: number): number {
  // The sixth ceiling is the first that is longer than a minute.
  return DEAD_STORE_MS + Math.floor(random * (ceilingMs(failures + 5) - DEAD_STORE_MS));
}

/**
 * How long to leave a store alone that said how long.
 *
 * @param askedMs What it asks for, in milliseconds.
 * @returns Milliseconds; never more than after any other failure.
 */
export function heededMs(askedMs: number): number {
  return Math.min(LONGEST_MS, Math.max(0, askedMs));
}

function ceilingMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(1, failures));
}
