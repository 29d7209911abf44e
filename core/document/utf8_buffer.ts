/**
 * Putting UTF-8 together from text and bytes, piece after piece, without copying the pieces again.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Memory is taken in slabs, each twice as long as the one before, and a piece is a part of one. */
const FIRST_SLAB = 1 << 13;
const LARGEST_SLAB = 1 << 18;

/** UTF-8 that is being put together. */
export class Utf8Buffer {
  #slab = new Uint8Array(FIRST_SLAB);
  /** Where the piece begins that is being put together. */
  #start = 0;
  #end = 0;

  /** How many bytes it holds. */
  get length(): number {
    return this.#end - this.#start;
  }

  /**
   * Adds text.
   *
   * @param text Well-formed Unicode.
   */
  text(text: string): void {
    // A UTF-16 unit takes at most three bytes.
    this.#makeRoom(text.length * 3);
    this.#end += encoder.encodeInto(text, this.#slab.subarray(this.#end)).written;
  }

  /**
   * Adds bytes.
   *
   * @param bytes Copied at once.
   */
  bytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Gives away what it holds, which nobody writes to any more, and is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#slab.length) return;
    const needed = this.length + more;
    const usual = Math.min(this.#slab.length * 2, LARGEST_SLAB);
    const larger = new Uint8Array(Math.max(usual, needed * 2));
    larger.set(this.#slab.subarray(this.#start, this.#end));
    this.#end = this.length;
    this.#start = 0;
    this.#slab = larger;
  }
}
