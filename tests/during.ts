/**
 * Looking at something while it changes.
 *
 * @module
 */

/**
 * Does something over and over for as long as something else goes on.
 *
 * @param work What goes on.
 * @param look What to do meanwhile, one after the other; at least once.
 * @throws Error When either of them fails.
 */
export async function during(work: Promise<unknown>, look: () => Promise<unknown>): Promise<void> {
  let goesOn = true;
  const ended = work.finally(() => goesOn = false);
  const looks = async () => {
    do await look(); while (goesOn);
  };
  await Promise.all([ended, looks()]);
}
