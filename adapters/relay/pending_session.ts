/**
 * One session that waits to be archived: which intents ask for it, and how far each backend has
 * come with it. Knows no clock and does nothing by itself.
 *
 * Word of a change makes a new revision. A backend that took the session, as it was read after a
 * revision was known, has covered it; an intent is done when every backend has covered the revision
 * that it came with.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import type { WaitingSession } from "../state/outbox.ts";
import { intervalMs, settledAt } from "./schedule.ts";

/** What is remembered of a session's copy in one backend. */
interface CopyState {
  covered: number;
  /** The rules let this backend have it. */
  taken: boolean;
  busy: boolean;
  failures: number;
  notBefore: number;
  last?: { readonly endedAt: number; readonly bytes: number };
}

/** A session that waits, or that was archived a short while ago. */
export class PendingSession {
  /** Which. */
  readonly session: SessionId;
  /** What the log said last that went wrong with it. */
  lastSaid?: string;
  #waitsSince: number | undefined;
  #now = false;
  #oldestAt = Infinity;
  #newestAt = -Infinity;
  #revision = 0;
  readonly #files = new Map<string, number>();
  readonly #copies = new Map<string, CopyState>();

  /** @param session Which. */
  constructor(session: SessionId) {
    this.session = session;
  }

  /** Since when this process has been trying to bring it to all backends, epoch milliseconds. */
  get waitsSince(): number {
    return this.#waitsSince ?? Infinity;
  }

  /** The latest word of a change. */
  get revision(): number {
    return this.#revision;
  }

  /** Somebody wants it without waiting for the interval. */
  get isUrgent(): boolean {
    return this.#now;
  }

  /** The intents that ask for it. */
  get files(): readonly string[] {
    return [...this.#files.keys()];
  }

  /**
   * Takes note of the intents that ask for it now, in place of all that were known.
   *
   * @param waiting What the outbox says.
   * @param now Epoch milliseconds.
   */
  see({ files, now: urgent, since }: WaitingSession, now: number): void {
    const fresh = files.filter((file) => !this.#files.has(file));
    for (const file of this.files) if (!files.includes(file)) this.#files.delete(file);
    this.#now = urgent;
    if (fresh.length === 0) return;
    // A clock that was set back must not make a session wait for it.
    const writtenAt = Math.min(since, now);
    this.#want(files.length === 1 ? writtenAt : now, Math.min(this.#oldestAt, writtenAt), now);
    for (const file of fresh) this.#files.set(file, this.#revision);
  }

  /**
   * Takes note that it changed, without an intent.
   *
   * @param now Epoch milliseconds.
   */
  changed(now: number): void {
    this.#want(-Infinity, -Infinity, now);
  }

  /** Takes note that no intent asks for it any more; it is archived all the same. */
  unasked(): void {
    this.#files.clear();
    this.#now = false;
  }

  /**
   * Whether a backend has still to look at it.
   *
   * @param backend Its name.
   */
  isWantedBy(backend: string): boolean {
    return this.#copy(backend).covered < this.#revision;
  }

  /**
   * Whether a backend is at work on it.
   *
   * @param backend Its name.
   */
  isBusyAt(backend: string): boolean {
    return this.#copy(backend).busy;
  }

  /**
   * When a backend may begin with it.
   *
   * @param backend Its name.
   * @param minIntervalMs The least interval between two copies, as configured.
   * @returns Epoch milliseconds; the past when it may at once.
   */
  dueAt(backend: string, minIntervalMs: number): number {
    const { notBefore } = this.#copy(backend);
    const settled = settledAt(this.#oldestAt, this.#newestAt);
    return Math.max(settled, notBefore, this.#now ? 0 : this.restsUntil(backend, minIntervalMs));
  }

  /**
   * Until when the interval after its last copy lasts.
   *
   * @param backend Its name.
   * @param minIntervalMs The least interval between two copies, as configured.
   */
  restsUntil(backend: string, minIntervalMs: number): number {
    const { last } = this.#copy(backend);
    return last ? last.endedAt + intervalMs(minIntervalMs, last.bytes) : -Infinity;
  }

  /**
   * A backend begins with it.
   *
   * @param backend Its name.
   * @returns The revision to hand to {@linkcode covered}.
   */
  begin(backend: string): number {
    this.#copy(backend).busy = true;
    return this.#revision;
  }

  /**
   * A backend is no longer at work on it, however that ended.
   *
   * @param backend Its name.
   */
  end(backend: string): void {
    this.#copy(backend).busy = false;
  }

  /**
   * A backend has it, or the rules say that it shall not.
   *
   * @param backend Its name.
   * @param revision What {@linkcode begin} gave.
   * @param taken Whether the rules let the backend have it.
   * @param sent What was sent, where anything was.
   */
  covered(
    backend: string,
    revision: number,
    taken: boolean,
    sent?: { readonly endedAt: number; readonly bytes: number },
  ): void {
    const copy = this.#copy(backend);
    Object.assign(copy, { covered: revision, taken, failures: 0, notBefore: 0 });
    if (sent) copy.last = sent;
  }

  /**
   * A backend did not get it.
   *
   * @param backend Its name.
   * @param waitMs How long to wait, given how often it has failed in a row.
   * @param now Epoch milliseconds.
   * @returns The wait in milliseconds.
   */
  failed(backend: string, waitMs: (failures: number) => number, now: number): number {
    const copy = this.#copy(backend);
    const wait = waitMs(++copy.failures);
    copy.notBefore = now + wait;
    return wait;
  }

  /**
   * Takes away the intents that all backends have done with.
   *
   * @param backends The names of all that count.
   * @returns Their files.
   */
  takeDone(backends: readonly string[]): readonly string[] {
    if (backends.length === 0) return [];
    const covered = Math.min(...backends.map((backend) => this.#copy(backend).covered));
    const done = [...this.#files].filter(([, revision]) => revision <= covered);
    for (const [file] of done) this.#files.delete(file);
    if (!backends.some((backend) => this.isWantedBy(backend))) this.#rest();
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
    for (const backend of backends) this.#copy(backend).covered = this.#revision;
    this.#rest();
  }

  /**
   * Whether the rules let any backend have it.
   *
   * @param backends The names of all that count.
   */
  isTakenByAny(backends: readonly string[]): boolean {
    return backends.some((backend) => this.#copy(backend).taken);
  }

  /**
   * Other rules are in force: every backend has to look at it again while anybody asks for it.
   *
   * @param forgiven Failures are forgotten too, since they may be mended.
   */
  rulesChanged(forgiven: boolean): void {
    for (const copy of this.#copies.values()) {
      if (this.#files.size > 0) copy.covered = 0;
      if (forgiven) Object.assign(copy, { failures: 0, notBefore: 0 });
    }
  }

  #rest(): void {
    this.#now = false;
    this.#waitsSince = undefined;
    this.#oldestAt = Infinity;
    this.#newestAt = -Infinity;
  }

  #want(newestAt: number, oldestAt: number, now: number): void {
    this.#waitsSince = now;
    this.#revision++;
    this.#newestAt = newestAt;
    this.#oldestAt = oldestAt;
  }

  #copy(backend: string): CopyState {
    const known = this.#copies.get(backend);
    if (known) return known;
    const fresh = { covered: 0, taken: false, busy: false, failures: 0, notBefore: 0 };
    this.#copies.set(backend, fresh);
    return fresh;
  }
}
