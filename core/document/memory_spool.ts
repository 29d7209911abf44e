/**
 * A spool that holds documents in memory: for scripts and tests, where sessions are small.
 *
 * @module
 */
import { sha256 } from "../hash.ts";
import type { Spool, Spooled } from "./spool.ts";

/**
 * Holds each document in memory until it is disposed of.
 *
 * @since 0.1.0
 */
export class MemorySpool implements Spool {
  /** See {@linkcode Spool.write}. */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const hash = sha256();
    const held: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of chunks) {
      hash.update(chunk);
      held.push(chunk.slice());
    }
    let whole: Blob | undefined = new Blob(held);
    return {
      size: whole.size,
      sha256: hash.digest("hex"),
      async read(start, end) {
        if (!whole) throw new TypeError("this document was disposed of");
        return new Uint8Array(await whole.slice(start, end).arrayBuffer());
      },
      dispose() {
        whole = undefined;
        return Promise.resolve();
      },
    };
  }
}
