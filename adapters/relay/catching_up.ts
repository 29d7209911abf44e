/**
 * When the relay looks through the stores for what nobody told of, and what it does with that.
 *
 * @module
 */
import type { KnownStores } from "../state/known_stores.ts";
import type { AgentWatch } from "./agent_watch.ts";
import { catchUp } from "./catch_up.ts";
import type { Force } from "./force.ts";
import type { PendingSessions } from "./pending_sessions.ts";
import type { StatusTelling } from "./status_telling.ts";
import { SaidOnce } from "./said_once.ts";
import { StillChanging } from "./still_changing.ts";

/** What lies outside. */
export interface CatchingUpOutside {
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Epoch milliseconds. */
  date(): number;
  /** Writes a line into the log. Never throws. */
  say(line: string): void;
  /** What is wrong with the program itself, with its stack. Never throws. */
  sayBug(error: unknown): void;
  /** Since when this installation is there, and the stores that it has met. */
  readonly stores: KnownStores;
  /** The directories in which OpenCode goes by other configurations. */
  othersDirectories(): Promise<readonly string[]>;
  /** The user named the configuration, so that other processes may go by another one. */
  readonly isNamed: boolean;
  /** Sees that sessions change, where the user wants their agents' folders watched. */
  readonly watch?: Pick<AgentWatch, "dueAt" | "listen" | "during">;
  /** Fires when the process is to end. */
  readonly signal: AbortSignal;
}

/** All stores are looked through this often, in milliseconds. */
const CATCH_UP_MS = 5 * 60_000;
/** The same where nobody but a watch would tell, and that not for certain. */
const WATCHED_MS = 60_000;
/** A store that could not be looked through is tried again after this long, in milliseconds. */
const AGAIN_MS = 60_000;

/** Looks through the stores. */
export class CatchingUp {
  readonly #outside: CatchingUpOutside;
  readonly #pending: PendingSessions;
  readonly #status: Pick<StatusTelling, "olderAre">;
  readonly #changing = new StillChanging();
  readonly #said: SaidOnce;
  #at = -Infinity;

  /**
   * @param outside What lies outside.
   * @param pending Gets what was found.
   * @param status Is told what is left alone.
   */
  constructor(
    outside: CatchingUpOutside,
    pending: PendingSessions,
    status: Pick<StatusTelling, "olderAre">,
  ) {
    this.#outside = outside;
    this.#said = new SaidOnce(outside.say);
    this.#pending = pending;
    this.#status = status;
  }

  /** Whether it is time. */
  get isDue(): boolean {
    return this.#outside.now() >= Math.min(this.#at, this.#watchedAt);
  }

  /** How long until a change that was seen makes it time, in milliseconds; at least 1. */
  get untilWatched(): number {
    return Math.max(1, this.#watchedAt - this.#outside.now());
  }

  get #watchedAt(): number {
    return this.#outside.watch?.dueAt ?? Infinity;
  }

  /** Makes it time. */
  hurry(): void {
    this.#at = -Infinity;
  }

  /**
   * Looks.
   *
   * @param force What is in force.
   * @returns Whether anything was found that was not known to wait.
   */
  async look({ archive }: Force): Promise<boolean> {
    const { watch } = this.#outside;
    if (!archive.settings.auto) return false;
    const look = () => this.#lookThrough(archive);
    return await (watch ? watch.during(archive.agents, look) : look());
  }

  async #lookThrough(archive: Force["archive"]): Promise<boolean> {
    const { stores, isNamed, watch, now, date, sayBug, signal } = this.#outside;
    this.#at = now() + AGAIN_MS;
    try {
      const { missed, older, isWhole } = await catchUp(archive, {
        stores,
        mentioned: [...this.#pending].map(({ session }) => session),
        isForKnown: isNamed && !archive.settings.history,
        elsewhere: await this.#outside.othersDirectories(),
        changing: this.#changing,
        date: date(),
        said: this.#said,
        signal,
      });
      this.#status.olderAre(older);
      if (isWhole) this.#at = now() + (watch ? WATCHED_MS : CATCH_UP_MS);
      return missed.filter(({ session, since }) => this.#pending.missed(session, since)).length > 0;
    } catch (error) {
      // What is known to wait does not wait for that.
      sayBug(error);
      return false;
    }
  }
}
