/**
 * When an agent deletes a session that does not change any more.
 *
 * @module
 */

/** In milliseconds. */
export const DAY = 24 * 60 * 60_000;
/** No date is later, in milliseconds since the epoch. */
const LAST = 8.64e15;

/**
 * The end of a session's time.
 *
 * @param modifiedMs When it changed last, in milliseconds since the epoch.
 * @param keptMs How long it is kept then, in milliseconds.
 * @returns The same; undefined where that is later than any date.
 */
export function deadlineOf(modifiedMs: number, keptMs: number): number | undefined {
  const deadline = modifiedMs + keptMs;
  return deadline <= LAST ? deadline : undefined;
}
