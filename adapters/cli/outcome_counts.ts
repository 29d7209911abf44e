/**
 * How often each thing happened, for the end of a command.
 *
 * @module
 */

/** Counts outcomes by their status. */
export class OutcomeCounts<Status extends string> {
  readonly #words: readonly (readonly [Status, string])[];
  readonly #counts = new Map<Status, number>();

  /** @param words What each status is called after a number, in the order in which they are told. */
  constructor(words: Readonly<Record<Status, string>>) {
    this.#words = Object.entries(words) as [Status, string][];
  }

  /** Counts one. */
  add(status: Status): void {
    this.#counts.set(status, this.of(status) + 1);
  }

  /** How many there were of some statuses. */
  of(...statuses: readonly Status[]): number {
    return statuses.reduce((sum, status) => sum + (this.#counts.get(status) ?? 0), 0);
  }

  /** Each status that there was, in words: `3 found, 1 lost`. */
  line(): string {
    const some = this.#words.filter(([status]) => this.of(status) > 0);
    return some.map(([status, word]) => `${this.of(status).toLocaleString("en-US")} ${word}`)
      .join(", ");
  }

  /** All counts, by status. */
  json(): Record<Status, number> {
    const counts = this.#words.map(([status]) => [status, this.of(status)]);
    return Object.fromEntries(counts);
  }
}
