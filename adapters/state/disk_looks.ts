/**
 * Looking at disks that may hang, as one behind a network does that is gone: no look lasts for ever,
 * and there is one of a path at a time, since each takes up one of a process's few threads until the
 * disk is back.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** Looks. */
export class DiskLooks<T> {
  readonly #silent: T;
  readonly #underWay = new Map<string, Promise<T>>();

  /** @param silent What a look tells that the disk does not answer. */
  constructor(silent: T) {
    this.#silent = silent;
  }

  /**
   * Looks at a path, or waits for the look that is under way.
   *
   * @param path Which.
   * @param look How to look.
   * @param patienceMs For how long to wait, in milliseconds.
   */
  async at(path: string, look: () => Promise<T>, patienceMs: number): Promise<T> {
    const over = new AbortController();
    const silence = delay(patienceMs, this.#silent, { signal: over.signal })
      .catch(() => this.#silent);
    try {
      return await Promise.race([this.#look(path, look), silence]);
    } finally {
      over.abort();
    }
  }

  #look(path: string, look: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(path);
    if (before !== undefined) return before;
    const looking = look().finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, looking);
    return looking;
  }
}
