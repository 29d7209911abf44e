/**
 * Looking what becomes of what waits, more and more seldom, and telling what the relay says of it.
 *
 * @module
 */
import type { Status } from "../state/status.ts";
import type { Clock } from "./clock.ts";
import type { OpenIntents, Outgoing } from "./intents.ts";
import type { Notices } from "./notices.ts";

/** What there is to look at. */
export interface LookoutOutside {
  readonly clock: Clock;
  /** Where intents wait, those of other processes too. */
  readonly outbox: Pick<Outgoing, "names">;
  /** The relay's status, when there is any. */
  status(): Promise<Status | undefined>;
  /** The stamp of the configuration as it is now. */
  stamp(): Promise<string>;
  /** Why nobody archives what waits, where whoever should gives no sign of life. */
  silence(): Promise<string | undefined>;
}

/** What a lookout works with. */
export interface LookoutParts {
  readonly outside: LookoutOutside;
  /** Those of this process. */
  readonly intents: OpenIntents;
  readonly notices: Notices;
  /** Since when this process archives, epoch milliseconds. */
  readonly since: number;
  /** Asks for a relay, unless it could do nothing. Never rejects. */
  ask(): Promise<void>;
}

/** How many more looks are taken when nothing waits any more, for the relay tells of it last. */
const LAST_LOOKS = 4;
/** The shortest and the longest time between two looks while something waits, in milliseconds. */
const SHORTEST_LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 60_000;

/** Looks, and tells. */
export class Lookout {
  readonly #parts: LookoutParts;
  #looksLeft = 0;
  #callOff?: () => void;

  /** @param parts What it works with. */
  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  /** Looks soon, and goes on while anything waits. */
  begin(): void {
    this.#looksLeft = LAST_LOOKS;
    this.#lookAfter(SHORTEST_LOOK_MS);
  }

  /** Looks no more. */
  stop(): void {
    this.#callOff?.();
    this.#looksLeft = 0;
  }

  /**
   * Tells what the relay has said since this process archives.
   *
   * @returns Whether no relay has seen the configuration as it is now.
   */
  async tellNews(): Promise<boolean> {
    const { outside, notices, since } = this.#parts;
    const [status, stamp] = await Promise.all([outside.status(), outside.stamp()]);
    // What a former relay has said was told at first, if it still mattered.
    if (status && Date.parse(status.updatedAt) >= since) notices.see(status, stamp);
    return status?.config.stamp !== stamp;
  }

  #lookAfter(ms: number): void {
    this.#callOff?.();
    this.#callOff = this.#parts.outside.clock.after(ms, () => void this.#look(ms));
  }

  async #look(waitedMs: number): Promise<void> {
    const { outside, intents, notices, ask } = this.#parts;
    let waits = intents.size > 0;
    try {
      await intents.refresh();
      const isUnseen = await this.tellNews();
      const isOwn = intents.size > 0;
      waits = isOwn || (await outside.outbox.names()).length > 0;
      if (waits && waitedMs === LONGEST_LOOK_MS) {
        // A relay may have been killed. What others left may only wait for another configuration.
        if (isOwn || isUnseen) await ask();
        await this.#tellSilence();
      }
    } catch (error) {
      notices.cannotLook(error);
    }
    if (!waits) this.#looksLeft--;
    if (this.#looksLeft > 0) this.#lookAfter(Math.min(LONGEST_LOOK_MS, waitedMs * 2));
  }

  async #tellSilence(): Promise<void> {
    const { outside, notices } = this.#parts;
    const why = await outside.silence();
    if (why !== undefined) notices.silent(why);
  }
}
