/**
 * A clock that goes only when it is told to.
 *
 * @module
 */
import type { Clock } from "../../../adapters/plugin/clock.ts";

/** What waits for its time. */
interface Planned {
  readonly at: number;
  readonly act: () => void;
}

/** A clock for tests. */
export class FakeClock implements Clock {
  #now: number;
  #planned: Planned[] = [];
  readonly #settle: () => Promise<void>;

  /** @param settle Waits until everything has happened that does not wait for the clock. */
  constructor(settle: () => Promise<void> = settled) {
    this.#now = Date.parse("2026-01-02T03:04:05Z");
    this.#settle = settle;
  }

  /** How many things are planned. */
  get planned(): number {
    return this.#planned.length;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): () => void {
    const planned = { at: this.#now + ms, act };
    this.#planned.push(planned);
    return () => {
      this.#planned = this.#planned.filter((other) => other !== planned);
    };
  }

  /** Time passes for whoever sleeps. */
  async sleep(ms: number): Promise<void> {
    await this.pass(ms);
  }

  /** Lets time pass, and everything happen that was planned for it, each to its end. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#planned.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#planned = this.#planned.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
      await this.#settle();
    }
    this.#now = until;
    await this.#settle();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
