/**
 * Telling others how the relay is doing, in the status file: whenever that changes, but not more
 * often than anybody could follow.
 *
 * @module
 */
import { ARCHIVE_DEFAULTS } from "../config/defaults.ts";
import { MISSING } from "../state/stamps.ts";
import type { Status } from "../state/status.ts";
import type { InForce } from "./in_force.ts";
import type { PendingSessions } from "./pending_sessions.ts";
import { backendsStatus, parkedSessions, stuckSessions } from "./status_facts.ts";

/** What lies outside. */
export interface TellingOutside {
  /** The path of the configuration, for people. */
  readonly configPath: string;
  /** What the status said when this process began. */
  readonly before: Status | undefined;
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Epoch milliseconds, for what people are told. */
  date(): number;
  /** Replaces the status. */
  tellStatus(status: Status): Promise<void>;
  /** What is wrong with the program itself. Never throws. */
  sayBug(error: unknown): void;
}

/** The status is told at most this often, in milliseconds. */
const TELL_MS = 250;

/** Tells. */
export class StatusTelling {
  readonly #outside: TellingOutside;
  readonly #pending: PendingSessions;
  readonly #inForce: InForce;
  #older: number | undefined;
  #firstSuccess: string | undefined;
  #told = "";
  #toldAt = -Infinity;
  #isBehind = false;

  /**
   * @param outside What lies outside.
   * @param pending What waits.
   * @param inForce The configuration, and its backends.
   */
  constructor(outside: TellingOutside, pending: PendingSessions, inForce: InForce) {
    this.#outside = outside;
    this.#pending = pending;
    this.#inForce = inForce;
    this.#firstSuccess = outside.before?.firstSuccess;
  }

  /**
   * Takes note of the sessions from before the installation.
   *
   * @param count How many.
   */
  olderAre(count: number): void {
    this.#older = count;
  }

  /** Tells what is new, unless something was told a moment ago: {@linkcode untilNext} says when then. */
  async tell(): Promise<void> {
    this.#isBehind = this.#outside.now() - this.#toldAt < TELL_MS;
    if (!this.#isBehind) await this.tellLast();
  }

  /** How long until there may be something to tell that was held back, in milliseconds. */
  untilNext(): number {
    return this.#isBehind ? Math.max(1, this.#toldAt + TELL_MS - this.#outside.now()) : Infinity;
  }

  /**
   * Tells of the first success ever, if it is that. Before its intent is removed, since OpenCode may
   * end as soon as it is, and would never say it.
   */
  async tellFirstSuccess(): Promise<void> {
    if (this.#firstSuccess === undefined) await this.tellLast();
  }

  /** Tells what is new, since there may be no next time. */
  async tellLast(): Promise<void> {
    try {
      const facts = this.#facts();
      const text = JSON.stringify(facts);
      if (text === this.#told) return;
      const updatedAt = new Date(this.#outside.date()).toISOString();
      await this.#outside.tellStatus({ ...facts, updatedAt });
      this.#told = text;
      this.#toldAt = this.#outside.now();
    } catch (error) {
      this.#outside.sayBug(error);
    }
  }

  #facts(): Omit<Status, "updatedAt"> {
    const { names, health, current, stamp = MISSING, problem } = this.#inForce;
    const { auto, waitOnExitMs } = current?.archive.settings ?? ARCHIVE_DEFAULTS;
    const { before } = this.#outside;
    const waiting = [...this.#pending].filter((pending) => pending.isWaiting(names));
    const backends = backendsStatus({ health, names, waiting, before });
    const stuck = stuckSessions(waiting, names ?? []);
    const parked = parkedSessions(waiting, names ?? [], before);
    this.#firstSuccess ??= earliest(backends);
    return {
      version: 1,
      config: {
        path: this.#outside.configPath,
        stamp,
        ...(problem !== undefined && { problem }),
        auto,
        waitOnExitMs,
      },
      backends,
      waiting: waiting.length,
      ...(stuck && { stuck }),
      ...(parked && { parked }),
      ...(this.#older !== undefined && { history: { sessions: this.#older } }),
      ...(this.#firstSuccess !== undefined && { firstSuccess: this.#firstSuccess }),
    };
  }
}

function earliest(backends: Status["backends"]): string | undefined {
  return Object.values(backends).flatMap(({ lastSuccess }) => lastSuccess?.at ?? []).sort()[0];
}
