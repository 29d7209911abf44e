/**
 * Reading what stands in records, which may be anything.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";

/** Anything with fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** A text; an empty one for what is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A time, ISO 8601 in UTC; undefined for what is none. */
export function timeOf(value: unknown): string | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** The texts of a message's or a summary's pieces, as one. */
export function textsOf(pieces: unknown): string {
  if (!Array.isArray(pieces)) return textOf(pieces);
  return pieces.map((piece) => textOf(fieldsOf(piece).text)).filter((text) => text !== "").join(
    "\n",
  );
}

/** A count; 0 for what is none. */
export function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}

/** A title is cut to so many UTF-16 units. */
const TITLE = 100;

/**
 * The title that a session has by what was said first in it.
 *
 * @param text What was said.
 */
export function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0].trim();
  return line.length <= TITLE ? line : `${line.slice(0, TITLE - 1).toWellFormed()}…`;
}
