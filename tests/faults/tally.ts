/**
 * What was injected, and how often it really hit: a suite of faults that never happen shows nothing.
 *
 * @module
 */

/** Counts what happened, by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /**
   * Counts something.
   *
   * @param what Its name.
   */
  hit(what: string): void {
    this.#counts.set(what, this.count(what) + 1);
  }

  /** How often it happened. */
  count(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /**
   * Prints all of it.
   *
   * @param title What it was counted over.
   */
  print(title: string): void {
    const rows = [...this.#counts].sort(([one], [other]) => one < other ? -1 : 1);
    const width = Math.max(0, ...rows.map(([what]) => what.length));
    const lines = rows.map(([what, count]) => `  ${what.padEnd(width)} ${count}`);
    console.log([`-- ${title}`, ...lines].join("\n"));
  }
}
