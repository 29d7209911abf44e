/**
 * Waiting without missing anything: until a file comes into the outbox, or a command asks for the
 * lock, or some time is over. Where the system tells of new files, that is what wakes, so that a
 * relay with nothing to do costs no power; looking from time to time is for where it does not.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { handoverFolder, outboxFolder } from "../state/layout.ts";
import { WatchedFolder, type WatchFolder } from "./watched_folder.ts";

/** The longest pause where the system does not tell, in milliseconds. */
const LOOK_MS = 1_000;
/**
 * For how long to look more often once something happened, and how often, in milliseconds: a file is
 * begun before it has its name, and of two events that come together Bun may tell the first only.
 */
const STIRRED_MS = 1_000;
const STIRRED_LOOK_MS = 200;

/** Watches a state folder. */
export class Wake {
  readonly #folders: readonly WatchedFolder[];
  readonly #stirredMs: number;
  #hasStirred = false;
  #stirredAt = -Infinity;
  #wakeUp = () => {};

  /**
   * @param state The state's folder.
   * @param watchFolder How to watch a folder; the system's way by default.
   * @param stirredMs For how long to look more often once something happened, in milliseconds.
   */
  constructor(state: string, watchFolder?: WatchFolder, stirredMs = STIRRED_MS) {
    this.#stirredMs = stirredMs;
    const stir = () => {
      this.#hasStirred = true;
      this.#stirredAt = performance.now();
      this.#wakeUp();
    };
    this.#folders = [outboxFolder(state), handoverFolder(state)]
      .map((folder) => new WatchedFolder(folder, stir, watchFolder));
  }

  /** Begins to watch. */
  async open(): Promise<void> {
    await Promise.all(this.#folders.map((folder) => folder.tend()));
  }

  /**
   * Waits, a second at most where the system does not tell of new files, and less for a moment when
   * it has. Whoever waited has to look what there is.
   *
   * @param ms For how long at most.
   * @param signal Ends it.
   */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    await this.open();
    await this.#rest(Math.min(ms, this.#longest()), signal);
    this.#hasStirred = false;
  }

  /** Ends watching, and a pause. */
  close(): void {
    for (const folder of this.#folders) folder.close();
    this.#wakeUp();
  }

  /** How long a pause may be in which nothing is told, in milliseconds. */
  #longest(): number {
    if (performance.now() - this.#stirredAt < this.#stirredMs) return STIRRED_LOOK_MS;
    return this.#folders.every(({ tells }) => tells) ? Infinity : LOOK_MS;
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
