/**
 * The automatic archiving of one OpenCode process into one configuration: from events to intents,
 * from intents to a relay, and what the relay says back to the user. Never reads a session, and
 * nothing in it may trouble the host: every failure ends here, as a notice.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import type { Status } from "../state/status.ts";
import type { HostEvent } from "./contract.ts";
import { doneWithin } from "./done_within.ts";
import { untilArchived } from "./ending.ts";
import type { PluginHost } from "./host.ts";
import { IdleSessions } from "./idle.ts";
import { OpenIntents, type Outgoing } from "./intents.ts";
import { Lookout, type LookoutOutside } from "./lookout.ts";
import { Notices } from "./notices.ts";
import { isFutile } from "./prospects.ts";
import { RelayStarts } from "./relay_starts.ts";

/** What automatic archiving needs of the world around it. */
export interface ArchivingOutside extends LookoutOutside {
  /** Where intents go. */
  readonly outbox: Outgoing;
  /** The databases that the sessions of this process may be in. */
  stores(): Promise<readonly string[]>;
  /** The stamp of a file that a backend's credentials come from. */
  accessStamp(path: string): Promise<string>;
  /** Starts a relay, unless one lives. */
  startRelay(): Promise<unknown>;
}

/** How long after a start the first look is taken, when OpenCode has better to do, in milliseconds. */
export const FIRST_LOOK_MS = 1_500;
/** How long until an intent is tried again that could not be written, in milliseconds. */
export const RETRY_MS = 30_000;
/** How long the disk has to take what an ending process writes down, in milliseconds. */
const DISK_MS = 3_500;
/** How long the last look at what the relay says may take, in milliseconds. */
const NEWS_MS = 500;
const LEFT_WAITING = "Sessions may wait until OpenCode is started again";

/** Archives by itself. Shared by all directories, and all copies of the plugin, in a process. */
export class Archiving {
  readonly #outside: ArchivingOutside;
  /** Those that can be told of something. */
  readonly #hosts = new Set<PluginHost>();
  /** Those of them that are not about to leave. */
  readonly #staying = new Set<PluginHost>();
  readonly #sessions: IdleSessions;
  readonly #intents: OpenIntents;
  readonly #starts: RelayStarts;
  readonly #notices: Notices;
  readonly #lookout: Lookout;
  readonly #madeAt: number;
  /** Intents that are being written. */
  readonly #writing = new Set<Promise<void>>();
  /** What an end was given up for; undefined again once the disk has answered. */
  #unanswered: Promise<void> | undefined;
  #askedAt = -Infinity;
  #callOffFirstLook?: () => void;
  #willRetry = false;

  /** @param outside What it works with. */
  constructor(outside: ArchivingOutside) {
    const { clock } = outside;
    this.#outside = outside;
    this.#madeAt = clock.now();
    this.#sessions = new IdleSessions((id) => this.#note(id), clock);
    this.#intents = new OpenIntents(outside.outbox, () => outside.stores());
    this.#starts = new RelayStarts(() => this.#startRelay(), clock);
    this.#notices = new Notices(() => this.#hosts, this.#madeAt);
    this.#lookout = new Lookout({
      outside,
      intents: this.#intents,
      notices: this.#notices,
      since: this.#madeAt,
      ask: () => this.#ask(),
    });
  }

  /**
   * Begins to serve a directory.
   *
   * @param host The directory's.
   */
  join(host: PluginHost): void {
    this.#hosts.add(host);
    this.#staying.add(host);
    if (this.#hosts.size > 1) return;
    this.#callOffFirstLook = this.#outside.clock.after(FIRST_LOOK_MS, () => void this.#firstLook());
  }

  /**
   * Takes note of an event, at next to no cost.
   *
   * @param event Any of OpenCode's.
   */
  see(event: HostEvent): void {
    this.#sessions.see(event);
  }

  /**
   * Ends to serve a directory. The last one waits for what this process has asked for, while it gets
   * anywhere; for the others the process goes on.
   *
   * @param host The directory's.
   */
  async leave(host: PluginHost): Promise<void> {
    this.#staying.delete(host);
    const isLast = this.#staying.size === 0;
    try {
      // A disk that did not answer another directory is not waited for twice.
      if (this.#unanswered === undefined) await this.#end(isLast);
    } catch (error) {
      this.#notices.failed(LEFT_WAITING, error);
    } finally {
      this.#hosts.delete(host);
      if (this.#hosts.size === 0) {
        this.#callOffFirstLook?.();
        this.#lookout.stop();
      }
    }
  }

  async #end(isLast: boolean): Promise<void> {
    const { clock } = this.#outside;
    const begunAt = clock.now();
    const putDown = isLast ? this.#urge() : this.#putDown();
    if (!await doneWithin(DISK_MS, putDown, clock)) {
      const over = () => this.#unanswered = undefined;
      this.#unanswered = putDown.then(over, over);
      const silent = "the disk that the archiver's state is on does not answer";
      return this.#notices.failed(LEFT_WAITING, new ArchiveError("Timeout", silent));
    }
    if (!isLast || this.#intents.size === 0) return;
    // The disk may stop answering now.
    void this.#ask();
    const [intents, askedAt] = [this.#intents, this.#askedAt];
    const status = () => this.#outside.status();
    const stamp = () => this.#outside.stamp();
    await untilArchived({ intents, askedAt, begunAt, status, stamp, clock });
    await doneWithin(NEWS_MS, this.#lookout.tellNews(), clock);
  }

  /** Writes down all that is not archived as it is. */
  async #putDown(now = false): Promise<void> {
    for (const id of this.#sessions.takeChanged()) this.#note(id, now);
    for (const id of this.#intents.unwritten) this.#note(id, now);
    await Promise.all(this.#writing);
  }

  /** The same, to be archived at once. */
  async #urge(): Promise<void> {
    await this.#putDown(true);
    if (this.#intents.size > 0) await this.#intents.urge();
  }

  #note(id: string, now = false): void {
    this.#askedAt = this.#outside.clock.now();
    // Not before the host has gone on.
    const written = Promise.resolve().then(() => this.#write(id, now));
    const writing = written.finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #write(id: string, now: boolean): Promise<void> {
    let status: Status | undefined;
    try {
      status = await this.#outside.status();
      if (await this.#isSwitchedOff(status)) return;
      await this.#intents.write(id, now);
    } catch (error) {
      this.#notices.failed(
        "A session cannot be put down for archiving, which is tried again",
        error,
      );
      return this.#retryLater();
    }
    await this.#askGoingBy(status);
    if (this.#intents.size > 0) this.#lookSoon();
  }

  /** Asks for a relay, unless it could do nothing. Never rejects. */
  async #ask(): Promise<void> {
    await this.#askGoingBy(await this.#outside.status().catch(() => undefined));
  }

  /** The same, where it is known what the last relay said. */
  async #askGoingBy(status: Status | undefined): Promise<void> {
    if (!await this.#isFutile(status).catch(() => false)) this.#starts.ask();
  }

  async #isFutile(status: Status | undefined): Promise<boolean> {
    return await isFutile({
      status,
      stamp: await this.#outside.stamp(),
      since: this.#madeAt,
      askedAt: this.#askedAt,
      now: this.#outside.clock.now(),
      accessStamp: (path) => this.#outside.accessStamp(path),
    });
  }

  /** Only the relay understands the configuration; its word holds for the state that it saw. */
  async #isSwitchedOff(status: Status | undefined): Promise<boolean> {
    if (status === undefined || status.config.auto) return false;
    return status.config.stamp === await this.#outside.stamp();
  }

  #retryLater(): void {
    if (this.#willRetry) return;
    this.#willRetry = true;
    this.#outside.clock.after(RETRY_MS, () => {
      this.#willRetry = false;
      for (const id of this.#intents.unwritten) this.#note(id);
    });
  }

  async #startRelay(): Promise<void> {
    try {
      await this.#outside.startRelay();
    } catch (error) {
      this.#notices.failed("Sessions wait, as the archiver's process could not be started", error);
    }
  }

  /**
   * A relay is started even if nothing waits: a process that was killed in the middle of a turn has
   * left no word of it, and only a relay can look.
   */
  async #firstLook(): Promise<void> {
    try {
      const [status, stamp, names] = await Promise.all([
        this.#outside.status(),
        this.#outside.stamp(),
        this.#outside.outbox.names(),
      ]);
      // A run in a terminal that has archived all does not change what the relay said last.
      const waiting = names.length === 0 ? 0 : status?.waiting ?? 0;
      if (status) this.#notices.see({ ...status, waiting }, stamp);
      const isNew = status?.config.stamp !== stamp;
      if (!isNew && !status.config.auto) return;
      this.#starts.ask();
      if (isNew || names.length > 0) this.#lookSoon();
    } catch (error) {
      this.#notices.cannotLook(error);
    }
  }

  #lookSoon(): void {
    // The end of the process may have overtaken a look.
    if (this.#hosts.size === 0) return;
    this.#callOffFirstLook?.();
    this.#lookout.begin();
  }
}
