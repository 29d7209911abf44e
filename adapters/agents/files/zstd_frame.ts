/**
 * Where a frame of zstd ends (RFC 8878, section 3.1). Runtimes differ: most unpack one frame only and
 * pass over what follows it, and some take a frame that was cut off for a whole one.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const MAGIC = 0xfd2fb528;
/** What begins so, but for the last four bits, is passed over. */
const SKIPPABLE = 0x184d2a50;
/** A run of one byte is written as that byte. */
const RUN = 1;
/** How many bytes a header's fields take, by what stands for it in its first byte. */
const [DICTIONARY, CONTENT_SIZE] = [[0, 1, 2, 4], [0, 2, 4, 8]];

/** Bytes end where more have to come. */
export class CutOffError extends Error {}

/**
 * The bytes of the next frame, in pieces of at most 2 MiB.
 *
 * @param bytes Which begin with it.
 * @throws {CutOffError} When they end before it does.
 */
export async function* frameIn(bytes: ByteReader): AsyncGenerator<Uint8Array> {
  const magic = await bytes.take(4);
  const number = magic.readUInt32LE();
  if ((number & ~0xf) >>> 0 === SKIPPABLE) {
    return await bytes.skip((await bytes.take(4)).readUInt32LE());
  }
  // The unpacker says best what is wrong with it.
  if (number !== MAGIC) return yield magic;
  const first = await bytes.take(1);
  yield Buffer.concat([magic, first, await bytes.take(headerLength(first[0]))]);
  for (let isLast = false; !isLast;) {
    const header = await bytes.take(3);
    const said = header.readUIntLE(0, 3);
    isLast = (said & 1) === 1;
    const length = (said >> 1 & 3) === RUN ? 1 : said >> 3;
    yield Buffer.concat([header, await bytes.take(length)]);
  }
  const hasChecksum = (first[0] >> 2 & 1) === 1;
  if (hasChecksum) yield await bytes.take(4);
}

function headerLength(first: number): number {
  const isSingle = (first >> 5 & 1) === 1;
  const size = CONTENT_SIZE[first >> 6];
  return (isSingle ? Math.max(1, size) : 1 + size) + DICTIONARY[first & 3];
}

/** Takes as many bytes at a time as are asked for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held = Buffer.alloc(0);

  /** @param chunks Where the bytes come from. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether there are no more. */
  async isOver(): Promise<boolean> {
    return this.#held.length === 0 && !await this.#reads();
  }

  /**
   * Takes the next bytes.
   *
   * @param length How many.
   * @throws {CutOffError} When there are fewer.
   */
  async take(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      if (!await this.#reads()) throw new CutOffError(`${length} bytes were to come`);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /**
   * Passes over the next bytes.
   *
   * @param length How many.
   * @throws {CutOffError} When there are fewer.
   */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (await this.isOver()) throw new CutOffError(`${left} bytes were to come`);
      left -= (await this.take(Math.min(left, this.#held.length))).length;
    }
  }

  async #reads(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (!done) this.#held = Buffer.concat([this.#held, value]);
    return !done;
  }
}
