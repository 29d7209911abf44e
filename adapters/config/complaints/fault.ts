/**
 * Something wrong with a configuration while it is still being looked through.
 *
 * @module
 */
import type { Complaint } from "./config_error.ts";
import { isMap, type KeyPath, keyPathText, valueAt } from "./key_path.ts";

/** One thing that is wrong. */
export interface Fault {
  /** Where. */
  readonly path: KeyPath;
  /** What was found, what is allowed, what to do; no secrets. */
  readonly message: string;
}

/**
 * What is told of faults: in the file's order, and what was found first of each place, for the
 * rest follows from it.
 *
 * @param faults Everything that was found, the most basic first.
 * @param tree What stands in the file.
 */
export function complaintsOf(faults: readonly Fault[], tree: unknown): Complaint[] {
  const first = new Map<string, Fault>();
  for (const fault of faults) {
    const at = keyPathText(fault.path);
    if (!first.has(at)) first.set(at, fault);
  }
  return [...first.values()]
    .sort((a, b) => comparePlaces(placeOf(a.path, tree), placeOf(b.path, tree)))
    .map(({ path, message }) => ({ at: keyPathText(path), message }));
}

/** How far down in the file each step of a path is; what is missing comes last. */
function placeOf(path: KeyPath, tree: unknown): number[] {
  return path.map((key, depth) => {
    const parent = valueAt(tree, path.slice(0, depth));
    const index = isMap(parent) ? Object.keys(parent).indexOf(String(key)) : Number(key);
    return index >= 0 ? index : Infinity;
  });
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (const [index, place] of a.entries()) {
    if (index >= b.length) return 1;
    if (place !== b[index]) return place - b[index];
  }
  return a.length - b.length;
}
