/**
 * The values of options, read and checked.
 *
 * @module
 */
import { UsageError } from "./exit.ts";

/**
 * Reads one of several values of an option that may be repeated.
 *
 * @param value The new one.
 * @param before Those before it.
 */
export function another(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * Makes the reader of one of several words, of an option that may be repeated.
 *
 * @param option The option, for the message.
 * @param words The words.
 */
export function oneOf(
  option: string,
  words: readonly string[],
): (value: string, before?: readonly string[]) => string[] {
  return (value, before) => {
    if (words.includes(value)) return another(value, before);
    const given = JSON.stringify(value);
    throw new UsageError(`${option} is ${given}; it can be ${words.join(", ")}`);
  };
}

/**
 * Makes the reader of a whole number.
 *
 * @param option The option, for the message.
 * @param least The smallest that is allowed.
 * @param most The largest.
 */
export function wholeNumber(
  option: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    throw new UsageError(`${option} is ${JSON.stringify(value)}; give a whole number, ${range}`);
  };
}

/**
 * Makes the reader of a share in percent: `5%`, `0.5%`.
 *
 * @param option The option, for the message.
 * @returns Reads it as a number above 0 and up to 1.
 */
export function share(option: string): (value: string) => number {
  return (value) => {
    const percent = Number(PERCENT.exec(value)?.[1]);
    if (percent > 0 && percent <= 100) return percent / 100;
    throw new UsageError(
      `${option} is ${JSON.stringify(value)}; give a share above 0 and up to 100 percent, as 5%`,
    );
  };
}

const PERCENT = /^(\d{1,3}(?:\.\d{1,6})?)%?$/;

/**
 * Makes the reader of a span of time in hours, days or weeks: `12h`, `30d`, `8w`.
 *
 * @param option The option, for the message.
 * @returns Reads it as milliseconds.
 */
export function span(option: string): (value: string) => number {
  return (value) => {
    const [, amount, unit] = SPAN.exec(value) ?? [];
    if (unit !== undefined) return Number(amount) * HOURS[unit] * 3_600_000;
    throw new UsageError(
      `${option} is ${JSON.stringify(value)}; give a number of hours, days or weeks, as 12h, 30d ` +
        "or 8w",
    );
  };
}

const SPAN = /^(\d{1,4})(h|d|w)$/;
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 7 * 24 };

/**
 * Makes the reader of a size in bytes, as sizes are shown: `500MB`, `20 GB`.
 *
 * @param option The option, for the message.
 */
export function byteSize(option: string): (value: string) => number {
  return (value) => {
    const [, amount, unit = ""] = SIZE.exec(value) ?? [];
    if (amount !== undefined) return Math.round(Number(amount) * BYTES[unit.toUpperCase()]);
    throw new UsageError(
      `${option} is ${JSON.stringify(value)}; give a size, as 500MB, 20GB or 1.5TB`,
    );
  };
}

const SIZE = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmgt]?b)$/i;
const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/**
 * Makes the reader of a moment: a day, which begins at midnight UTC, or an ISO date-time.
 *
 * @param option The option, for the message.
 * @returns Reads it as ISO 8601 in UTC.
 */
export function moment(option: string): (value: string) => string {
  return (value) => {
    const time = MOMENT.test(value) && dayExists(value) ? new Date(value) : undefined;
    if (time && !Number.isNaN(time.getTime())) return time.toISOString();
    throw new UsageError(
      `${option} is ${JSON.stringify(value)}; give a day as 2026-11-22, or a date-time as ` +
        `2026-11-22T09:30:00Z`,
    );
  };
}

const MOMENT = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `Date` takes the 31st of February for the 3rd of March. */
function dayExists(value: string): boolean {
  const day = value.slice(0, 10);
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}
