/**
 * The relay: brings what waits in the outbox to the backends, as long as anything does.
 *
 * Everything outside is handed in: outbox, archive, clock, status, log. `tenure.ts` says when it may
 * work, `schedule.ts` and `backoff.ts` when a session is due, `lane.ts` how a backend is treated.
 *
 * @module
 */
import type { SessionId, SessionRef } from "../../core/agent.ts";
import type { CopyOutcome } from "../../core/copy.ts";
import { ArchiveError, asArchiveError } from "../../core/errors.ts";
import { ARCHIVE_DEFAULTS } from "../config/defaults.ts";
import type { Outbox } from "../state/outbox.ts";
import { MISSING, type Status } from "../state/status.ts";
import { backoffMs } from "./backoff.ts";
import { catchUp, type KnownStores } from "./catch_up.ts";
import { type Force, InForce } from "./in_force.ts";
import { type Lane, oneLine } from "./lane.ts";
import type { PendingSession } from "./pending_session.ts";
import { PendingSessions } from "./pending_sessions.ts";
import type { RelayArchive } from "./relay_archive.ts";
import { backendsStatus } from "./standing.ts";

/** What lies outside of the relay. */
export interface RelayOutside {
  /** What waits. */
  readonly outbox: Pick<Outbox, "waiting" | "names" | "remove">;
  /** The path of the configuration, for people; told in the status. */
  readonly configPath: string;
  /** Differs when the configuration's file does. */
  stamp(): Promise<string>;
  /** Epoch milliseconds. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /**
   * Waits until something may have happened outside.
   *
   * @param ms For this long at most.
   * @param signal Ends the wait.
   */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** Writes a line into the log. Never throws. */
  say(line: string): void;
  /** What is wrong with the program itself, with its stack. Never throws. */
  sayBug(error: unknown): void;
  /** Replaces the status. */
  tellStatus(status: Status): Promise<void>;
  /** What the status said when this process began. */
  readonly before: Status | undefined;
  /** Since when each store is known. */
  readonly stores: KnownStores;
  /** How long to stay when nothing waits any more, in milliseconds. */
  readonly lingerMs: number;
  /** Fires when the process is to end. */
  readonly signal: AbortSignal;
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
 * - `idle`: nothing has been waiting for some time, or what waits has not got through for a day.
 * - `asked`: a command wants the lock.
 * - `stopped`: the process is to end.
 * - `lost`: somebody took the lock away.
 */
export type Ending = "idle" | "asked" | "stopped" | "lost";

/** What waits is looked for at least this often, in milliseconds. */
const LOOK_MS = 1_000;
/** The status is told at most this often, in milliseconds. */
const TELL_MS = 250;
/** What does not get through for this long is left to the next relay, in milliseconds. */
const A_DAY_MS = 24 * 60 * 60_000;
/** How long work under way may take to end when a command asks for the lock, in milliseconds. */
const HANDOVER_MS = 10_000;
/** A store that could not be looked through is tried again after this long, in milliseconds. */
const CATCH_UP_AGAIN_MS = 60_000;
/** After a fault of the program itself, in milliseconds. */
const AFTER_BUG_MS = 5_000;

/** The loop. */
export class Relay {
  readonly #outside: RelayOutside;
  readonly #pending: PendingSessions;
  readonly #inForce: InForce;
  #catchUpAt = -Infinity;
  #older: number | undefined;
  #firstSuccess: string | undefined;
  #told = "";
  #toldAt = -Infinity;
  #quietSince = 0;
  #cut = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #wake = new AbortController();

  /** @param outside What lies outside. */
  constructor(outside: RelayOutside) {
    this.#outside = outside;
    this.#pending = new PendingSessions(outside);
    this.#inForce = new InForce(outside);
    this.#firstSuccess = outside.before?.firstSuccess;
  }

  /**
   * Works until there is a reason not to. May be called again when the lock is held again.
   *
   * @param hold The lock's benefits.
   */
  async work(hold: RelayHold): Promise<Ending> {
    this.#cut = new AbortController();
    this.#quietSince = this.#outside.now();
    let ending: Ending | "on" = "on";
    try {
      while (ending === "on") {
        ending = await this.#safely(() => this.#turn(hold));
        if (ending === "on") ending = await this.#safely(() => this.#sleep());
      }
      return ending;
    } finally {
      await this.#leave(ending === "asked" ? HANDOVER_MS : 0);
    }
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
  async #safely(turn: () => Promise<Ending | "on">): Promise<Ending | "on"> {
    try {
      return await turn();
    } catch (error) {
      this.#outside.sayBug(error);
      await this.#outside.pause(AFTER_BUG_MS, this.#outside.signal);
      return this.#outside.signal.aborted ? "stopped" : "on";
    }
  }

  async #turn(hold: RelayHold): Promise<Ending | "on"> {
    if (this.#outside.signal.aborted) return "stopped";
    if (!await hold.isHeld()) return "lost";
    if (await this.#pending.look()) await this.#dropUnlessAuto();
    if (await hold.isAsked()) return "asked";
    await this.#follow(hold);
    if (this.#inForce.current) {
      await this.#catchUp(this.#inForce.current);
      await this.#begin(this.#inForce.current);
    }
    await this.#safelyTell();
    return this.#isIdle() ? "idle" : "on";
  }

  /** Where the user wants no automatic archiving, no intent is followed, however urgent. */
  async #dropUnlessAuto(): Promise<void> {
    if (this.#inForce.current?.archive.archive.auto !== false) return;
    for (const pending of this.#pending) {
      await this.#drop(pending, pending.files, "archive.auto is false");
    }
  }

  /** Goes by the configuration as it is now. */
  async #follow(hold: RelayHold): Promise<void> {
    const change = await this.#inForce.follow(() => hold.open());
    if (change === "none") return;
    for (const pending of this.#pending) pending.rulesChanged(change === "changed");
    await this.#dropUnlessAuto();
  }

  async #catchUp({ archive }: Force): Promise<void> {
    const { stores, now, say, signal } = this.#outside;
    if (now() < this.#catchUpAt || !archive.archive.auto) return;
    this.#catchUpAt = now() + CATCH_UP_AGAIN_MS;
    const mentioned = [...this.#pending].map(({ session }) => session);
    const { missed, older, isWhole } = await catchUp(archive, {
      stores,
      mentioned,
      now: now(),
      say,
      signal,
    });
    this.#older = older;
    if (isWhole) this.#catchUpAt = Infinity;
    for (const session of missed) this.#pending.missed(session);
  }

  /** Begins whatever is due. */
  async #begin(force: Force): Promise<void> {
    const now = this.#outside.now();
    for (const lane of force.lanes) {
      if (!lane.hasRoom) continue;
      const due = this.#wantedBy(lane, force).filter(({ at }) => at <= now);
      if (due.length === 0) continue;
      const hindrance = await lane.open.hindrance?.();
      if (hindrance !== undefined) {
        lane.rest(hindrance);
        continue;
      }
      for (const { pending } of due) {
        if (!lane.hasRoom) break;
        this.#start(this.#archive(pending, lane, force), force);
      }
    }
  }

  #start(work: Promise<void>, force: Force): void {
    const ended = work.finally(() => {
      force.work.delete(ended);
      this.#work.delete(ended);
      this.#wake.abort();
    });
    force.work.add(ended);
    this.#work.add(ended);
  }

  /** What a backend has to look at, the most urgent first. */
  #wantedBy(lane: Lane, { archive }: Force) {
    const now = this.#outside.now();
    const { minIntervalMs } = archive.archive;
    return [...this.#pending]
      .filter((pending) => pending.isWantedBy(lane.name) && !pending.isBusyAt(lane.name))
      .filter(({ waitsSince }) => now - waitsSince < A_DAY_MS)
      .map((pending) => ({ pending, at: pending.dueAt(lane.name, minIntervalMs) }))
      .sort((a, b) => Number(b.pending.isUrgent) - Number(a.pending.isUrgent) || a.at - b.at);
  }

  async #archive(pending: PendingSession, lane: Lane, force: Force): Promise<void> {
    const { session } = pending;
    const { files } = pending;
    const revision = pending.begin(lane.name);
    try {
      await lane.hold(async (run) => {
        const ref = await this.#find(session, force);
        if (ref === undefined) return await this.#gone(pending, files, force);
        const { copies, warnings } = await run.archive(ref, { signal: this.#signalIn(force) });
        for (const warning of warnings) this.#outside.say(`${session.id}: ${oneLine(warning)}`);
        await this.#ended(pending, revision, lane, force, copies[0]);
      });
    } catch (error) {
      this.#failed(pending, lane, error);
    } finally {
      pending.end(lane.name);
    }
  }

  /** Ends work under way: the relay leaves, or other rules are in force. */
  #signalIn({ signal }: Force): AbortSignal {
    return AbortSignal.any([this.#cut.signal, signal]);
  }

  async #find(session: SessionId, force: Force): Promise<SessionRef | undefined> {
    const agent = force.archive.agents.find(({ name }) => name === session.agent);
    if (agent === undefined) {
      throw new ArchiveError("NotSupported", `there is no agent named "${session.agent}" here`);
    }
    const { id, store } = session;
    const filter = { ids: [id], stores: [store], signal: this.#signalIn(force) };
    for await (const ref of agent.sessions(filter)) if (ref.id === id) return ref;
    return undefined;
  }

  async #gone(pending: PendingSession, files: readonly string[], force: Force): Promise<void> {
    if (force !== this.#inForce.current) return;
    const why = `it is no longer in ${pending.session.store}; archives of it stay`;
    await this.#drop(pending, files, why);
  }

  /** One backend is through with a session, for better or worse. */
  async #ended(
    pending: PendingSession,
    revision: number,
    lane: Lane,
    force: Force,
    copy: CopyOutcome | undefined,
  ): Promise<void> {
    const { session } = pending;
    if (copy) lane.took(session, copy);
    if (copy?.status === "archived") this.#success(pending, lane, copy);
    // Whether it is enough is for the rules to say that are in force now.
    if (force !== this.#inForce.current) return;
    if (copy?.status === "failed") {
      if (!copy.gaveUp) this.#failed(pending, lane, copy.error);
      return;
    }
    const sent = copy?.status === "archived"
      ? { endedAt: this.#outside.now(), bytes: copy.bytes }
      : undefined;
    pending.covered(lane.name, revision, copy !== undefined, sent);
    await this.#pending.finish(pending, this.#inForce.names);
  }

  #success({ session }: PendingSession, lane: Lane, { bytes, version }: CopyOutcome): void {
    this.#firstSuccess ??= new Date(this.#outside.now()).toISOString();
    const kept = version ? `; what it no longer has was kept as ${version}` : "";
    this.#outside.say(`archived ${session.id} on ${lane.name} (${bytes} bytes)${kept}`);
  }

  async #drop(pending: PendingSession, files: readonly string[], why: string): Promise<void> {
    await this.#pending.drop(pending, files, this.#inForce.names, why);
  }

  #failed(pending: PendingSession, lane: Lane, thrown: unknown): void {
    const error = asArchiveError(thrown, { session: pending.session.id });
    if (error.code === "Aborted") return;
    const { now, random, say } = this.#outside;
    pending.failed(lane.name, (failures) => backoffMs(failures, random()), now());
    const said = `${pending.session.id} waits for ${lane.name}: ${oneLine(error.message)}`;
    if (said !== pending.lastSaid) say(said);
    pending.lastSaid = said;
  }

  #waits(pending: PendingSession): boolean {
    if (!this.#inForce.current) return pending.files.length > 0;
    return this.#inForce.names.some((lane) => pending.isWantedBy(lane));
  }

  /** Whether nothing is left to stay for. */
  #isIdle(): boolean {
    const now = this.#outside.now();
    const minInterval = this.#inForce.current?.archive.archive.minIntervalMs ?? 0;
    let lively = this.#work.size > 0;
    let rests = false;
    for (const pending of this.#pending) {
      if (this.#waits(pending)) lively ||= now - pending.waitsSince < A_DAY_MS;
      // It may come back, and only this process knows that it has to wait then.
      else if (this.#inForce.names.some((lane) => pending.restsUntil(lane, minInterval) > now)) {
        rests = true;
      } else if (this.#inForce.current) this.#pending.forget(pending);
    }
    if (lively) this.#quietSince = now;
    return !rests && now - this.#quietSince >= this.#outside.lingerMs;
  }

  /** Until something is due, or may have happened. */
  async #sleep(): Promise<"on"> {
    const now = this.#outside.now();
    let until = now + LOOK_MS;
    for (const lane of this.#inForce.current?.lanes ?? []) {
      if (!this.#inForce.current) break;
      for (const { at } of this.#wantedBy(lane, this.#inForce.current)) {
        until = Math.min(until, Math.max(at, lane.roomAt));
      }
    }
    const { signal } = this.#outside;
    await this.#outside.pause(
      Math.max(1, until - now),
      AbortSignal.any([this.#wake.signal, signal]),
    );
    this.#wake = new AbortController();
    return "on";
  }

  async #tell(isLast: boolean): Promise<void> {
    const waiting = [...this.#pending].filter((pending) => this.#waits(pending)).length;
    const { auto, waitOnExitMs } = this.#inForce.current?.archive.archive ?? ARCHIVE_DEFAULTS;
    const facts: Omit<Status, "updatedAt"> = {
      version: 1,
      config: {
        path: this.#outside.configPath,
        stamp: this.#inForce.stamp ?? MISSING,
        ...(this.#inForce.problem !== undefined && { problem: this.#inForce.problem }),
        auto,
        waitOnExitMs,
      },
      backends: backendsStatus(this.#inForce.health, this.#inForce.current && this.#inForce.names),
      waiting,
      ...(this.#older !== undefined && { history: { sessions: this.#older } }),
      ...(this.#firstSuccess !== undefined && { firstSuccess: this.#firstSuccess }),
    };
    const text = JSON.stringify(facts);
    const now = this.#outside.now();
    const isSoon = now >= this.#toldAt && now - this.#toldAt < TELL_MS;
    if (text === this.#told || (isSoon && !isLast)) return;
    await this.#outside.tellStatus({ ...facts, updatedAt: new Date(now).toISOString() });
    this.#told = text;
    this.#toldAt = now;
  }

  /** Lets what is under way end, for so long, and lets go of everything. */
  async #leave(patienceMs: number): Promise<void> {
    const { now, pause, signal } = this.#outside;
    const until = now() + patienceMs;
    while (this.#work.size > 0 && now() < until && !signal.aborted) {
      await pause(until - now(), AbortSignal.any([this.#wake.signal, signal]));
      this.#wake = new AbortController();
    }
    this.#cut.abort();
    await Promise.allSettled(this.#work);
    await this.#safelyTell(true);
    await this.#inForce.leave();
  }

  async #safelyTell(isLast = false): Promise<void> {
    try {
      await this.#tell(isLast);
    } catch (error) {
      this.#outside.sayBug(error);
    }
  }
}
