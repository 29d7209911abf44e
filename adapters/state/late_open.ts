/**
 * Something that is opened by the first who needs it, and by the next one again when that failed.
 *
 * @module
 */

/** Opens late. */
export class LateOpen<T> {
  readonly #open: () => Promise<T>;
  #opened: Promise<T> | undefined;

  /** @param open How to open it. */
  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** What is open; opened if need be. Rejects as opening it does. */
  async get(): Promise<T> {
    const opened = this.#opened ??= this.#open();
    try {
      return await opened;
    } catch (error) {
      // A disk that was full or away for a moment must not count for as long as this process lives.
      if (this.#opened === opened) this.#opened = undefined;
      throw error;
    }
  }

  /** What is open, if anything is; what is just being opened is waited for. Never rejects. */
  async ifOpen(): Promise<T | undefined> {
    return await this.#opened?.catch(() => undefined);
  }
}
