/**
 * A folder whose changes are told by the system, with all folders below it. As far as the system does
 * that: what matters must be looked at now and then besides.
 *
 * @module
 */
import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { ChangingFolder } from "../../core/agent.ts";
import { errorCode } from "../state/file_error.ts";
import { LET_GO_MS } from "./watched_folder.ts";

/** Watches, as `watch` of `node:fs` does. */
export type WatchPath = (
  path: string,
  options: { readonly persistent: false; readonly recursive: boolean },
  listener: () => void,
) => Pick<FSWatcher, "on" | "close">;

/** What a watch goes by, handed in by tests. */
export interface WatchedTreeOptions {
  /** How to watch; the system's way by default. */
  readonly watch?: WatchPath;
  /** Whether one watch is enough for a folder and all below it. */
  readonly isRecursive?: boolean;
}

/**
 * On Linux, Node would watch each file by itself, and tens of thousands of them are no rarity. Deno
 * spends on each watch what a user has a hundred of.
 */
const IS_RECURSIVE = process.platform !== "linux" || process.versions.deno !== undefined;
/** More folders than that are not watched one by one: users have so many watches only. */
const MOST_FOLDERS = 2_000;

/** Watches a folder, or a tree of them. */
export class WatchedTree {
  readonly #folder: ChangingFolder;
  readonly #onEvent: () => void;
  readonly #watch: WatchPath;
  readonly #isRecursive: boolean;
  /** By path, each with what tells the very folder from one that was made in its place. */
  readonly #watchers = new Map<string, { readonly identity: string; readonly close: () => void }>();
  #problem: string | undefined;

  /**
   * Watches nothing yet.
   *
   * @param folder Which.
   * @param onEvent Called when something happened there; now and then for nothing.
   * @param options What it goes by.
   */
  constructor(
    folder: ChangingFolder,
    onEvent: () => void,
    { watch: watchPath = watch, isRecursive = IS_RECURSIVE }: WatchedTreeOptions = {},
  ) {
    this.#folder = folder;
    this.#onEvent = onEvent;
    this.#watch = watchPath;
    this.#isRecursive = isRecursive;
  }

  /** Why some of it is not watched, if that is so. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Sees to it that what is there now is watched. Never rejects. */
  async tend(): Promise<void> {
    this.#problem = undefined;
    let there = this.#folders();
    if (this.#closeAllBut(there)) {
      await delay(LET_GO_MS);
      there = this.#folders();
    }
    for (const [path, identity] of there) {
      if (this.#watchers.has(path)) continue;
      try {
        this.#begin(path, identity);
      } catch (error) {
        const code = errorCode(error);
        // It is gone since.
        if (code === "ENOENT") continue;
        this.#problem ??= messageOf(error);
        // Any further one would fail like it, but for one that is shut.
        if (code !== "EACCES") return;
      }
    }
  }

  /** Ends watching. */
  close(): void {
    for (const { close } of this.#watchers.values()) close();
    this.#watchers.clear();
  }

  /** Tells whether one of those that were closed is to be watched anew. */
  #closeAllBut(there: ReadonlyMap<string, string>): boolean {
    let isReplaced = false;
    for (const [path, { identity, close }] of this.#watchers) {
      if (there.get(path) === identity) continue;
      close();
      this.#watchers.delete(path);
      isReplaced ||= there.has(path);
    }
    return isReplaced;
  }

  #begin(path: string, identity: string): void {
    const recursive = this.#folder.isTree && this.#isRecursive;
    const watcher = this.#watch(path, { persistent: false, recursive }, this.#onEvent);
    const close = () => watcher.close();
    watcher.on("error", () => {
      close();
      // Begun anew when it is tended next, if it is still there.
      if (this.#watchers.get(path)?.close === close) this.#watchers.delete(path);
    });
    this.#watchers.set(path, { identity, close });
  }

  /** What has to be watched, and is there. */
  #folders(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const waiting = [this.#folder.path];
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const identity = identityOf(path);
      if (identity === undefined) continue;
      if (found.size === MOST_FOLDERS) {
        this.#problem = `it has more than ${MOST_FOLDERS} folders`;
        break;
      }
      found.set(path, identity);
      if (this.#folder.isTree && !this.#isRecursive) waiting.push(...foldersIn(path));
    }
    return found;
  }
}

/** Undefined when there is no such folder, or it cannot be looked at. */
function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}:${stats.birthtimeMs}` : undefined;
  } catch {
    return undefined;
  }
}

/** Links are not followed; what cannot be read has nothing to watch in it. */
function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
