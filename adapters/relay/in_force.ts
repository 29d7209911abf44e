/**
 * The configuration that is in force: read when its file changes, kept while that is right, and what
 * is known of its backends, which outlives it.
 *
 * @module
 */
import { asArchiveError } from "../../core/errors.ts";
import { haveChanged } from "../state/stamps.ts";
import type { Status } from "../state/status.ts";
import { Force } from "./force.ts";
import { forgive, freshHealth, type Health } from "./health.ts";
import { Lane, type LaneOutside } from "./lane.ts";
import { lineOf } from "./line_of.ts";
import type { OpenLane, RelayArchive } from "./relay_archive.ts";
import { healthBefore } from "./status_facts.ts";

/** What lies outside. */
export interface ForceOutside extends LaneOutside {
  /** Differs when the configuration's file does. */
  stamp(): Promise<string>;
  /** Differs when a file or a folder does that access to a backend hangs on. */
  accessStamp(path: string): Promise<string>;
  /** What is wrong with the program itself, with its stack. Never throws. */
  sayBug(error: unknown): void;
  /** What the status said when this process began. */
  readonly before: Status | undefined;
}

/** What was opened anew after a look at the configuration. */
export interface Change {
  /** It says something else than before. Otherwise only what it refers to is tried again. */
  readonly isOther: boolean;
  /** The names of the backends that were closed before. */
  readonly reopened: ReadonlySet<string>;
}

/** A configuration that could not be used is tried again after this long, in milliseconds. */
const OPEN_AGAIN_MS = 10_000;

/**
 * What access to backends hangs on is looked at this often at most, in milliseconds. Less than a relay
 * sleeps, or it would mostly be looked at every second time only.
 */
const ACCESS_LOOK_MS = 30_000;

/** What the identities of backends begin with that cannot be opened. */
const UNUSABLE = "unusable:";

/** Knows what is in force. */
export class InForce {
  readonly #outside: ForceOutside;
  readonly #health: Map<string, Health>;
  /** What was in force before, while its last work goes on. */
  readonly #closing = new Map<Force, Promise<void>>();
  #force: Force | undefined;
  #stamp: string | undefined;
  #problem: string | undefined;
  #openAgainAt = -Infinity;
  #accessLookAt = -Infinity;

  /** @param outside What lies outside. */
  constructor(outside: ForceOutside) {
    this.#outside = outside;
    this.#health = new Map(healthBefore(outside.before));
  }

  /** What is in force; nothing while the configuration is wrong. */
  get current(): Force | undefined {
    return this.#force;
  }

  /** The names of its backends; undefined while the configuration is wrong. */
  get names(): readonly string[] | undefined {
    return this.#force?.names;
  }

  /** Whether anything goes on in it, or still in what was in force before. */
  get isBusy(): boolean {
    return this.#all.some(({ isBusy }) => isBusy);
  }

  /** How each backend has been doing that was ever in force, by name. */
  get health(): ReadonlyMap<string, Health> {
    return this.#health;
  }

  /** The file's stamp when it was read. */
  get stamp(): string | undefined {
    return this.#stamp;
  }

  /** Why the configuration cannot be used, if it cannot. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Reads the configuration when it has changed, or when a backend shall be opened again.
   *
   * @param open Opens what it says; throws when it is wrong.
   * @returns Undefined when all is as it was, or it is wrong.
   */
  async follow(open: () => Promise<RelayArchive>): Promise<Change | undefined> {
    const stamp = await this.#outside.stamp();
    await this.#lookAtAccess();
    const closed = this.#force?.lanes.filter((lane) => lane.wantsReopening) ?? [];
    const isTriedAgain = this.#force === undefined && this.#outside.now() >= this.#openAgainAt;
    const hasChanged = stamp !== this.#stamp;
    if (!hasChanged && closed.length === 0 && !isTriedAgain) return undefined;
    const wasKnown = this.#stamp !== undefined;
    this.#stamp = stamp;
    // What is under way may no longer be allowed.
    if (hasChanged) this.cut();
    this.#release();
    try {
      const archive = await open();
      if (wasKnown && hasChanged) this.#outside.say("the configuration changed and was read again");
      if (hasChanged) {
        for (const warning of archive.warnings) this.#outside.say(`warning: ${warning}`);
      }
      this.#problem = undefined;
      const change = { isOther: hasChanged, reopened: new Set(closed.map(({ name }) => name)) };
      this.#force = this.#enforce(archive, change);
      return change;
    } catch (error) {
      this.#cannot(lineOf(asArchiveError(error).message));
      return undefined;
    }
  }

  /** Somebody asks: what waits for something to be mended is tried at once. */
  reopen(): void {
    for (const lane of this.#force?.lanes ?? []) lane.reopen();
  }

  /** Ends what is under way. */
  cut(): void {
    for (const force of this.#all) force.cut();
  }

  /** Lets go of everything, once what goes on in it has ended; the next look reads it again. */
  async leave(): Promise<void> {
    this.#release();
    this.#stamp = undefined;
    await Promise.all(this.#closing.values());
  }

  get #all(): readonly Force[] {
    return [...this.#force ? [this.#force] : [], ...this.#closing.keys()];
  }

  /** What is closed is tried again once something has changed that access to it hangs on. */
  async #lookAtAccess(): Promise<void> {
    const { now, accessStamp } = this.#outside;
    const closed = this.#force?.lanes.filter(({ isClosed }) => isClosed) ?? [];
    if (closed.length === 0 || now() < this.#accessLookAt) return;
    this.#accessLookAt = now() + ACCESS_LOOK_MS;
    for (const lane of closed) {
      if (await haveChanged(lane.open.access, accessStamp)) lane.reopen();
    }
  }

  #cannot(problem: string): void {
    if (problem !== this.#problem) this.#outside.say(`all sessions wait: ${problem}`);
    this.#problem = problem;
    // What it refers to may be mended without a change of the file itself.
    this.#openAgainAt = this.#outside.now() + OPEN_AGAIN_MS;
  }

  #enforce(archive: RelayArchive, { isOther, reopened }: Change): Force {
    const lanes = archive.lanes.map((open) => {
      const health = this.#healthOf(open);
      if (isOther) forgive(health);
      // Those that were only opened again because another one was go on waiting.
      if (isOther || reopened.has(open.name)) health.nextTry = undefined;
      this.#health.set(open.name, health);
      return new Lane(open, health, this.#outside);
    });
    return new Force(archive, lanes);
  }

  /** What is known of a backend of this name, unless it is quite another one by now. */
  #healthOf({ name, identity, unusable }: OpenLane): Health {
    const known = this.#health.get(name);
    if (known?.identity === identity) return known;
    // What cannot be opened is of no place; it may well be the same one.
    const maySame = unusable !== undefined || known?.identity.startsWith(UNUSABLE) === true;
    if (known && maySame) return { ...known, identity };
    return freshHealth(identity);
  }

  /** What is under way in a configuration that is no longer in force ends with it. */
  #release(): void {
    const force = this.#force;
    this.#force = undefined;
    if (!force) return;
    const closed = force.close()
      .catch((error) => this.#outside.sayBug(error))
      .finally(() => this.#closing.delete(force));
    this.#closing.set(force, closed);
  }
}
