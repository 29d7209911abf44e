/**
 * Time, handed in so that tests need not wait for it.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";

/** What the plugin knows of time. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Does something later, unless the process ends before.
   *
   * @param ms How much later, in milliseconds.
   * @param act What; must not throw.
   * @returns Calls it off.
   */
  after(ms: number, act: () => void): () => void;
  /**
   * Waits, and keeps the process alive meanwhile.
   *
   * @param ms How long, in milliseconds.
   */
  sleep(ms: number): Promise<void>;
}

/** The system's clock. What it does later keeps no process alive. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
