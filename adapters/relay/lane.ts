/**
 * The work of one backend: several sessions at once while it takes them, one at a time while that
 * is not known, none while it is dead.
 *
 * @module
 */
import type { ArchiveRun } from "../../core/archiver.ts";
import type { CopyOutcome } from "../../core/copy.ts";
import { type ArchiveError, asArchiveError } from "../../core/errors.ts";
import type { SessionId } from "../../core/agent.ts";
import type { BackendStatus } from "../state/status.ts";
import { DEAD_STORE_MS, deadStoreMs } from "./backoff.ts";
import type { OpenLane } from "./relay_archive.ts";

/** Sessions that are sent to one backend at once. */
const WIDTH = 4;

/** How a backend has been doing. It outlives the lane when the configuration is read again. */
export interface Health {
  readonly identity: string;
  lastSuccess?: BackendStatus["lastSuccess"];
  lastFailure?: BackendStatus["lastFailure"];
  failing: boolean;
  /** How often it was given up in a row. */
  deaths: number;
  /** When it is tried again, epoch milliseconds; absent while it is not given up. */
  nextTryAt?: number;
}

/** What a lane needs of its surroundings. */
export interface LaneOutside {
  /** Epoch milliseconds. */
  now(): number;
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
    if (open.unusable) this.#fails(open.unusable, true);
  }

  /** The backend's name. */
  get name(): string {
    return this.open.name;
  }

  /** Whether one more session may begin. */
  get hasRoom(): boolean {
    const { nextTryAt, deaths } = this.health;
    if (nextTryAt !== undefined && nextTryAt > this.#outside.now()) return false;
    return this.#busy < (deaths > 0 ? 1 : WIDTH);
  }

  /** When it could next take a session, epoch milliseconds. */
  get roomAt(): number {
    return this.#busy > 0 && !this.hasRoom ? Infinity : this.health.nextTryAt ?? 0;
  }

  /** Whether it could not be opened and it is time to try that again. */
  get wantsReopening(): boolean {
    const { nextTryAt } = this.health;
    return this.open.unusable !== undefined && nextTryAt !== undefined &&
      nextTryAt <= this.#outside.now();
  }

  /**
   * Does a piece of work with the backend.
   *
   * @param work Is given the run to work in.
   */
  async hold<T>(work: (run: ArchiveRun) => Promise<T>): Promise<T> {
    if (this.health.nextTryAt !== undefined) {
      this.health.nextTryAt = undefined;
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
   */
  took(session: SessionId, copy: CopyOutcome): void {
    if (copy.status !== "failed") return this.#succeeds(session, copy);
    const error = asArchiveError(copy.error, { backend: this.name });
    if (error.code === "Aborted") return;
    const lost = this.#run.givenUp().has(this.name);
    // What is wrong with the session itself says nothing about the backend.
    if (!lost && error.backend !== this.name) return;
    this.#fails(error, lost || this.health.deaths > 0);
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
    health.nextTryAt = this.#outside.now() + DEAD_STORE_MS;
  }

  #succeeds({ id: session }: SessionId, { status, key }: CopyOutcome): void {
    // Only what was asked of the backend itself shows that it lives.
    if (status !== "archived" || key === undefined) return;
    const { health } = this;
    if (health.failing) this.#outside.say(`${this.name} works again`);
    const at = this.#time();
    Object.assign(health, { lastSuccess: { at, session, key }, failing: false, deaths: 0 });
    health.nextTryAt = undefined;
    // It may have been given up while this session was still on its way.
    if (this.#run.givenUp().size > 0) this.#run = this.open.begin();
  }

  #fails(error: ArchiveError, dead: boolean): void {
    const { health } = this;
    const { code, message } = error;
    health.lastFailure = { at: this.#time(), code, message: oneLine(message) };
    health.failing = true;
    if (!dead || health.nextTryAt !== undefined) return;
    const wait = deadStoreMs(++health.deaths, this.#outside.random());
    health.nextTryAt = this.#outside.now() + wait;
    const seconds = Math.round(wait / 1000);
    this.#outside.say(
      `${this.name} is left alone for ${seconds} s, sessions wait: ${oneLine(message)}`,
    );
  }

  #time(): string {
    return new Date(this.#outside.now()).toISOString();
  }
}

/**
 * A message on one line, for logs and for people.
 *
 * @param message Any.
 */
export function oneLine(message: string): string {
  return message.trim().replace(/:\s*\n\s*/g, ": ").replace(/\s*\n\s*/g, "; ");
}
