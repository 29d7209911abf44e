/**
 * The configuration that is in force: read when its file changes, kept while that is right, and what
 * is known of its backends, which outlives it.
 *
 * @module
 */
import { ArchiveError, asArchiveError } from "../../core/errors.ts";
import { MISSING, type Status } from "../state/status.ts";
import { type Health, Lane, type LaneOutside, oneLine } from "./lane.ts";
import type { OpenLane, RelayArchive } from "./relay_archive.ts";
import { healthBefore } from "./standing.ts";

/** What lies outside. */
export interface ForceOutside extends LaneOutside {
  /** Differs when the configuration's file does. */
  stamp(): Promise<string>;
  /** What is wrong with the program itself, with its stack. Never throws. */
  sayBug(error: unknown): void;
  /** The path of the configuration. */
  readonly configPath: string;
  /** What the status said when this process began. */
  readonly before: Status | undefined;
}

/** An archive that is in force. */
export interface Force {
  readonly archive: RelayArchive;
  readonly lanes: readonly Lane[];
  /** Work that goes on in it. */
  readonly work: Set<Promise<void>>;
  /** Fires when other rules are in force: what is under way may no longer be allowed. */
  readonly signal: AbortSignal;
}

/**
 * What a look at the configuration changed. `reopened`: only what it refers to was tried again.
 */
export type Change = "none" | "reopened" | "changed";

/** A configuration that could not be used is tried again after this long, in milliseconds. */
const OPEN_AGAIN_MS = 60_000;

/** What the identities of backends begin with that cannot be opened. */
const UNUSABLE = "unusable:";

/** Knows what is in force. */
export class InForce {
  readonly #outside: ForceOutside;
  readonly #health: Map<string, Health>;
  readonly #closing = new Set<Promise<void>>();
  #force: Force | undefined;
  #stamp: string | undefined;
  #problem: string | undefined;
  #openAgainAt = 0;
  #cut = new AbortController();
  /** There has been a file. */
  #hadFile: boolean;

  /** @param outside What lies outside. */
  constructor(outside: ForceOutside) {
    this.#outside = outside;
    this.#health = new Map(healthBefore(outside.before));
    const { stamp = MISSING, problem } = outside.before?.config ?? {};
    // A file that is missing is a problem only where there has been one.
    this.#hadFile = stamp !== MISSING || problem !== undefined;
  }

  /** What is in force; nothing while the configuration is wrong. */
  get current(): Force | undefined {
    return this.#force;
  }

  /** The names of its backends. */
  get names(): readonly string[] {
    return this.#force?.lanes.map(({ name }) => name) ?? [];
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
   */
  async follow(open: () => Promise<RelayArchive>): Promise<Change> {
    const stamp = await this.#outside.stamp();
    const reopening = this.#force?.lanes.some((lane) => lane.wantsReopening) ?? false;
    const again = this.#force === undefined && this.#outside.now() >= this.#openAgainAt;
    if (stamp === this.#stamp && !reopening && !again) return "none";
    const changed = stamp !== this.#stamp;
    const known = this.#stamp !== undefined;
    this.#stamp = stamp;
    if (changed) this.#cut.abort();
    this.#release();
    try {
      this.#checkThere(stamp);
      const archive = await open();
      if (known && changed) this.#outside.say("the configuration changed and was read again");
      if (changed) {
        for (const warning of archive.warnings) this.#outside.say(`warning: ${warning}`);
      }
      this.#problem = undefined;
      this.#force = this.#enforce(archive, changed);
      return changed ? "changed" : "reopened";
    } catch (error) {
      this.#cannot(oneLine(asArchiveError(error).message));
      return "none";
    }
  }

  /** Lets go of everything, once what goes on in it has ended; the next look reads it again. */
  async leave(): Promise<void> {
    this.#release();
    this.#stamp = undefined;
    await Promise.all(this.#closing);
  }

  /**
   * A file that vanished, as for a moment while an editor saves it, must not send sessions to the
   * default folder that its rules would send elsewhere, or nowhere.
   */
  #checkThere(stamp: string): void {
    this.#hadFile ||= stamp !== MISSING;
    if (!this.#hadFile || stamp !== MISSING) return;
    const { configPath } = this.#outside;
    throw new ArchiveError(
      "NotFound",
      `the configuration ${configPath} is gone; put it back, or say in it where archives go`,
    );
  }

  #cannot(problem: string): void {
    if (problem !== this.#problem) this.#outside.say(`all sessions wait: ${problem}`);
    this.#problem = problem;
    // What it refers to may be mended without a change of the file itself.
    this.#openAgainAt = this.#outside.now() + OPEN_AGAIN_MS;
  }

  #enforce(archive: RelayArchive, forgiven: boolean): Force {
    const lanes = archive.lanes.map((open) => {
      const health = this.#healthOf(open);
      if (forgiven) health.deaths = 0;
      health.nextTryAt = undefined;
      this.#health.set(open.name, health);
      return new Lane(open, health, this.#outside);
    });
    this.#cut = new AbortController();
    return { archive, lanes, work: new Set(), signal: this.#cut.signal };
  }

  /** What is known of a backend of this name, unless it is quite another one by now. */
  #healthOf({ name, identity, unusable }: OpenLane): Health {
    const known = this.#health.get(name);
    if (known?.identity === identity) return known;
    // What cannot be opened is of no place; it may well be the same one.
    const maySame = unusable !== undefined || known?.identity.startsWith(UNUSABLE) === true;
    return known && maySame ? { ...known, identity } : { identity, failing: false, deaths: 0 };
  }

  /** What is under way in a configuration that is no longer in force ends with it. */
  #release(): void {
    const force = this.#force;
    this.#force = undefined;
    if (!force) return;
    const closing = Promise.allSettled(force.work).then(() => force.archive.close())
      .catch((error) => this.#outside.sayBug(error))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
