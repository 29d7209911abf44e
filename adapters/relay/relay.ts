/**
 * The relay: brings what waits in the outbox to the backends, as long as it can do anything for it.
 *
 * A session's way: its intent is seen (`pending_sessions.ts`), the configuration is looked at
 * (`in_force.ts`), the session is due (`agenda.ts`, `schedule.ts`, `backoff.ts`), its backend has room
 * (`lane.ts`, `filling.ts`), it is brought there (`delivery.ts`), its intent is removed. `tenure.ts`
 * says when the relay may work, `status_telling.ts` tells others how it goes. Everything outside is
 * handed in.
 *
 * @module
 */
import type { Outbox } from "../state/outbox.ts";
import type { Status } from "../state/status.ts";
import { Agenda } from "./agenda.ts";
import { CatchingUp, type CatchingUpOutside } from "./catching_up.ts";
import { Deliveries } from "./delivery.ts";
import { Filling } from "./filling.ts";
import type { Force } from "./force.ts";
import { InForce } from "./in_force.ts";
import { PendingSessions } from "./pending_sessions.ts";
import type { RelayArchive } from "./relay_archive.ts";
import { Settling } from "./settling.ts";
import { StatusTelling } from "./status_telling.ts";
import { Tidying } from "./tidying.ts";

/** What lies outside of the relay. */
export interface RelayOutside extends CatchingUpOutside {
  /** What waits. */
  readonly outbox: Pick<Outbox, "waiting" | "names" | "write" | "remove">;
  /** The path of the configuration, for people; told in the status. */
  readonly configPath: string;
  /** Differs when the configuration's file does. */
  stamp(): Promise<string>;
  /** Differs when a file or a folder does that access to a backend hangs on. */
  accessStamp(path: string): Promise<string>;
  /**
   * The relay's own clock, by which it waits: milliseconds since any time. Nobody sets it, and it
   * may stand still while the machine sleeps.
   */
  now(): number;
  /** Epoch milliseconds: for what people are told, and to understand what files say. */
  date(): number;
  /** A number in [0, 1). */
  random(): number;
  /**
   * Waits until something may have happened outside.
   *
   * @param ms For this long at most.
   * @param signal Ends the wait.
   */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Waits, whatever happens outside; the next {@linkcode pause} is over at once then.
   *
   * @param ms For this long.
   * @param signal Ends the wait.
   */
  rest(ms: number, signal?: AbortSignal): Promise<void>;
  /** Replaces the status. */
  tellStatus(status: Status): Promise<void>;
  /** What the status said when this process began. */
  readonly before: Status | undefined;
  /** How long to stay when nothing waits any more, in milliseconds; may be infinite. */
  readonly lingerMs: number;
}

/** What is handed in for as long as the lock is held. */
export interface RelayHold {
  /** Reads the configuration and opens what it says. Throws when it is wrong. */
  open(): Promise<RelayArchive>;
  /** Whether a command asks for the lock. */
  isAsked(): Promise<boolean>;
  /** Whether the lock is still held. */
  isHeld(): Promise<boolean>;
}

/**
 * Why the relay stopped working.
 *
 * - `idle`: there has been nothing to stay for, for some time.
 * - `asked`: a command wants the lock.
 * - `stopped`: the process is to end.
 * - `lost`: somebody took the lock away.
 * - `stuck`: what was under way does not end, as on a disk that hangs; it ends with the process.
 */
export type WhyStopped = "idle" | "asked" | "stopped" | "lost" | "stuck";

/** How long work under way may take to end when a command asks for the lock, in milliseconds. */
const HANDOVER_MS = 10_000;
/** How long what was told to end may take for that before it is given up, in milliseconds. */
const END_MS = 10_000;
/**
 * While sessions are under way, everything is looked at no more often than this, in milliseconds:
 * each that is through makes something happen outside.
 */
const BUSY_MS = 100;
/** What was found, and still waits after this long, is put down in the outbox; in milliseconds. */
const PUT_DOWN_MS = 30_000;
/** After a fault of the program itself, or of the state's disk, in milliseconds. */
const AFTER_BUG_MS = 5_000;
/** The same where it comes again and again: twice as long each time, up to this. */
const LONGEST_AFTER_BUG_MS = 60_000;

/** The loop. */
export class Relay {
  readonly #outside: RelayOutside;
  readonly #pending: PendingSessions;
  readonly #inForce: InForce;
  readonly #agenda: Agenda;
  readonly #filling: Filling;
  readonly #settling: Settling;
  readonly #tidying: Tidying;
  readonly #status: StatusTelling;
  readonly #catchingUp: CatchingUp;
  #lookedAt = -Infinity;
  /** The last look at the agenda found nothing to stay for. */
  #wasOver = false;
  /** How long to wait after the next fault, in milliseconds. */
  #afterBugMs = AFTER_BUG_MS;
  #wake = new AbortController();

  /** @param outside What lies outside. */
  constructor(outside: RelayOutside) {
    this.#outside = outside;
    this.#pending = new PendingSessions(outside);
    this.#inForce = new InForce(outside);
    this.#agenda = new Agenda(outside, this.#pending, this.#inForce);
    this.#status = new StatusTelling(outside, this.#pending, this.#inForce);
    const deliveries = new Deliveries(outside, this.#pending, this.#inForce, this.#status);
    const onEnd = () => this.#wake.abort();
    this.#filling = new Filling(outside, this.#inForce, this.#agenda, deliveries, onEnd);
    this.#settling = new Settling(outside, (session) => this.#pending.lost(session));
    this.#tidying = new Tidying(outside);
    this.#catchingUp = new CatchingUp(outside, this.#pending, this.#status);
    outside.watch?.listen(() => this.#wake.abort());
  }

  /**
   * Works until there is a reason not to. May be called again when the lock is held again.
   *
   * @param hold The lock's benefits.
   */
  async work(hold: RelayHold): Promise<WhyStopped> {
    this.#agenda.begin();
    this.#wasOver = false;
    let next: WhyStopped | "on" = "on";
    let hasEnded = false;
    try {
      while (next === "on") {
        next = await this.#safely(() => this.#turn(hold));
        if (next === "on") next = await this.#safely(() => this.#sleep());
      }
    } finally {
      hasEnded = await this.#leave(next === "asked" ? HANDOVER_MS : 0);
    }
    return hasEnded ? next : "stuck";
  }

  /**
   * Whether intents came that this relay does not know yet.
   *
   * @param names All that there are.
   */
  isNews(names: readonly string[]): boolean {
    return this.#pending.isNews(names);
  }

  /** A fault of the program must not end it silently, and not keep it spinning either. */
  async #safely(turn: () => Promise<WhyStopped | "on">): Promise<WhyStopped | "on"> {
    try {
      return await turn();
    } catch (error) {
      this.#outside.sayBug(error);
      const ms = this.#afterBugMs;
      this.#afterBugMs = Math.min(2 * ms, LONGEST_AFTER_BUG_MS);
      await this.#outside.pause(ms, this.#outside.signal);
      return this.#outside.signal.aborted ? "stopped" : "on";
    }
  }

  async #turn(hold: RelayHold): Promise<WhyStopped | "on"> {
    if (this.#outside.signal.aborted) return "stopped";
    this.#lookedAt = this.#outside.now();
    if (!await hold.isHeld()) return "lost";
    // First, since it may be what mends what follows.
    if (await hold.isAsked()) return "asked";
    const isNews = await this.#pending.look();
    if (isNews) this.#agenda.stirred();
    if (this.#pending.takeUrge()) this.#inForce.reopen();
    const hasChanged = await this.#follow(hold);
    if (isNews || hasChanged) await this.#dropUnlessAuto();
    const force = this.#inForce.current;
    if (force) {
      if (this.#catchingUp.isDue) await this.#catchingUp.look(force);
      this.#filling.begin(force);
      this.#settle(force);
      this.#tidying.begin(force);
      await this.#putDown(this.#outside.now() - PUT_DOWN_MS);
    }
    await this.#status.tell();
    this.#afterBugMs = AFTER_BUG_MS;
    return await this.#isOver(force) ? "idle" : "on";
  }

  /** Where the user wants no automatic archiving, no intent is followed, however urgent. */
  async #dropUnlessAuto(): Promise<void> {
    const force = this.#inForce.current;
    if (force?.archive.settings.auto !== false) return;
    for (const pending of this.#pending) {
      await this.#pending.drop(pending, pending.files, force.names, "archive.auto is false");
    }
  }

  /** Goes by the configuration as it is now; says whether it is another one, or open anew. */
  async #follow(hold: RelayHold): Promise<boolean> {
    const change = await this.#inForce.follow(() => hold.open());
    if (change === undefined) return false;
    this.#agenda.stirred();
    this.#pending.rulesChanged(change.isOther, change.reopened);
    // What is wanted now may differ, and so may what each backend lacks.
    if (change.isOther) this.#catchingUp.hurry();
    return true;
  }

  /**
   * Before it ends it looks once for what nobody told of: while it was there, no other was started
   * that would have looked.
   */
  async #isOver(force: Force | undefined): Promise<boolean> {
    const wasOver = this.#wasOver;
    this.#wasOver = this.#agenda.isOver();
    if (!this.#wasOver || wasOver || force === undefined) return this.#wasOver;
    return !await this.#catchingUp.look(force);
  }

  /** What waits only in this process's memory is put down, so that it waits visibly. */
  async #putDown(before?: number): Promise<void> {
    const { names } = this.#inForce;
    if (names === undefined) return;
    await this.#pending.putDown(names, before).catch((error) => this.#outside.sayBug(error));
  }

  /** Begins to look after writes whose end is not known, where it is time. */
  #settle(force: Force): void {
    for (const work of this.#settling.begin(force)) {
      void force.begin(work).finally(() => this.#wake.abort());
    }
  }

  /** Until something is due, or may have happened; for a moment at least where lanes are busy. */
  async #sleep(): Promise<"on"> {
    const { now, rest, signal } = this.#outside;
    const until = this.#lookedAt + BUSY_MS;
    let hasEnded = false;
    while (this.#inForce.isBusy && now() < until && !signal.aborted) {
      const ms = Math.max(1, until - now());
      hasEnded = await this.#waited((early) => rest(ms, early), signal) || hasEnded;
    }
    // Without a configuration that can be used, nothing is looked through.
    const untilWatched = this.#inForce.current ? this.#catchingUp.untilWatched : Infinity;
    const ms = Math.min(this.#agenda.untilNext(), this.#status.untilNext(), untilWatched);
    if (!hasEnded) await this.#pause(ms, signal);
    return "on";
  }

  /** Waits for something to happen outside, or for work that ends. */
  async #pause(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#waited((early) => this.#outside.pause(ms, early), signal);
  }

  /** Waits in some way, until work ends at the latest; says whether it did. */
  async #waited(
    wait: (early: AbortSignal) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { signal: ended } = this.#wake;
    await wait(signal ? AbortSignal.any([ended, signal]) : ended);
    this.#wake = new AbortController();
    return ended.aborted;
  }

  /**
   * Lets what is under way end, for so long, and lets go of everything.
   *
   * @returns Whether it has ended.
   */
  async #leave(patienceMs: number): Promise<boolean> {
    this.#filling.end();
    await this.#ended(patienceMs, this.#outside.signal);
    this.#inForce.cut();
    const hasEnded = await this.#ended(END_MS);
    if (!hasEnded) this.#outside.say("what is under way does not end; it ends with this process");
    await this.#putDown();
    await this.#status.tellLast();
    if (hasEnded) await this.#inForce.leave();
    return hasEnded;
  }

  /** Waits until nothing is under way, for so long at most. */
  async #ended(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { now } = this.#outside;
    const until = now() + ms;
    while (this.#inForce.isBusy && now() < until && !signal?.aborted) {
      await this.#pause(until - now(), signal);
    }
    return !this.#inForce.isBusy;
  }
}
