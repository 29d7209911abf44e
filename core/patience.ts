/**
 * Leaving a backend alone that is of no use for now, so that a dead server costs a run seconds and
 * not its whole time.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { asArchiveError, concernsBackend, isArchiveError } from "./errors.ts";

/** Failures in a row after which a backend is asked whether it is there at all. */
const MOST_FAILURES = 3;

/** How one backend has been doing lately. */
interface Streak {
  inARow: number;
  /** How many of them were timeouts, without another failure in between. */
  timeouts: number;
  readonly underWay: Set<Promise<unknown>>;
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
   * Does a piece of work with a backend, and takes note of how it ends. After some failures in a row,
   * or one that may be the session's as well as the backend's, the backend is asked for a single key:
   * one that answers is there, and its failures are its sessions' own. One that let each of them wait
   * in vain is not asked: it may answer, and yet take no session, and each more would cost as long.
   *
   * @param backend Which.
   * @param work The piece.
   * @param signal Stops the asking.
   */
  async attempt<T>(backend: Backend, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const streak = this.#of(backend);
    const ending = work();
    streak.underWay.add(ending);
    try {
      const result = await ending;
      Object.assign(streak, { inARow: 0, timeouts: 0 });
      return result;
    } catch (error) {
      streak.underWay.delete(ending);
      await this.#failed(backend, streak, error, signal);
      throw error;
    } finally {
      streak.underWay.delete(ending);
    }
  }

  async #failed(
    backend: Backend,
    streak: Streak,
    error: unknown,
    signal?: AbortSignal,
  ): Promise<void> {
    if (isArchiveError(error, "Aborted") || streak.lost) return;
    const late = isArchiveError(error, "Timeout");
    streak.timeouts = late ? streak.timeouts + 1 : 0;
    if (++streak.inARow >= MOST_FAILURES || isAmbiguous(error, backend)) {
      if (streak.timeouts < MOST_FAILURES) {
        await (streak.asking ??= this.#ask(backend, streak, signal));
      } else streak.lost = asArchiveError(error, { backend: backend.name });
    } else if (late) {
      // Those that began with it are late too by now; no other shall begin to wait before they say so.
      await Promise.allSettled(streak.underWay);
    }
  }

  async #ask(backend: Backend, streak: Streak, signal?: AbortSignal): Promise<void> {
    try {
      for await (const page of backend.list({ limit: 1, signal })) void page;
      streak.inARow = 0;
    } catch (error) {
      // One that may not be listed may still take sessions.
      const isTooEarly = streak.inARow < MOST_FAILURES && isArchiveError(error, "Unauthorized");
      if (!isArchiveError(error, "Aborted") && !isTooEarly) {
        streak.lost = asArchiveError(error, { backend: backend.name });
      }
    } finally {
      streak.asking = undefined;
    }
  }

  #of(backend: Backend): Streak {
    const known = this.#streaks.get(backend);
    if (known) return known;
    const fresh = { inARow: 0, timeouts: 0, underWay: new Set<Promise<unknown>>() };
    this.#streaks.set(backend, fresh);
    return fresh;
  }
}

/** Whether a failure may be the session's as well as the backend's. */
function isAmbiguous(thrown: unknown, { name }: Backend): boolean {
  const error = asArchiveError(thrown, { backend: name });
  if (error.backend !== name || error.session !== undefined) return false;
  return !concernsBackend(error, name);
}
