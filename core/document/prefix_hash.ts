/**
 * A running SHA-256 that notes what the bytes hash to up to certain lengths, so that two states of a
 * document can be told to begin alike without either being read again.
 *
 * @module
 */
import { sha256 } from "../hash.ts";

/** The length of the first mark in bytes: the least that S3 copies on its own side. */
export const FIRST_MARK: number = 5 << 20;
/** How far marks are apart, in bytes. */
const MARK_STEP = 1 << 20;
/** How many hex digits of a hash are kept as a mark: 64 bits, among a few thousand. */
const MARK_DIGITS = 16;

/** Hashes what is given, and its beginnings. */
export class PrefixHash {
  /** SHA-256 of the first bytes, for each length that was asked for and reached. */
  readonly prefixes: Map<number, string> = new Map();
  /** SHA-256 of the first 5 MiB, 6 MiB and so on, each cut to 16 hex digits. */
  readonly marks: string[] = [];
  readonly #watched: number[];
  readonly #hash = sha256();
  #size = 0;

  /** @param watch Lengths in bytes of which the hash is wanted. */
  constructor(watch: Iterable<number>) {
    this.#watched = [...new Set(watch)].sort((a, b) => a - b);
  }

  /** How many bytes there were so far. */
  get size(): number {
    return this.#size;
  }

  /** SHA-256 of all bytes so far, 64 hex digits. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /**
   * Takes more bytes.
   *
   * @param bytes What follows.
   */
  add(bytes: Uint8Array): void {
    const start = this.#size;
    for (let at = this.#nextStop(); at <= start + bytes.length; at = this.#nextStop()) {
      this.#hash.update(bytes.subarray(this.#size - start, at - start));
      this.#size = at;
      this.#note(at);
    }
    this.#hash.update(bytes.subarray(this.#size - start));
    this.#size = start + bytes.length;
  }

  #nextStop(): number {
    return Math.min(this.#watched[0] ?? Infinity, lengthOfMark(this.marks.length));
  }

  #note(length: number): void {
    const { sha256 } = this;
    if (length === this.#watched[0]) {
      this.#watched.shift();
      this.prefixes.set(length, sha256);
    }
    if (length === lengthOfMark(this.marks.length)) this.marks.push(sha256.slice(0, MARK_DIGITS));
  }
}

/**
 * How many bytes two documents have in common at their beginning, as far as their marks tell.
 *
 * @param one Marks of one.
 * @param other Marks of the other.
 */
export function commonLength(one: readonly string[], other: readonly string[]): number {
  let count = Math.min(one.length, other.length);
  while (count > 0 && one[count - 1] !== other[count - 1]) count--;
  return count === 0 ? 0 : lengthOfMark(count - 1);
}

function lengthOfMark(index: number): number {
  return FIRST_MARK + index * MARK_STEP;
}
