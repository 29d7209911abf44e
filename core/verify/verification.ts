/**
 * Proving that archives are good: all of them in one walk over all backends, or some that are named.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { VerifySource } from "./due_backends.ts";
import { ArchiveError } from "../errors.ts";
import { Failures } from "../failures.ts";
import { type KeyPlace, walkArchives } from "./merged_walk.ts";
import { inOrder, Slots } from "../parallel.ts";
import type { Looking } from "./patient_look.ts";
import { Patience } from "../patience.ts";
import { isSampled, type Sample } from "./sample.ts";
import { verifyKey } from "./verified_key.ts";
import type { VerifyOutcome } from "./verify_outcome.ts";

/**
 * Options of verifying.
 *
 * @since 0.1.0
 */
export interface VerifyOptions {
  /**
   * Believes the stores: takes for good what the listing, or a HEAD, tells with the etag and size
   * that the backend acknowledged, or with the metadata of a later state; where nothing is
   * remembered, of any archive that fits its key. What that does not settle is read, so that nothing
   * is called damaged that is not, and what a listing lacks is asked for by name. By default
   * everything is read.
   *
   * It finds what is missing, cut off, replaced or put back to an older state, as far as the store
   * knows of it. It does not find bytes that went bad below a store which goes on telling their old
   * etag, nor what a stale listing still shows. Only reading does; see `sample`.
   */
  readonly quick?: boolean;
  /**
   * Reads only a share of all objects. The others are looked at as `quick` does, or without it, only
   * seen to be listed, and not told of. What should be there and is not is always found. Where keys
   * are named, it has no effect.
   */
  readonly sample?: Sample;
  /**
   * Goes on behind this key, in the order of UTF-8 bytes, which is the order of the outcomes: the
   * key of the last one when all of that key were taken. Where keys are named, it has no effect.
   */
  readonly after?: string;
  /** How many objects are looked at at once; 8 by default. */
  readonly concurrency?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** How many keys may be under way or waiting for one before them, for each object at once. */
const AHEAD = 8;

/**
 * Verifies archives. Outcomes come in the order of the keys, those of one key together.
 *
 * @param keys Which; all that are there or should be when left out.
 * @param source Where.
 * @param options How.
 * @returns One outcome a copy. A backend that cannot be listed is thrown at the end, after what is
 * known of the others; one that fails again and again is asked no more, and all its objects fail.
 */
export async function* verifyArchives(
  keys: readonly string[] | undefined,
  source: VerifySource,
  options: VerifyOptions = {},
): AsyncGenerator<VerifyOutcome> {
  const { concurrency = 8, signal } = options;
  check(options);
  const failures = new Failures();
  const places = keys ? named(keys, source.backends) : walkArchives(source, options, failures);
  const how: Looking = {
    closenessOf: keys ? () => options.quick ? "ask" : "read" : closenessIn(options),
    slots: new Slots(concurrency),
    patience: new Patience(),
    signal,
  };
  async function* jobs() {
    for await (const place of places) yield () => verifyKey(place, source, how);
  }
  for await (const outcomes of inOrder(jobs(), AHEAD * concurrency)) yield* outcomes;
  failures.throwAny();
}

/** Every backend is asked for a key that was named. */
function* named(keys: readonly string[], backends: readonly Backend[]): Generator<KeyPlace> {
  for (const key of keys) yield { key, held: [], unlisted: backends, lacking: [] };
}

function closenessIn({ quick, sample }: VerifyOptions): Looking["closenessOf"] {
  const rest = quick ? "ask" : "pass over";
  if (sample) return (key) => isSampled(key, sample) ? "read" : rest;
  return () => quick ? "ask" : "read";
}

function check({ sample }: VerifyOptions): void {
  if (!sample || sample.share >= 0 && sample.share <= 1) return;
  throw new ArchiveError(
    "Invalid",
    `the share ${sample.share} is no number from 0 to 1; give 0.05 for one in twenty`,
  );
}
