/**
 * fast-check, and how often and from which seed a property is tried. Elsewhere each run tries others;
 * in CI always the same, so that what passes is told by what changed. `PROPERTY_SEED` has one again.
 *
 * @module
 */
import fc from "fast-check";
import { wantedSeed } from "./wanted_seed.ts";

const seed = wantedSeed("PROPERTY_SEED");
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

export default fc;

/**
 * The number of runs here: chance is the same on every runtime, so where it is not Deno, a fifth shows
 * that the runtime holds.
 *
 * @param onDeno How many there are on Deno.
 */
export function propertyRuns(onDeno: number): number {
  return "Deno" in globalThis ? onDeno : Math.ceil(onDeno / 5);
}
