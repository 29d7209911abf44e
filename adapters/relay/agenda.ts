/**
 * What the relay has to do and when, and whether there is anything to stay for.
 *
 * It stays while anything waits that time may mend, a day at most. What only somebody can mend is no
 * reason to stay: a wrong configuration, a backend that refuses who asks or cannot be opened. The
 * mending may be in the environment, which a process sees as it was at its start: the next one, which
 * the agent starts while its sessions wait, has the one of then. While the relay is here all the same,
 * a changed configuration is followed at once; when it is gone, by the next.
 *
 * @module
 */
import type { Force } from "./force.ts";
import type { InForce } from "./in_force.ts";
import type { Lane } from "./lane.ts";
import type { PendingSession } from "./pending_session.ts";
import type { PendingSessions } from "./pending_sessions.ts";

/** What lies outside. */
export interface AgendaOutside {
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** How long to stay when nothing waits any more, in milliseconds. */
  readonly lingerMs: number;
}

/**
 * The outside is looked at this often while anything is under way, or waits that came a moment ago:
 * somebody may be correcting the configuration. In milliseconds.
 */
const LOOK_MS = 2_000;
/** How long that moment is, in milliseconds. */
const MOMENT_MS = 30_000;
/** The same otherwise; new intents and commands wake the relay besides. */
const LONGEST_LOOK_MS = 60_000;
/** For what does not get through for this long no relay stays, in milliseconds. */
const A_DAY_MS = 24 * 60 * 60_000;

/** Knows what is to be done. */
export class Agenda {
  readonly #outside: AgendaOutside;
  readonly #pending: PendingSessions;
  readonly #inForce: InForce;
  /** There is nothing to stay for, and since when. */
  #isQuiet = true;
  #quietSince = 0;
  #stirredAt = 0;

  /**
   * @param outside What lies outside.
   * @param pending What waits.
   * @param inForce The configuration, and its backends.
   */
  constructor(outside: AgendaOutside, pending: PendingSessions, inForce: InForce) {
    this.#outside = outside;
    this.#pending = pending;
    this.#inForce = inForce;
  }

  /** The relay begins to work. */
  begin(): void {
    this.#isQuiet = true;
    this.#quietSince = this.#outside.now();
    this.stirred();
  }

  /** Something happened outside. */
  stirred(): void {
    this.#stirredAt = this.#outside.now();
  }

  /**
   * What a backend may begin with now: first what somebody waits for, then what went idle last, so
   * that a backlog holds up nobody's work; then what was found, the oldest first, since agents delete
   * by age.
   *
   * @param lane The backend's.
   * @param force What is in force.
   */
  dueFor(lane: Lane, force: Force): readonly PendingSession[] {
    return [...this.#pending].filter((pending) => this.isDue(pending, lane, force)).sort(byTurn);
  }

  /**
   * Whether a backend may begin with a session now.
   *
   * @param pending Which session.
   * @param lane The backend's.
   * @param force What is in force.
   */
  isDue(pending: PendingSession, lane: Lane, force: Force): boolean {
    const { minIntervalMs } = force.archive.settings;
    return this.#isWanted(pending, lane) &&
      pending.dueAt(lane.name, minIntervalMs) <= this.#outside.now();
  }

  /**
   * How long the relay may sleep, unless something happens outside.
   *
   * @returns Milliseconds; at least 1.
   */
  untilNext(): number {
    const now = this.#outside.now();
    let until = Infinity;
    for (const at of this.#times(now)) until = Math.min(until, at);
    return Math.max(1, until - now);
  }

  /** Whether there has been nothing to stay for, for some time. Forgets the sessions that are done. */
  isOver(): boolean {
    const now = this.#outside.now();
    this.#isQuiet = !this.#inForce.isBusy;
    const force = this.#inForce.current;
    const rests = force !== undefined && this.#isAnyResting(force, now);
    if (!this.#isQuiet) this.#quietSince = now;
    return this.#isQuiet && !rests && now - this.#quietSince >= this.#outside.lingerMs;
  }

  /** Looks at each session once: it waits, or rests, or is forgotten. */
  #isAnyResting(force: Force, now: number): boolean {
    let rests = false;
    for (const pending of this.#pending) {
      if (pending.isWaiting(force.names)) {
        if (this.#isHopeful(pending, force)) this.#isQuiet = false;
      } else if (restsUntil(pending, force) > now) {
        // It may come back, and only this process knows that it has to wait then.
        rests = true;
      } else this.#pending.forget(pending);
    }
    return rests;
  }

  /** Whether it may get somewhere without anybody's doing. */
  #isHopeful(pending: PendingSession, { lanes }: Force): boolean {
    return this.#outside.now() - pending.lastWordAt < A_DAY_MS &&
      lanes.some((lane) => pending.isTriedBy(lane.name) && !lane.isBarred);
  }

  /** Whether a backend has to look at it, and is not looking at it already. */
  #isWanted(pending: PendingSession, { name }: Lane): boolean {
    return pending.isTriedBy(name) && !pending.copy(name).isBusy;
  }

  /** When there is something to do or to look at. */
  *#times(now: number): Generator<number> {
    const { current: force } = this.#inForce;
    yield now + this.#lookMs(now);
    const lingersUntil = this.#quietSince + this.#outside.lingerMs;
    if (this.#isQuiet && lingersUntil > now) yield lingersUntil;
    if (force !== undefined) yield* this.#timesIn(force, now);
  }

  #lookMs(now: number): number {
    const { names, isBusy } = this.#inForce;
    if (isBusy) return LOOK_MS;
    const isWaiting = [...this.#pending].some((pending) => pending.isWaiting(names));
    return isWaiting && now - this.#stirredAt < MOMENT_MS ? LOOK_MS : LONGEST_LOOK_MS;
  }

  /** When a backend has something to look at, or a session has rested long enough. */
  *#timesIn(force: Force, now: number): Generator<number> {
    const { minIntervalMs } = force.archive.settings;
    for (const lane of force.lanes) {
      const { name, roomAt } = lane;
      for (const pending of this.#pending) {
        if (!this.#isWanted(pending, lane)) continue;
        yield Math.max(pending.dueAt(name, minIntervalMs), roomAt);
      }
    }
    for (const pending of this.#pending) {
      const restsTill = restsUntil(pending, force);
      if (restsTill > now) yield restsTill;
    }
  }
}

function byTurn(one: PendingSession, other: PendingSession): number {
  return Number(other.isUrgent) - Number(one.isUrgent) || other.idleAt - one.idleAt ||
    one.changedAt - other.changedAt;
}

function restsUntil(pending: PendingSession, { names, archive: { settings } }: Force): number {
  const { minIntervalMs } = settings;
  return Math.max(...names.map((name) => pending.copy(name).restsUntil(minIntervalMs)));
}
