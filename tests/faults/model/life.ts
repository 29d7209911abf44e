/**
 * A process that can be killed between any two steps: from then on it does nothing, and whatever it
 * waits for never comes.
 *
 * @module
 */
import type { Tally } from "../tally.ts";

/** One for each who waits: what waits for a promise that lives is kept with it. */
const never = () => new Promise<never>(() => {});

/** One life of a process. */
export class Life {
  /** Resolves when it is dead, and the last that it did has been done. */
  readonly ended: Promise<void>;
  readonly #tally: Tally;
  readonly #parting: (() => Promise<unknown>)[] = [];
  #end: () => void = () => undefined;
  #left = Infinity;
  #isDead = false;

  /** @param tally Counts where it was killed. */
  constructor(tally: Tally) {
    this.#tally = tally;
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  /** Whether it was killed. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Has it killed after so many further steps. */
  killAfter(steps: number): void {
    this.#left = steps;
  }

  /** Has something done when it is dead, as the system lets go of open files. */
  atEnd(part: () => Promise<unknown>): void {
    this.#parting.push(part);
  }

  /**
   * One step. Never resolves if it is the last.
   *
   * @param what Its name, for the tally.
   * @param torn What is done of it all the same.
   */
  async step(what: string, torn?: () => Promise<unknown>): Promise<void> {
    if (!this.#isDead && this.#left-- <= 0) this.kill(what, torn);
    if (this.#isDead) await never();
  }

  /**
   * Kills it.
   *
   * @param what What it was at.
   * @param torn What is done all the same.
   */
  kill(what: string, torn?: () => Promise<unknown>): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#tally.hit(`killed: ${what}`);
    void this.#die(torn);
  }

  async #die(torn: (() => Promise<unknown>) | undefined): Promise<void> {
    await torn?.();
    for (const part of this.#parting) await part();
    this.#end();
  }
}
