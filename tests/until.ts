/**
 * Waiting in tests: for something to come true, and not for ever.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** Looks for something: gives it, and undefined or false while it is not. */
export type Look<T> = () => T | undefined | false | Promise<T | undefined | false>;

/**
 * Waits for something to come true.
 *
 * @param what Says it in the failure.
 * @param look Looks for it, again and again.
 * @param ms How long to wait at most; 30 seconds by default, since the tests may run beside others.
 * @param explain What else the failure is to say, such as a log.
 * @returns What was found.
 * @throws Error When it does not come true in time, or the look fails.
 */
export async function until<T>(
  what: string,
  look: Look<T>,
  ms = 30_000,
  explain?: () => Promise<string>,
): Promise<T> {
  const end = performance.now() + ms;
  while (true) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      const more = explain ? `\n${await explain()}` : "";
      throw new Error(`not within ${ms} ms: ${what}${more}`);
    }
    await delay(10);
  }
}
