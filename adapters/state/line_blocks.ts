/**
 * Reads a file of lines in blocks of whole lines, so that a large one neither holds up the event
 * loop nor has to fit into one text.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";

const BLOCK_BYTES = 1 << 19;
/** No line that belongs here is longer. */
export const LONGEST_LINE_BYTES = 8 << 20;
const LINE_FEED = 0x0a;

/** Some whole lines of a file. */
export interface LineBlock {
  /** The lines, each ended by a line feed but for the file's last one, perhaps. */
  readonly text: string;
  /** Whether all bytes were ASCII; `text` has wrong characters otherwise, where the others were. */
  readonly ascii: boolean;
}

/**
 * Reads all lines of a file, from its beginning.
 *
 * @param handle The open file.
 * @returns Its blocks, in order. Of a line that is too long only the beginning is given.
 */
export async function* lineBlocks(handle: FileHandle): AsyncGenerator<LineBlock> {
  // One buffer for all blocks; the beginning of a line that is not whole yet moves to its front.
  let buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  let skipping = false;
  for (let position = 0;;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    filled += bytesRead;
    const from = skipping ? buffer.subarray(0, filled).indexOf(LINE_FEED) + 1 : 0;
    const to = buffer.subarray(0, filled).lastIndexOf(LINE_FEED) + 1;
    if (skipping && from === 0) {
      filled = 0;
      continue;
    }
    skipping = false;
    if (to > from) yield decode(buffer.subarray(from, to));
    buffer.copyWithin(0, to, filled);
    filled -= to;
    if (filled < buffer.length) continue;
    if (filled < LONGEST_LINE_BYTES) {
      buffer = Buffer.concat([buffer], 2 * buffer.length);
      continue;
    }
    yield decode(buffer.subarray(0, 1024));
    skipping = true;
    filled = 0;
  }
  if (filled > 0) yield decode(buffer.subarray(0, filled));
}

function decode(bytes: Buffer): LineBlock {
  const text = bytes.toString("utf8");
  // Each other byte or sequence of bytes becomes fewer characters than bytes, or a replacement.
  const ascii = text.length === bytes.length && !text.includes("\ufffd");
  return { text, ascii };
}
