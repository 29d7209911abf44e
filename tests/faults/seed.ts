/**
 * Where all chance in this suite comes from: a number that is told when something fails, and that
 * brings back the same run when it is given as `FAULT_SEED`.
 *
 * @module
 */
import process from "node:process";
import { seededRandom } from "../fixtures/opencode_ids.ts";
import { givenSeed, wantedSeed } from "../wanted_seed.ts";

/** Chance that can be had again. */
export class Chance {
  /** What it began with. */
  readonly seed: number;
  readonly #random: () => number;

  /** @param seed Any whole number. */
  constructor(seed: number) {
    this.seed = seed;
    this.#random = seededRandom(seed);
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.#random();
  }

  /** A whole number in [0, `below`). */
  below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  /** Whether something happens that happens this often, 0 to 1. */
  hits(probability: number): boolean {
    return this.#random() < probability;
  }

  /** One of some things. */
  oneOf<T>(things: readonly T[]): T {
    const thing = things[this.below(things.length)];
    if (thing === undefined) throw new Error("nothing to choose from");
    return thing;
  }

  /** One of some names, each as often as its weight says. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T {
    const names = Object.keys(weights) as T[];
    let left = this.#random() * names.reduce((sum, name) => sum + weights[name], 0);
    return names.find((name) => (left -= weights[name]) < 0) ?? this.oneOf(names);
  }
}

/** Whether the long run was asked for: `deno task test:faults --long`. */
export const IS_LONG: boolean = process.argv.includes("--long");

/** The seed that all others are counted from: `FAULT_SEED`, or another one each time but in CI. */
export const SEED: number = wantedSeed("FAULT_SEED") ?? Math.floor(Math.random() * 2 ** 31);

/** Whether one run is to be had again. */
export const IS_REPLAY: boolean = givenSeed("FAULT_SEED") !== undefined;

/**
 * Plays something with chance of its own, and says in the failure how to have it again.
 *
 * @param seed Its seed.
 * @param play What to play.
 */
export async function played(
  seed: number,
  play: (chance: Chance) => Promise<void>,
): Promise<void> {
  try {
    await play(new Chance(seed));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`with FAULT_SEED=${seed}: ${said}`, { cause });
  }
}
