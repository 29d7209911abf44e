/**
 * Time that passes only when nothing is left to do, so that hours take moments and the same seed
 * gives the same order of things, also where real files are read and written under way.
 *
 * @module
 */
import { ArchiveError } from "../../../core/errors.ts";

/** How often others get their turn before all is taken to be quiet. */
const TURNS = 4;
/** More than any sequence needs: something wakes itself for ever. */
const MOST_EVENTS = 200_000;

interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/** A clock, and what will happen. */
export class VirtualTime {
  #now = 0;
  #events: Event[] = [];
  #files: (() => Promise<void>)[] = [];
  #happened = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Makes something happen in so many milliseconds; returns how to call it off. */
  after(ms: number, happen: () => void): () => void {
    const event = { at: this.#now + ms, happen };
    const later = this.#events.findIndex(({ at }) => at > event.at);
    this.#events.splice(later < 0 ? this.#events.length : later, 0, event);
    return () => this.#events = this.#events.filter((one) => one !== event);
  }

  /** Waits; fails as `Aborted` when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new ArchiveError("Aborted", "stopped"));
      if (signal?.aborted) return stop();
      const callOff = this.after(ms, resolve);
      signal?.addEventListener("abort", () => {
        callOff();
        stop();
      }, { once: true });
    });
  }

  /**
   * Work with real files: it is done when all else is quiet, one after the other, so that it does not
   * matter how long the disk takes.
   *
   * @param work The work.
   * @param givenUp Resolves when nobody waits for it any more.
   */
  files<T>(work: () => Promise<T>, givenUp: Promise<void>): Promise<T> {
    return new Promise((resolve) => {
      this.#files.push(async () => {
        const working = work();
        const ended = working.then(() => true, () => true);
        if (await Promise.race([ended, givenUp.then(() => false)])) resolve(working);
      });
    });
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#quiet();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.at);
      next.happen();
      await this.#quiet();
    }
    this.#now = until;
  }

  #next(until: number): Event | undefined {
    if (this.#events[0] === undefined || this.#events[0].at > until) return undefined;
    if (++this.#happened > MOST_EVENTS) throw new Error("something wakes itself for ever");
    return this.#events.shift();
  }

  async #quiet(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < TURNS; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const work = this.#files.shift();
      if (work === undefined) return;
      await work();
    }
  }
}
