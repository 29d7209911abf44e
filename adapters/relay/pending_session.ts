/**
 * One session that waits to be archived: which intents ask for it, and how far each backend has
 * come with it. Knows no clock and does nothing by itself; all times are in milliseconds of the
 * relay's own clock.
 *
 * Word of a change makes a new revision. A backend that took the session, as it was read after a
 * revision was known, has covered it; an intent is done when every backend has covered the revision
 * that it came with.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import { PendingCopy, type Trouble } from "./pending_copy.ts";
import { settledAt } from "./schedule.ts";

/** The intents that ask for a session. */
export interface Asked {
  /** Their files. */
  readonly files: readonly string[];
  /** One of them does not want to wait for the interval. */
  readonly isUrgent: boolean;
  /** When the first of them was written. */
  readonly since: number;
  /** The same in epoch milliseconds. */
  readonly date: number;
}

/** A session that was found to have changed. */
export interface Found {
  /** When it changed, epoch milliseconds. */
  readonly changedAt: number;
  /** Since when it waits for that, epoch milliseconds. */
  readonly date: number;
}

/** A session that waits, or that was archived a short while ago. */
export class PendingSession {
  /** Which. */
  readonly session: SessionId;
  /** What the log said last that went wrong with it. */
  lastSaid?: string;
  #lastWordAt = Infinity;
  #isUrgent = false;
  #oldestAt = Infinity;
  #newestAt = -Infinity;
  #changedAt = Infinity;
  #lastDate = Infinity;
  #revision = 0;
  readonly #files = new Map<string, number>();
  readonly #copies = new Map<string, PendingCopy>();

  /** @param session Which. */
  constructor(session: SessionId) {
    this.session = session;
  }

  /** When word of it last came; the end of time when all that did is done. */
  get lastWordAt(): number {
    return this.#lastWordAt;
  }

  /** The latest word of a change; what is read from now on has it. */
  get revision(): number {
    return this.#revision;
  }

  /** Somebody waits for it: it neither settles nor keeps its interval. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** When it last went idle; the beginning of time where nobody told, and it was found. */
  get idleAt(): number {
    return this.#newestAt;
  }

  /** When it changed that was found, epoch milliseconds. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** The intents that ask for it. */
  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  /**
   * How far a backend has come with it.
   *
   * @param backend Its name.
   */
  copy(backend: string): PendingCopy {
    const known = this.#copies.get(backend);
    if (known) return known;
    const fresh = new PendingCopy();
    this.#copies.set(backend, fresh);
    return fresh;
  }

  /**
   * Takes note of the intents that ask for it now, in place of all that were known.
   *
   * @param asked What the outbox says.
   * @param now The time.
   * @returns Whether any of them was not known.
   */
  see({ files, isUrgent, since, date }: Asked, now: number): boolean {
    const fresh = files.filter((file) => !this.#files.has(file));
    for (const file of this.files) if (!files.includes(file)) this.#files.delete(file);
    this.#isUrgent = isUrgent;
    if (fresh.length === 0) return false;
    this.#want({ now, date });
    this.#newestAt = files.length === 1 ? since : now;
    this.#oldestAt = Math.min(this.#oldestAt, since);
    for (const file of fresh) this.#files.set(file, this.#revision);
    return true;
  }

  /**
   * Takes note that it changed, without an intent.
   *
   * @param found When it did.
   * @param now The time.
   */
  changed({ changedAt, date }: Found, now: number): void {
    this.#want({ now, date });
    this.#newestAt = -Infinity;
    this.#oldestAt = -Infinity;
    this.#changedAt = changedAt;
  }

  /**
   * Takes note of an intent that was written for what is known of it already.
   *
   * @param file Its file.
   */
  asked(file: string): void {
    this.#files.set(file, this.#revision);
  }

  /** Takes note that no intent asks for it any more; it is archived all the same. */
  unasked(): void {
    this.#files.clear();
    this.#isUrgent = false;
  }

  /**
   * Whether a backend has still to look at it.
   *
   * @param backend Its name.
   */
  isWantedBy(backend: string): boolean {
    return this.copy(backend).covered < this.#revision;
  }

  /**
   * Whether a backend is tried with it: it has still to look at it, and has not refused it for good.
   *
   * @param backend Its name.
   */
  isTriedBy(backend: string): boolean {
    return this.isWantedBy(backend) && this.parkedIn(backend) === undefined;
  }

  /**
   * Why a backend is not tried with it again before something changes, if it is not.
   *
   * @param backend Its name.
   */
  parkedIn(backend: string): Trouble | undefined {
    return this.isWantedBy(backend) ? this.copy(backend).parkedAt(this.#revision) : undefined;
  }

  /**
   * Since when a backend lacks something of it.
   *
   * @param backend Its name.
   * @returns Epoch milliseconds.
   */
  lacksSince(backend: string): number {
    return this.copy(backend).lacksSince ?? this.#lastDate;
  }

  /**
   * Whether anything has still to be done about it.
   *
   * @param backends The names of all that count; undefined while that is not known.
   */
  isWaiting(backends: readonly string[] | undefined): boolean {
    if (backends === undefined) return this.#files.size > 0;
    return backends.some((backend) => this.isWantedBy(backend));
  }

  /**
   * What is wrong with it, that it waits though a backend works that has still to look at it.
   *
   * @param backends The names of all that count.
   */
  troubleIn(backends: readonly string[]): Trouble | undefined {
    return backends.filter((backend) => this.isTriedBy(backend))
      .map((backend) => this.copy(backend).trouble)
      .find((trouble) => trouble !== undefined);
  }

  /**
   * When a backend may begin with it.
   *
   * @param backend Its name.
   * @param minIntervalMs The least interval between two copies, as configured.
   * @returns The time; in the past when it may at once.
   */
  dueAt(backend: string, minIntervalMs: number): number {
    const copy = this.copy(backend);
    // Who wants it now knows that it has settled: its agent has ended.
    if (this.#isUrgent) return copy.notBefore;
    const settled = settledAt(this.#oldestAt, this.#newestAt);
    return Math.max(settled, copy.notBefore, copy.restsUntil(minIntervalMs));
  }

  /**
   * Takes away the intents that all backends have done with.
   *
   * @param backends The names of all that count.
   * @returns Their files.
   */
  takeDone(backends: readonly string[]): readonly string[] {
    if (backends.length === 0) return [];
    const covered = Math.min(...backends.map((backend) => this.copy(backend).covered));
    const done = [...this.#files].filter(([, revision]) => revision <= covered);
    for (const [file] of done) this.#files.delete(file);
    if (!this.isWaiting(backends)) this.#rest();
    return done.map(([file]) => file);
  }

  /**
   * Takes intents away that nothing shall come of. Without any left it no longer waits.
   *
   * @param files Theirs.
   * @param backends The names of all that count.
   */
  dismiss(files: readonly string[], backends: readonly string[]): void {
    for (const file of files) this.#files.delete(file);
    if (this.#files.size > 0) return;
    for (const backend of backends) this.copy(backend).dismiss(this.#revision);
    this.#rest();
  }

  /**
   * Whether the rules let any backend have it.
   *
   * @param backends The names of all that count.
   */
  isTakenByAny(backends: readonly string[]): boolean {
    return backends.some((backend) => this.copy(backend).isTaken);
  }

  /**
   * Other rules are in force: every backend has to look at it again while anybody asks for it.
   *
   * @param isForgiven Failures are forgotten too, since they may be mended.
   * @param reopened The names of backends that are tried at once, whatever failed before.
   */
  rulesChanged(isForgiven: boolean, reopened: ReadonlySet<string>): void {
    for (const [name, copy] of this.#copies) {
      if (this.#files.size > 0) copy.uncover();
      if (isForgiven) copy.forgive();
      else if (reopened.has(name)) copy.hurry();
    }
  }

  #rest(): void {
    this.#isUrgent = false;
    this.#lastWordAt = Infinity;
    this.#oldestAt = Infinity;
    this.#newestAt = -Infinity;
  }

  #want({ now, date }: { readonly now: number; readonly date: number }): void {
    for (const copy of this.#copies.values()) {
      copy.lacks(copy.covered < this.#revision ? this.#lastDate : date);
    }
    this.#lastDate = date;
    this.#lastWordAt = now;
    this.#revision++;
  }
}
