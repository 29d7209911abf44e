/**
 * Not waiting for what may never end: until a time, or until a signal fires.
 *
 * What is no longer waited for goes on; ending it is the caller's.
 *
 * @module
 */

/**
 * Waits for something, and no longer than that.
 *
 * @param limitMs How long, in milliseconds.
 * @param work What.
 * @param late Makes the error of its taking longer.
 */
export async function within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for everything to end, well or not, and no longer than that.
 *
 * @param limitMs How long, in milliseconds.
 * @param all What.
 */
export async function settledWithin(
  limitMs: number,
  all: Iterable<Promise<unknown>>,
): Promise<void> {
  const work = [...all];
  if (work.length === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(work), enough]);
  clearTimeout(timer);
}

/**
 * Waits for something until a signal fires.
 *
 * @param signal Ends the waiting, with its reason.
 * @param work What.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const listener = () => reject(signal.reason);
    forget = () => signal.removeEventListener("abort", listener);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}
