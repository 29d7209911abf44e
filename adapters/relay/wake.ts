/**
 * Waiting without missing anything: until a file comes into the outbox, or a command asks for the
 * lock, or some time is over. Where the system tells of new files, that is what wakes, so that a
 * relay with nothing to do costs no power. Where it does not, whoever waits has to look: each second
 * at first, more and more seldom while nothing comes. A command of the same machine wakes it besides,
 * so that only one of another machine may have to wait up to a minute there.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { handoverFolder, outboxFolder } from "../state/layout.ts";
import { onNudge } from "../state/nudge.ts";
import { WatchedFolder, type WatchFolder } from "./watched_folder.ts";

/** The longest pause where the system does not tell, at first and at last, in milliseconds. */
const LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 60_000;
/** In between it is that part of the time for which nothing has come. */
const PART_OF_CALM = 10;
/**
 * For how long to look more often once something happened, and how often, in milliseconds: a file is
 * begun before it has its name, and of two events that come together Bun may tell the first only.
 */
const STIRRED_MS = 1_000;
const STIRRED_LOOK_MS = 200;

/** What a watch goes by, handed in by tests. */
export interface WakeOptions {
  /** How to watch a folder; the system's way by default. */
  readonly watchFolder?: WatchFolder;
  /** For how long to look more often once something happened, in milliseconds. */
  readonly stirredMs?: number;
  /** Milliseconds since any time, never set. */
  readonly now?: () => number;
}

/** Watches a state folder. */
export class Wake {
  readonly #folders: readonly WatchedFolder[];
  readonly #stirredMs: number;
  readonly #now: () => number;
  #hasStirred = false;
  #stirredAt = -Infinity;
  #calmSince: number;
  #wakeUp = () => {};
  #stopListening: (() => void) | undefined;

  /**
   * @param state The state's folder.
   * @param options What it goes by.
   */
  constructor(state: string, options: WakeOptions = {}) {
    const { watchFolder, stirredMs = STIRRED_MS, now = () => performance.now() } = options;
    this.#stirredMs = stirredMs;
    this.#now = now;
    this.#calmSince = now();
    this.#folders = [outboxFolder(state), handoverFolder(state)]
      .map((folder) => new WatchedFolder(folder, () => this.#stir(), watchFolder));
  }

  /** Begins to watch. */
  async open(): Promise<void> {
    this.#stopListening ??= onNudge(() => this.#stir());
    await Promise.all(this.#folders.map((folder) => folder.tend()));
  }

  /**
   * Waits, not for long where the system does not tell of new files, and less for a moment when it
   * has. Whoever waited has to look what there is.
   *
   * @param ms For how long at most.
   * @param signal Ends it.
   */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    await this.open();
    const before = await this.#changes();
    await this.#rest(Math.min(ms, this.#longest()), signal);
    if (await this.#changes() !== before) this.#calmSince = this.#now();
    this.#hasStirred = false;
  }

  /** Ends watching, and a pause. */
  close(): void {
    for (const folder of this.#folders) folder.close();
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#wakeUp();
  }

  #stir(): void {
    this.#hasStirred = true;
    this.#stirredAt = this.#now();
    this.#wakeUp();
  }

  /** Whether the system tells of everything. */
  get #tells(): boolean {
    return this.#folders.every(({ tells }) => tells);
  }

  /** How long a pause may be in which nothing is told, in milliseconds. */
  #longest(): number {
    if (this.#now() - this.#stirredAt < this.#stirredMs) return STIRRED_LOOK_MS;
    if (this.#tells) return Infinity;
    const part = (this.#now() - this.#calmSince) / PART_OF_CALM;
    return Math.min(LONGEST_LOOK_MS, Math.max(LOOK_MS, part));
  }

  /** Differs when something came into a folder, or left it; only looked up where nobody tells. */
  async #changes(): Promise<string> {
    if (this.#tells) return "";
    const times = this.#folders.map((folder) => folder.changedAt());
    return (await Promise.all(times)).join();
  }

  async #rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#hasStirred || signal?.aborted) return;
    const over = new AbortController();
    this.#wakeUp = () => over.abort();
    signal?.addEventListener("abort", this.#wakeUp, { once: true });
    await delay(ms, undefined, { signal: over.signal }).catch(() => undefined);
    signal?.removeEventListener("abort", this.#wakeUp);
  }
}
