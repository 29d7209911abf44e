/**
 * The header `Retry-After`, in which a store that is too busy says when to come again.
 *
 * @module
 */

/**
 * How long to wait.
 *
 * @param header What it says: seconds, or a date.
 * @param storeTime The store's own clock in the same answer, by which it means a date; this
 * machine's where it did not tell.
 * @returns Milliseconds; undefined when it says nothing that can be understood.
 */
export function retryAfterMs(
  header: string | undefined,
  storeTime: string | undefined,
): number | undefined {
  const said = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(said)) return Number(said) * 1_000;
  // Anything else that begins with a digit is no date, whatever `Date.parse` makes of it.
  if (!/^[a-z]/i.test(said)) return undefined;
  const until = Date.parse(said);
  if (Number.isNaN(until)) return undefined;
  const now = Date.parse(storeTime ?? "");
  return Math.max(0, until - (Number.isNaN(now) ? Date.now() : now));
}
