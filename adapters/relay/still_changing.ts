/**
 * Sessions that change just now. Their turn goes on, and is waited for; but one that goes on for hours
 * must not leave them without a copy.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import { sessionKey } from "../../core/keys/session_key.ts";

/**
 * What changed within so many milliseconds is left for a later look: its turn still goes on, and
 * whoever is at it tells of its end.
 */
const SETTLED_MS = 10_000;
/** What changed at every look for that long is taken all the same, in milliseconds. */
const LONGEST_MS = 5 * 60_000;

/** Knows since when each was seen to change. */
export class StillChanging {
  readonly #since = new Map<string, number>();

  /**
   * Whether a session is to be left for a later look.
   *
   * @param session Which.
   * @param changedAt When it changed last, epoch milliseconds.
   * @param date Now, epoch milliseconds.
   */
  has(session: SessionId, changedAt: number, date: number): boolean {
    const key = sessionKey(session);
    // A time to come is that of another clock.
    const isFresh = changedAt > date - SETTLED_MS && changedAt <= date;
    const since = this.#since.get(key) ?? date;
    if (isFresh && Math.abs(date - since) < LONGEST_MS) {
      this.#since.set(key, since);
      return true;
    }
    this.#since.delete(key);
    return false;
  }
}
