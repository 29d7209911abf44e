/**
 * Not waiting for a disk that never answers, as that of a network home may not.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/**
 * Waits for a piece of work, and no longer than that. What takes longer goes on unwatched.
 *
 * @param ms How long, in milliseconds.
 * @param work What. Its failure goes through.
 * @param clock Waits.
 * @returns Whether it was done in time.
 */
export async function doneWithin(
  ms: number,
  work: Promise<unknown>,
  clock: Clock,
): Promise<boolean> {
  let callOff = () => {};
  const tooLate = new Promise<false>((resolve) => {
    callOff = clock.after(ms, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), tooLate]);
  } finally {
    callOff();
  }
}
