/**
 * Going on with the rest when one part fails, without losing what failed.
 *
 * @module
 */
import { isArchiveError } from "./errors.ts";

/** Failures put aside until everything else is done. */
export class Failures {
  readonly #errors: unknown[] = [];

  /**
   * Puts a failure aside. What the user stopped is no failure, and ends everything at once.
   *
   * @param error What was thrown.
   * @throws What was thrown, when it is `Aborted`.
   */
  add(error: unknown): void {
    if (isArchiveError(error, "Aborted")) throw error;
    this.#errors.push(error);
  }

  /**
   * Does a part of the work.
   *
   * @param work The part.
   * @param otherwise What stands in for its result when it fails.
   */
  async attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.add(error);
      return otherwise;
    }
  }

  /** Throws what failed, if anything did: one error as it is, several as an `AggregateError`. */
  throwAny(): void {
    if (this.#errors.length > 1) {
      throw new AggregateError(this.#errors, this.#errors.map(String).join("; "));
    }
    if (this.#errors.length === 1) throw this.#errors[0];
  }
}
