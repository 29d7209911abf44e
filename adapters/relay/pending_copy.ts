/**
 * How far one backend has come with one session. Knows no clock and does nothing by itself.
 *
 * All times are in milliseconds of the relay's own clock.
 *
 * @module
 */
import type { StuckSessions } from "../state/status.ts";
import { intervalMs } from "./schedule.ts";

/** What is wrong with a session. */
export type Trouble = StuckSessions["last"];

/** What was sent. */
export interface Sent {
  /** When that ended. */
  readonly endedAt: number;
  /** How much it was. */
  readonly bytes: number;
}

/** What a backend did not get a session for. */
export interface Setback {
  /** When it may be tried again, given how often it has failed in a row. */
  readonly notBefore: (failures: number) => number;
  /** What is wrong with the session, unless it was the backend that failed. */
  readonly trouble?: Trouble;
  /** Whether it may pass by itself. */
  readonly mayPass: boolean;
}

/** What may pass by itself is no trouble until it has failed so often in a row. */
const PATIENCE = 3;

/** A session's copy in one backend. */
export class PendingCopy {
  /** A backend is at work on it. */
  isBusy = false;
  #covered = 0;
  #isTaken = false;
  #failures = 0;
  #notBefore = -Infinity;
  #trouble: Trouble | undefined;
  #sent: Sent | undefined;

  /** The revision that the backend has, or shall not have. */
  get covered(): number {
    return this.#covered;
  }

  /** Whether the rules let the backend have it. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** When it may be tried again after a failure. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** What keeps the session from the backend, though that works. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /**
   * Until when the interval after the last copy lasts.
   *
   * @param minIntervalMs The least interval between two copies, as configured.
   */
  restsUntil(minIntervalMs: number): number {
    const sent = this.#sent;
    return sent ? sent.endedAt + intervalMs(minIntervalMs, sent.bytes) : -Infinity;
  }

  /**
   * The backend has it, or the rules say that it shall not.
   *
   * @param revision Which revision.
   * @param isTaken Whether the rules let the backend have it.
   * @param sent What was sent, where anything was.
   */
  cover(revision: number, isTaken: boolean, sent?: Sent): void {
    this.#covered = revision;
    this.#isTaken = isTaken;
    this.#sent = sent ?? this.#sent;
    this.forgive();
  }

  /**
   * Nothing shall come of a revision.
   *
   * @param revision Which.
   */
  dismiss(revision: number): void {
    this.#covered = revision;
  }

  /** The backend has to look at it again, whatever it has. */
  uncover(): void {
    this.#covered = 0;
  }

  /**
   * The backend did not get it.
   *
   * @param setback Why, and for how long.
   */
  fail({ notBefore, trouble, mayPass }: Setback): void {
    this.#notBefore = notBefore(++this.#failures);
    this.#trouble = mayPass && this.#failures < PATIENCE ? undefined : trouble;
  }

  /** Forgets failures. */
  forgive(): void {
    this.#failures = 0;
    this.#notBefore = -Infinity;
    this.#trouble = undefined;
  }
}
