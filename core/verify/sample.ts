/**
 * Choosing a share of many objects, the same each time.
 *
 * @module
 */
import { sha256Hex } from "../hash.ts";

/**
 * A share of all objects, taken by a hash of their keys: whoever asks again with the same share and
 * seed, on whatever machine, gets the same ones, and every copy of each.
 *
 * @since 0.1.0
 */
export interface Sample {
  /** How much of all, from 0 to 1: 0.05 for one in twenty. */
  readonly share: number;
  /** Another seed takes others; any text. */
  readonly seed: string;
}

/**
 * Whether an object is one of a sample.
 *
 * @param key Its key.
 * @param sample The sample.
 */
export function isSampled(key: string, { share, seed }: Sample): boolean {
  const place = parseInt(sha256Hex(`${seed}\n${key}`).slice(0, 8), 16) / 2 ** 32;
  return place < share;
}
