/**
 * Numbers, sizes and times as people read them.
 *
 * @module
 */

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/**
 * A size: `812 B`, `1.4 MB`.
 *
 * @param bytes How many.
 */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * A number of things: `1 session`, `3 sessions`.
 *
 * @param count How many.
 * @param noun One of them.
 * @param plural Several of them, where an s does not do.
 */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}

/**
 * A span of time: `8 s`, `3 min`, `2 h 5 min`.
 *
 * @param seconds How long.
 */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A moment, in UTC as in the keys: `2026-01-31 12:00`.
 *
 * @param moment ISO 8601.
 */
export function momentText(moment: string): string {
  const time = new Date(moment);
  return Number.isNaN(time.getTime()) ? moment : time.toISOString().slice(0, 16).replace("T", " ");
}
