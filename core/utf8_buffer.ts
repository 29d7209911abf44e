/**
 * Putting UTF-8 together from text and bytes, in memory that is used again.
 *
 * @module
 */

const encoder = new TextEncoder();

/** UTF-8 that is being put together. */
export class Utf8Buffer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  /** How many bytes it holds. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds text.
   *
   * @param text Well-formed Unicode.
   */
  text(text: string): void {
    // A UTF-16 unit takes at most three bytes.
    this.#makeRoom(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  /**
   * Adds bytes.
   *
   * @param bytes Copied at once.
   */
  bytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Gives away what it holds, and is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
