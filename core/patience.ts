/**
 * Leaving a backend alone that is of no use for now, so that a dead server costs a run seconds and
 * not its whole time.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { asArchiveError, isArchiveError } from "./errors.ts";

/** Failures in a row after which a backend is asked whether it is there at all. */
const MOST_FAILURES = 3;

/** How one backend has been doing lately. */
interface Streak {
  inARow: number;
  /** How many of them were timeouts, without another failure in between. */
  timeouts: number;
  asking?: Promise<void>;
  lost?: Error;
}

/** How one run puts up with its backends' failures. */
export class Patience {
  readonly #streaks = new Map<Backend, Streak>();

  /**
   * Why a backend is left alone from now on, if it is.
   *
   * @param backend Which.
   */
  lostWith(backend: Backend): Error | undefined {
    return this.#streaks.get(backend)?.lost;
  }

  /**
   * Notes that a backend took, or has, what it should.
   *
   * @param backend Which.
   */
  served(backend: Backend): void {
    Object.assign(this.#of(backend), { inARow: 0, timeouts: 0 });
  }

  /**
   * Notes a failure. After some in a row the backend is asked for a single key: one that answers is
   * there, and its failures are its sessions' own. One that let each of them wait in vain is not
   * asked: it may answer, and yet take no session, and each more would cost as long.
   *
   * @param backend Which.
   * @param error What it failed with.
   * @param signal Stops the asking.
   */
  async failed(backend: Backend, error: unknown, signal?: AbortSignal): Promise<void> {
    const streak = this.#of(backend);
    if (isArchiveError(error, "Aborted") || streak.lost) return;
    streak.timeouts = isArchiveError(error, "Timeout") ? streak.timeouts + 1 : 0;
    if (++streak.inARow < MOST_FAILURES) return;
    if (streak.timeouts >= MOST_FAILURES) {
      streak.lost = asArchiveError(error, { backend: backend.name });
      return;
    }
    streak.asking ??= this.#ask(backend, streak, signal);
    await streak.asking;
  }

  async #ask(backend: Backend, streak: Streak, signal?: AbortSignal): Promise<void> {
    try {
      for await (const page of backend.list({ limit: 1, signal })) void page;
      streak.inARow = 0;
    } catch (error) {
      if (!isArchiveError(error, "Aborted")) {
        streak.lost = asArchiveError(error, { backend: backend.name });
      }
    } finally {
      streak.asking = undefined;
    }
  }

  #of(backend: Backend): Streak {
    const known = this.#streaks.get(backend);
    if (known) return known;
    const fresh = { inARow: 0, timeouts: 0 };
    this.#streaks.set(backend, fresh);
    return fresh;
  }
}
