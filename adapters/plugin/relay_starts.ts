/**
 * When the relay is started: often enough that nothing waits for it, seldom enough that a relay
 * which is just starting is not started again.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** The least time between two starts, in milliseconds. */
export const BETWEEN_STARTS_MS = 5_000;

/** Starts relays. */
export class RelayStarts {
  readonly #start: () => Promise<void>;
  readonly #clock: Clock;
  #lastAt = -Infinity;
  #isPlanned = false;

  /**
   * @param start Starts one, unless one lives. Must not reject.
   * @param clock Tells and waits.
   */
  constructor(start: () => Promise<void>, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
  }

  /** Sees to it that a relay is started, now or as soon as it may be. Call it after every write. */
  ask(): void {
    if (this.#isPlanned) return;
    const wait = this.#lastAt + BETWEEN_STARTS_MS - this.#clock.now();
    if (wait <= 0) return this.#begin();
    this.#isPlanned = true;
    // Never longer than the pause, should the clock have been set back.
    this.#clock.after(Math.min(wait, BETWEEN_STARTS_MS), () => {
      this.#isPlanned = false;
      this.#begin();
    });
  }

  #begin(): void {
    this.#lastAt = this.#clock.now();
    void this.#start();
  }
}
