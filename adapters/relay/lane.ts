/**
 * The work of one backend: several sessions at once while it takes them, one at a time while that
 * is not known, none while it is dead.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import type { ArchiveRun } from "../../core/archiver.ts";
import type { CopyOutcome } from "../../core/archiving/copy.ts";
import {
  type ArchiveError,
  asArchiveError,
  concernsBackend,
  isArchiveError,
} from "../../core/errors.ts";
import { CLOSED_MS, DEAD_STORE_MS, deadStoreMs, heededMs } from "./backoff.ts";
import { forgive, type Health, type Moment } from "./health.ts";
import { lineOf } from "./line_of.ts";
import type { OpenLane } from "./relay_archive.ts";

/** Sessions that are sent to one backend at once. */
const WIDTH = 4;

/** What a lane needs of its surroundings. */
export interface LaneOutside {
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Epoch milliseconds, for what people are told. */
  date(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Writes a line into the log. */
  say(line: string): void;
}

/** One backend's lane. */
export class Lane {
  /** Its backend. */
  readonly open: OpenLane;
  /** How that has been doing. */
  readonly health: Health;
  readonly #outside: LaneOutside;
  #run: ArchiveRun;
  #busy = 0;

  /**
   * @param open Its backend.
   * @param health How that has been doing.
   * @param outside Clock, chance, log.
   */
  constructor(open: OpenLane, health: Health, outside: LaneOutside) {
    this.open = open;
    this.health = health;
    this.#outside = outside;
    this.#run = open.begin();
    if (open.unusable && !this.isClosed) {
      this.#notes(open.unusable);
      this.#close(CLOSED_MS);
    }
  }

  /** The backend's name. */
  get name(): string {
    return this.open.name;
  }

  /** Whether one more session may begin. */
  get hasRoom(): boolean {
    if (this.#notBefore > this.#outside.now()) return false;
    return this.#busy < (this.health.deaths > 0 ? 1 : WIDTH);
  }

  /** When it could next take a session, by the relay's own clock. */
  get roomAt(): number {
    return this.#busy > 0 && !this.hasRoom ? Infinity : this.#notBefore;
  }

  /** Whether it waits for somebody to mend what is wrong. */
  get isClosed(): boolean {
    return this.health.nextTry?.why === "closed";
  }

  /** Whether it was closed, and it is time to open it again. */
  get wantsReopening(): boolean {
    const { nextTry } = this.health;
    return nextTry?.why === "closed" && nextTry.at <= this.#outside.now();
  }

  /**
   * Whether it takes nothing before somebody mends that: it cannot be opened, or refuses who asks.
   * The mending may well be in the environment, which only the next process sees.
   */
  get isBarred(): boolean {
    return this.health.refusals.isAny || this.open.unusable !== undefined;
  }

  /** Something may have been mended: it is opened again at once, if it is closed. */
  reopen(): void {
    const { nextTry } = this.health;
    if (nextTry?.why === "closed") this.health.nextTry = { ...nextTry, ...this.#after(0) };
  }

  /**
   * Does a piece of work with the backend.
   *
   * @param work Is given the run to work in.
   */
  async hold<T>(work: (run: ArchiveRun) => Promise<T>): Promise<T> {
    if (this.health.nextTry !== undefined || this.health.askedFor !== undefined) {
      this.health.nextTry = undefined;
      this.health.askedFor = undefined;
      this.#run = this.open.begin();
    }
    this.#busy++;
    try {
      return await work(this.#run);
    } finally {
      this.#busy--;
    }
  }

  /**
   * Takes note of what became of a session, and leaves the backend alone if it is dead.
   *
   * @param session Which.
   * @param copy What became of it here.
   * @returns Whether it is the session that something is wrong with, which says nothing about the
   * backend.
   */
  took(session: SessionId, copy: CopyOutcome): boolean {
    if (copy.status !== "failed") {
      this.#succeeds(session, copy);
      return false;
    }
    const error = asArchiveError(copy.error, { backend: this.name });
    if (error.code === "Aborted") return false;
    const lost = this.#run.givenUp().get(this.name);
    if (lost || concernsBackend(error, this.name)) {
      const isRefused = error.code === "Unauthorized";
      if (!lost && isRefused && this.health.refusals.isOwn(session)) return true;
      // What was still on its way says nothing new.
      if (this.isClosed) return false;
      this.#notes(error);
      if (isRefused) this.#refuses(session, lost);
      else this.#fails(lost !== undefined);
      return false;
    }
    // The backend has been asked, and answers.
    if (error.backend === this.name && error.session === undefined) this.#lives();
    return true;
  }

  /**
   * Leaves the backend alone for a while, though it would work.
   *
   * @param why Why, in one line.
   */
  rest(why: string): void {
    const { health } = this;
    if (health.lastFailure?.message !== why) this.#outside.say(`${this.name} waits: ${why}`);
    health.lastFailure = { at: this.#time(), code: "Transient", message: why };
    health.failing = true;
    health.nextTry = { why: "fails", ...this.#after(DEAD_STORE_MS) };
  }

  get #notBefore(): number {
    const { nextTry, askedFor } = this.health;
    return Math.max(nextTry?.at ?? -Infinity, askedFor?.at ?? -Infinity);
  }

  #succeeds(session: SessionId, { status, key }: CopyOutcome): void {
    // Only what was asked of the backend itself shows that it lives.
    if (status !== "archived" || key === undefined) return;
    this.health.lastSuccess = { at: this.#time(), session: session.id, key };
    this.health.refusals.took(session);
    this.#lives();
  }

  #lives(): void {
    const { health } = this;
    if (health.failing) this.#outside.say(`${this.name} works again`);
    Object.assign(health, { failing: false, nextTry: undefined });
    forgive(health);
    // It may have been given up while this session was still on its way.
    if (this.#run.givenUp().size > 0) this.#run = this.open.begin();
  }

  #notes({ code, message, retryAfterMs }: ArchiveError): void {
    const { health } = this;
    health.lastFailure = { at: this.#time(), code, message: lineOf(message) };
    health.failing = true;
    if (retryAfterMs !== undefined) this.#heed(retryAfterMs);
  }

  #refuses(session: SessionId, lost: Error | undefined): void {
    const { refusals } = this.health;
    refusals.refused(session, isArchiveError(lost, "Unauthorized"));
    if (refusals.pauseMs !== undefined) this.#close(refusals.pauseMs);
    else if (lost) this.#giveUp();
  }

  #fails(isLost: boolean): void {
    const { health } = this;
    health.refusals.answered();
    if (isLost || health.deaths > 0) this.#giveUp();
  }

  /** Does as the store asks, within limits. */
  #heed(retryAfterMs: number): void {
    const { health } = this;
    const asked = this.#after(heededMs(retryAfterMs));
    if (health.askedFor === undefined) {
      this.#outside.say(`${this.name} asks for a pause until ${asked.told}`);
    }
    if (asked.at > (health.askedFor?.at ?? -Infinity)) health.askedFor = asked;
  }

  #giveUp(): void {
    const { health } = this;
    if (health.nextTry !== undefined) return;
    const wait = deadStoreMs(++health.deaths, this.#outside.random());
    health.nextTry = { why: "fails", ...this.#after(wait) };
    this.#sayLeft(`for ${Math.round(wait / 1000)} s`);
  }

  #close(ms: number): void {
    const { health } = this;
    health.deaths++;
    health.nextTry = { why: "closed", files: this.open.access, ...this.#after(ms) };
    this.#sayLeft(`until that is mended, or for ${Math.round(ms / 60_000)} min`);
  }

  #sayLeft(howLong: string): void {
    const why = this.health.lastFailure?.message;
    this.#outside.say(`${this.name} is left alone ${howLong}; sessions wait: ${why}`);
  }

  #after(ms: number): Moment {
    const { now, date } = this.#outside;
    return { at: now() + ms, told: new Date(date() + ms).toISOString() };
  }

  #time(): string {
    return new Date(this.#outside.date()).toISOString();
  }
}
