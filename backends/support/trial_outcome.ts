/**
 * What one step of a trial comes to, and the bytes that it compares.
 *
 * @module
 */

/** What came of a step that did not throw; `ok` when no status is given. */
export interface Outcome {
  readonly status?: "ok" | "limited" | "failed";
  readonly detail: string;
  readonly advice?: string;
  /** What it failed with, where that is no failure of the step. */
  readonly error?: Error;
}

/** What to do about a store that does not keep what it was given. */
export const UNTRUE = "do not keep archives here: what comes back is not what was stored";

/** A step that showed what must not be. */
export function failed(detail: string, advice: string): Outcome {
  return { status: "failed", detail, advice };
}

/** A text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether two pieces of bytes are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
