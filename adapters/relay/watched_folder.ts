/**
 * One folder whose new files are told by the system, as far as it does that: on some mounts it says
 * that it will and never does, it has so many watches only, and a folder that was removed and made
 * again is another one to it.
 *
 * @module
 */
import { type FSWatcher, watch } from "node:fs";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makePrivateFolder } from "../state/folder.ts";

/** Watches a folder, as `watch` of `node:fs` does. */
export type WatchFolder = (
  path: string,
  options: { readonly persistent: false },
  listener: () => void,
) => Pick<FSWatcher, "on" | "close">;

/** A watch that broke, or could not be had, is tried again after this long, in milliseconds. */
const AGAIN_MS = 60_000;

/**
 * How long a watch that is closed is given until the same path is watched again, in milliseconds: Deno
 * lets go of it on another thread, and takes a watch of the same path along that began before.
 */
export const LET_GO_MS = 100;

/** Watches a folder. */
export class WatchedFolder {
  readonly #path: string;
  readonly #onEvent: () => void;
  readonly #watch: WatchFolder;
  readonly #againMs: number;
  /** When to try again without a watch. */
  #againAt = -Infinity;
  #watcher: ReturnType<WatchFolder> | undefined;
  /** Names the very folder that is or was to be watched; empty when none is. */
  #identity = "";
  #tells = false;

  /**
   * Watches nothing yet.
   *
   * @param path Where the folder is, or will be.
   * @param onEvent Called when something happened in it; now and then for nothing.
   * @param watchFolder How to watch it.
   * @param againMs For how long a watch that broke is not tried again, in milliseconds.
   */
  constructor(
    path: string,
    onEvent: () => void,
    watchFolder: WatchFolder = watch,
    againMs = AGAIN_MS,
  ) {
    this.#path = path;
    this.#onEvent = onEvent;
    this.#watch = watchFolder;
    this.#againMs = againMs;
  }

  /** Whether the system has shown that it tells of what happens in the folder. */
  get tells(): boolean {
    return this.#tells;
  }

  /** Sees to it that the folder is there, and that it is the one that is watched. Never rejects. */
  async tend(): Promise<void> {
    const isTried = this.#watcher !== undefined || performance.now() < this.#againAt;
    if (isTried && this.#identity !== "" && await this.#identify() === this.#identity) return;
    const hadOne = this.#watcher !== undefined;
    // Before anything else: Bun goes on with the old folder where two watch the same path.
    this.close();
    if (hadOne) await delay(LET_GO_MS);
    this.#againAt = performance.now() + this.#againMs;
    try {
      await makePrivateFolder(this.#path);
      this.#identity = await this.#identify();
      this.#watcher = this.#begin();
      await this.#provoke();
    } catch {
      // Too many watches, or no room for the folder: who waits has to look, and later calls try again,
      // at once where the folder itself was missing.
      this.#tells = false;
    }
  }

  /** When something last came into it, or left it, epoch milliseconds; 0 where it is not there. */
  async changedAt(): Promise<number> {
    const found = await stat(this.#path).catch(() => undefined);
    return found?.mtimeMs ?? 0;
  }

  /** Ends watching. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#identity = "";
    this.#tells = false;
  }

  #begin(): ReturnType<WatchFolder> {
    const watcher = this.#watch(this.#path, { persistent: false }, () => {
      if (watcher !== this.#watcher) return;
      this.#tells = true;
      this.#onEvent();
    });
    watcher.on("error", () => {
      watcher.close();
      if (watcher !== this.#watcher) return;
      this.#watcher = undefined;
      this.#tells = false;
      this.#againAt = performance.now() + this.#againMs;
    });
    return watcher;
  }

  /** Makes something happen. It is believed from then on. */
  async #provoke(): Promise<void> {
    // The outbox sweeps such names should this process be killed here.
    const file = join(this.#path, `.tmp-watched-${crypto.randomUUID()}`);
    await writeFile(file, "", { flag: "wx", mode: 0o600 });
    await rm(file, { force: true });
  }

  /** Empty when it is not there. The number alone is given again at once to the next one made. */
  async #identify(): Promise<string> {
    const found = await stat(this.#path).catch(() => undefined);
    return found === undefined ? "" : `${found.dev}:${found.ino}:${found.birthtimeMs}`;
  }
}
