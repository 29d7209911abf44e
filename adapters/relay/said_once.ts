/**
 * Saying what stays wrong, but not each time that it is met again.
 *
 * @module
 */

/** Knows what was said last of each thing. */
export class SaidOnce {
  readonly #say: (line: string) => void;
  readonly #said = new Map<string, string>();

  /** @param say Writes a line into the log. */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /**
   * Says it, unless it is what was said of the same thing last.
   *
   * @param what The thing.
   * @param problem What is wrong with it; undefined when nothing is any more.
   */
  of(what: string, problem: string | undefined): void {
    if (problem === undefined) this.#said.delete(what);
    else if (this.#said.get(what) !== problem) {
      this.#said.set(what, problem);
      this.#say(problem);
    }
  }
}
