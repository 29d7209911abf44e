/**
 * Seeing that sessions change, from their agents' folders: when to look through the stores again,
 * where nobody tells of what happens.
 *
 * @module
 */
import type { Agent, ChangingFolder } from "../../core/agent.ts";
import { SaidOnce } from "./said_once.ts";
import { WatchedTree, type WatchedTreeOptions } from "./watched_tree.ts";

/** What lies outside. */
export interface AgentWatchOutside extends WatchedTreeOptions {
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Writes a line into the log. */
  say(line: string): void;
}

/** Stores are looked through when so many milliseconds went by without a change. */
const QUIET_MS = 10_500;
/** A change is not left alone for longer than this, in milliseconds, though others follow it. */
const LONGEST_MS = 60_000;
/** For so long after a look the system may still tell what the look itself did, in milliseconds. */
const ECHO_MS = 1_000;

/** Watches the folders of agents. */
export class AgentWatch {
  readonly #outside: AgentWatchOutside;
  readonly #trees = new Map<string, WatchedTree>();
  readonly #said: SaidOnce;
  #onStir: () => void = () => undefined;
  #firstAt = Infinity;
  #lastAt = Infinity;
  /** Until when what is stirred by reading says nothing. */
  #echoUntil = -Infinity;

  /** @param outside What lies outside. */
  constructor(outside: AgentWatchOutside) {
    this.#outside = outside;
    this.#said = new SaidOnce(outside.say);
  }

  /** When to look through the stores, by the relay's own clock; infinite while nothing has changed. */
  get dueAt(): number {
    return Math.min(this.#lastAt + QUIET_MS, this.#firstAt + LONGEST_MS);
  }

  /**
   * Asks to be told when {@linkcode dueAt} is no longer infinite.
   *
   * @param onStir Is told.
   */
  listen(onStir: () => void): void {
    this.#onStir = onStir;
  }

  /**
   * Does what all changes before it call for, with all folders watched that there are now.
   *
   * @param agents Whose.
   * @param look Looks through their stores.
   * @returns What it gives.
   */
  async during<T>(agents: readonly Agent[], look: () => Promise<T>): Promise<T> {
    this.#firstAt = this.#lastAt = Infinity;
    this.#echoUntil = Infinity;
    try {
      await this.#tend(agents);
      return await look();
    } finally {
      this.#echoUntil = this.#outside.now() + ECHO_MS;
    }
  }

  /** Ends watching. */
  close(): void {
    for (const tree of this.#trees.values()) tree.close();
    this.#trees.clear();
  }

  async #tend(agents: readonly Agent[]): Promise<void> {
    const folders = new Map((await changingFolders(agents)).map((one) => [one.path, one]));
    for (const [path, tree] of this.#trees) {
      if (folders.has(path)) continue;
      tree.close();
      this.#trees.delete(path);
    }
    for (const [path, folder] of folders) {
      const known = this.#trees.get(path);
      const tree = known ?? this.#treeOf(folder);
      this.#trees.set(path, tree);
      await tree.tend();
      // What changed just before it was watched, nothing tells of.
      if (known === undefined) this.#stir();
      const { problem } = tree;
      this.#said.of(
        path,
        problem && `cannot watch all of ${path} (${problem}): it is looked through each minute`,
      );
    }
  }

  #treeOf(folder: ChangingFolder): WatchedTree {
    const onEvent = () => {
      if (folder.isStirredByReading && this.#outside.now() < this.#echoUntil) return;
      this.#stir();
    };
    return new WatchedTree(folder, onEvent, this.#outside);
  }

  #stir(): void {
    const isFirst = this.#firstAt === Infinity;
    this.#lastAt = this.#outside.now();
    if (!isFirst) return;
    this.#firstAt = this.#lastAt;
    this.#onStir();
  }
}

/** An agent that cannot be asked is told of by whoever looks through its stores. */
async function changingFolders(agents: readonly Agent[]): Promise<readonly ChangingFolder[]> {
  const detected = await Promise.allSettled(agents.map((agent) => agent.detect()));
  return detected.flatMap((one) => one.status === "fulfilled" ? one.value.changing ?? [] : []);
}
