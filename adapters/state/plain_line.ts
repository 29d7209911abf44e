/**
 * The line of a ledger's file that tells of plain files beside an archive. It stands before the line of
 * the archive's entry, which it names by its key.
 *
 * ```
 * {"plain":"agentsview","machine":"laptop","at":"laptop/raw/codex/…","whole":true,"of":"…/ses_….json"}
 * ```
 *
 * @module
 */
import type { PlainCopy } from "../../core/plain/layout.ts";

/** What such a line says. */
export interface PlainLine {
  /** The key of the archive. */
  readonly of: string;
  /** Its plain files. */
  readonly plain: PlainCopy;
}

/**
 * The value of such a line.
 *
 * @param line What it says.
 */
export function plainLineValue({ of, plain: { name, machine, at, isWhole } }: PlainLine): object {
  return { plain: name, machine, ...(at !== undefined && { at }), whole: isWhole, of };
}

/**
 * Reads such a line.
 *
 * @param value What it is in JSON.
 * @returns Undefined for a damaged one.
 */
export function plainLineIn(value: object): PlainLine | undefined {
  const { plain: name, machine, at, whole, of }: Readonly<Record<string, unknown>> = { ...value };
  if (typeof name !== "string" || typeof machine !== "string" || typeof of !== "string") {
    return undefined;
  }
  if (typeof whole !== "boolean" || (at !== undefined && typeof at !== "string")) return undefined;
  return { of, plain: { name, machine, ...(at !== undefined && { at }), isWhole: whole } };
}
