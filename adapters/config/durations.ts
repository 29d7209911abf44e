/**
 * Lengths of time as people write them.
 *
 * @module
 */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The longest that each setting may be. */
export const LONGEST = { minInterval: "1h", waitOnExit: "60s" } as const;

/** A whole number and a unit. */
export const DURATION = /^(\d{1,9})(ms|s|m|h)$/;

/**
 * Reads a duration such as `500ms`, `10s`, `2m` or `1h`.
 *
 * @param text What was written.
 * @returns Milliseconds, or undefined when it is no duration.
 */
export function milliseconds(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * UNITS[unit];
}

/**
 * Writes a duration, in the largest unit that it is a whole number of.
 *
 * @param milliseconds How long.
 */
export function durationText(milliseconds: number): string {
  const whole = Object.entries(UNITS).filter(([, size]) => milliseconds % size === 0);
  const [unit, size] = whole.at(-1) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
}
