/**
 * The lines of a file, read at constant memory.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { ArchiveError } from "../../../core/errors.ts";
import type { LinePiece } from "./record.ts";

/** How much is read at a time, in bytes. */
const CHUNK = 1 << 18;
/** The longest line in one piece, in bytes: a third more in base64 must still fit into a string. */
const LONGEST = 64 << 20;
const FEED = 0x0a;

/** What was begun, and not gone on with for so long, will not be ended any more, in milliseconds. */
export const QUIET = 10 * 60_000;

/** How what was read of a file ends. */
export interface Ending {
  /** Whether the last line that was given ended in a line feed; true where there was none. */
  readonly inLineFeed: boolean;
  /** How many bytes behind the last line feed were left out. */
  readonly leftOut: number;
}

/**
 * The bytes of a file, as far as it reached when it was looked at.
 *
 * @param file Open for reading.
 * @param size How many of its bytes count.
 * @returns Its bytes, each chunk an array that nobody writes to any more.
 * @throws {ArchiveError} `Transient` when the file has become shorter than `size`.
 */
export async function* chunksIn(
  file: Pick<FileHandle, "read">,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    const chunk = new Uint8Array(Math.min(CHUNK, size - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) throw shorter(at, size);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/**
 * Whole lines, and what stands behind the last line feed only if it is wanted.
 *
 * @param chunks The bytes that they are in.
 * @param withTail Whether what stands behind the last line feed counts as a line. What of it is longer
 * than one piece does always.
 * @returns The lines, each in an array that nobody writes to any more.
 */
export async function* linesIn(
  chunks: AsyncIterable<Uint8Array>,
  withTail: boolean,
): AsyncGenerator<LinePiece, Ending> {
  const held = new HeldPieces();
  let goesOn = false;
  for await (const chunk of chunks) {
    for (const piece of held.linesWith(chunk)) {
      yield piece;
      ({ goesOn } = piece);
    }
  }
  const { length } = held;
  if (length === 0) return { inLineFeed: !goesOn, leftOut: 0 };
  if (!withTail && !goesOn) return { inLineFeed: true, leftOut: length };
  yield { bytes: held.take(), goesOn: false };
  return { inLineFeed: false, leftOut: 0 };
}

function shorter(at: number, size: number): ArchiveError {
  const message =
    `the session changed while it was read: its file ended at ${at} of ${size} bytes; ` +
    "it is read again later";
  return new ArchiveError("Transient", message);
}

/** The beginning of a line whose end was not read yet. */
class HeldPieces {
  #pieces: Uint8Array[] = [];
  /** How many bytes they have. */
  length = 0;

  /** The lines that end in a chunk; what is left of it is held. */
  *linesWith(chunk: Uint8Array): Generator<LinePiece> {
    let start = 0;
    for (let end = chunk.indexOf(FEED); end >= 0; end = chunk.indexOf(FEED, start)) {
      yield this.#lineWith(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    if (this.length >= LONGEST) yield { bytes: this.take(), goesOn: true };
  }

  /** The line of which this is the end, before a line feed in the same memory. */
  #lineWith(end: Uint8Array): LinePiece {
    // Nobody needs the line feed any more.
    if (this.length === 0) return { bytes: end, goesOn: false, hasRoom: true };
    this.#hold(end);
    return { bytes: this.take(), goesOn: false };
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  /** All that is held, which then is not any more. */
  take(): Uint8Array {
    const pieces = this.#pieces;
    const { length } = this;
    this.#pieces = [];
    this.length = 0;
    if (pieces.length === 1) return pieces[0];
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
