/**
 * From the range that a caller asks for to the bytes that an object of some size has.
 *
 * @module
 */
import type { ByteRange } from "../../core/backend.ts";
import { type Call, callError } from "./call.ts";

/** The bytes `[start, end)` of an object, both inside it. */
export interface Span {
  /** The first byte. */
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

/**
 * Fits a range to an object. One that begins at or past the object's end is empty, as with
 * `slice`.
 *
 * @param range What was asked for; the whole object when left out.
 * @param size The object's length in bytes.
 * @param call The call that asks.
 * @throws ArchiveError `Invalid` for negative or broken numbers, and for an end before the start.
 */
export function fitRange(range: ByteRange | undefined, size: number, call: Call): Span {
  if (range === undefined) return { start: 0, end: size };
  if ("suffix" in range) {
    check(range.suffix, "suffix", call);
    return { start: Math.max(0, size - range.suffix), end: size };
  }
  const { start, end = Math.max(size, start) } = range;
  check(start, "start", call);
  check(end, "end", call);
  if (end < start) {
    throw callError(
      call,
      "Invalid",
      `the range from ${start} to ${end} ends before it starts; "end" is one past the last byte`,
    );
  }
  return { start: Math.min(start, size), end: Math.min(end, size) };
}

function check(value: number, field: string, call: Call): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw callError(
    call,
    "Invalid",
    `the range's "${field}" is ${value}; it must be a whole number of bytes, 0 or more`,
  );
}
