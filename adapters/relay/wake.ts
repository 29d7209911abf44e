/**
 * Waiting without missing anything: until a file comes into the outbox, or a command asks for the
 * lock, or some time is over. Where the system tells of new files, that is what wakes; looking again
 * from time to time is for where it does not.
 *
 * @module
 */
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makePrivateFolder } from "../state/folder.ts";
import { requests } from "../state/handover.ts";

/** How often to look whether a command asks for the lock, in milliseconds. */
const ASKED_MS = 250;

/** Watches a state folder. */
export class Wake {
  readonly #state: string;
  #watcher: FSWatcher | undefined;
  #stirred = new AbortController();

  /** @param state The state's folder. */
  constructor(state: string) {
    this.#state = state;
  }

  /** Begins to watch. What cannot be watched is looked at from time to time. */
  async open(): Promise<void> {
    const outbox = await makePrivateFolder(join(this.#state, "outbox"));
    try {
      const watcher = watch(outbox, { persistent: false }, () => this.#stirred.abort());
      watcher.on("error", () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // Too many watches, or a network mount: the looks must do.
      this.#watcher = undefined;
    }
  }

  /**
   * Waits.
   *
   * @param ms For how long at most.
   * @param signal Ends it.
   */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const until = performance.now() + ms;
    const early = signal ? AbortSignal.any([signal, this.#stirred.signal]) : this.#stirred.signal;
    for (let left = ms; left > 0 && !early.aborted; left = until - performance.now()) {
      await delay(Math.min(left, ASKED_MS), undefined, { signal: early }).catch(() => undefined);
      if (left > ASKED_MS && !early.aborted && await requests(this.#state)) return;
    }
    if (this.#stirred.signal.aborted) this.#stirred = new AbortController();
  }

  /** Ends watching. */
  close(): void {
    this.#watcher?.close();
    this.#stirred.abort();
  }
}
