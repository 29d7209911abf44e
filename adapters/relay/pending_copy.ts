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
  /** The revision that it was tried with. */
  readonly revision: number;
  /** When it may be tried again, given how often it has failed in a row. */
  readonly notBefore: (failures: number) => number;
  /** What is wrong with the session, unless it was the backend that failed. */
  readonly trouble?: Trouble;
  /**
   * `passes`: it may pass by itself. `lasts`: somebody has to mend something outside of the session.
   * `final`: nothing but another state of the session, or other settings, will do.
   */
  readonly outlook: "passes" | "lasts" | "final";
}

/** What may pass by itself is no trouble until it has failed so often in a row. */
const PATIENCE = 3;
/** A session that fails for good is tried so often in a row, to be sure of it. */
const FINAL_TRIES = 2;

/** A revision that is not tried again. */
interface Parked {
  readonly revision: number;
  readonly trouble: Trouble;
}

/** A session's copy in one backend. */
export class PendingCopy {
  /** A backend is at work on it. */
  isBusy = false;
  #covered = 0;
  #isTaken = false;
  #failures = 0;
  #notBefore = -Infinity;
  #trouble: Trouble | undefined;
  #finals = 0;
  #parked: Parked | undefined;
  #lacksSince: number | undefined;
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

  /** What keeps the session from the backend for now, though that works. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Since when the backend lacks something of it, epoch milliseconds, where that is known. */
  get lacksSince(): number | undefined {
    return this.#lacksSince;
  }

  /**
   * Why the backend is not tried with a revision again, if it is not.
   *
   * @param revision Which revision.
   * @returns What is wrong, and since when.
   */
  parkedAt(revision: number): Trouble | undefined {
    return (this.#parked?.revision ?? -1) >= revision ? this.#parked?.trouble : undefined;
  }

  /**
   * The backend lacks something of it.
   *
   * @param date Since when, epoch milliseconds; what was said first counts.
   */
  lacks(date: number): void {
    this.#lacksSince ??= date;
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
    this.#lacksSince = undefined;
    this.forgive();
  }

  /**
   * Nothing shall come of a revision.
   *
   * @param revision Which.
   */
  dismiss(revision: number): void {
    this.#covered = revision;
    this.#lacksSince = undefined;
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
  fail({ revision, notBefore, trouble, outlook }: Setback): void {
    this.#notBefore = notBefore(++this.#failures);
    this.#finals = outlook === "final" && trouble !== undefined ? this.#finals + 1 : 0;
    const isTold = outlook === "lasts" || outlook === "passes" && this.#failures >= PATIENCE;
    this.#trouble = isTold ? trouble : undefined;
    if (trouble === undefined || this.#finals < FINAL_TRIES) return;
    const since = this.#parked?.trouble.at ?? trouble.at;
    this.#parked = { revision, trouble: { ...trouble, at: since } };
  }

  /** It may be tried at once again. */
  hurry(): void {
    this.#failures = 0;
    this.#notBefore = -Infinity;
  }

  /** Forgets failures. */
  forgive(): void {
    this.hurry();
    this.#finals = 0;
    this.#trouble = undefined;
    this.#parked = undefined;
  }
}
