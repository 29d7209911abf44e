/**
 * When a session may be archived. Only numbers: no clock, no timers.
 *
 * @module
 */

/** Agents still write for a moment after they say that a session is idle. */
export const SETTLE_MS = 500;
/** Word of further changes puts a session off again, but never for longer than this in all. */
const LONGEST_SETTLE_MS = 5_000;
/** What a session may cost of the network on the average, in bytes per millisecond. */
const BYTES_PER_MS = 200;
const LONGEST_INTERVAL_MS = 300_000;

/**
 * When a session has settled. Times are in milliseconds, of any one clock.
 *
 * @param oldestAt When the first word of a change was written.
 * @param newestAt When the last one was written, or seen where that is not known.
 */
export function settledAt(oldestAt: number, newestAt: number): number {
  return Math.min(newestAt + SETTLE_MS, oldestAt + LONGEST_SETTLE_MS);
}

/**
 * How long a session waits after it was archived, so that a large one is not sent again and again.
 *
 * @param minIntervalMs The least, as configured.
 * @param bytes What was sent last.
 * @returns Milliseconds.
 */
export function intervalMs(minIntervalMs: number, bytes: number): number {
  return Math.max(minIntervalMs, Math.min(LONGEST_INTERVAL_MS, Math.ceil(bytes / BYTES_PER_MS)));
}
