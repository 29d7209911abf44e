/**
 * What verifying found, one archive at a time.
 *
 * @module
 */
import { isArchiveError } from "../errors.ts";
import type { VerifyOutcome } from "./verify_outcome.ts";

/** What was found of all copies of one archive. */
export type OutcomesOfKey = readonly [VerifyOutcome, ...VerifyOutcome[]];

/**
 * The outcomes of one key together, once there can be no more of them. When it is stopped, the last
 * key is not known to be done with.
 *
 * @param outcomes From `verifyArchives`, whose outcomes of one key come one after the other.
 * @throws What they fail with, after those of the last key.
 */
export async function* outcomesByKey(
  outcomes: AsyncIterable<VerifyOutcome>,
): AsyncGenerator<OutcomesOfKey> {
  let held: [VerifyOutcome, ...VerifyOutcome[]] | undefined;
  let failure: unknown;
  try {
    for await (const outcome of outcomes) {
      if (held && held[0].key === outcome.key) held.push(outcome);
      else {
        if (held) yield held;
        held = [outcome];
      }
    }
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    failure = error;
  }
  if (held) yield held;
  if (failure !== undefined) throw failure;
}
