/**
 * "Did you mean": the nearest of the words that are allowed.
 *
 * @module
 */
import { closest } from "../../backends/s3/did_you_mean.ts";

/** Words over this many characters are no slips, and take long to compare. */
const LONGEST = 64;

/**
 * The allowed word that somebody may have meant: the same but for case, or a few letters away.
 *
 * @param word What was written.
 * @param allowed What may be written.
 */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  return word.length > LONGEST ? undefined : closest(word, allowed);
}
