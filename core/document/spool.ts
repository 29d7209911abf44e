/**
 * A place for a document that is too large for memory while it is on its way to the backends.
 *
 * @module
 */
import type { RangedBody } from "../backend.ts";

/**
 * A spooled document. `dispose` removes it; nothing can be read afterwards.
 *
 * @since 0.1.0
 */
export interface Spooled extends RangedBody {
  /** Removes it. Safe to call twice. */
  dispose(): Promise<void>;
}

/**
 * Takes a document chunk by chunk and gives it back by range. The default one,
 * {@linkcode MemorySpool}, keeps it in memory; `adapters/state/spool.ts` uses a private file.
 *
 * @since 0.1.0
 */
export interface Spool {
  /**
   * Writes all chunks.
   *
   * @param chunks The document.
   * @returns It, once whole. When the chunks fail, nothing stays behind and the error goes on.
   */
  write(chunks: AsyncIterable<Uint8Array>): Promise<Spooled>;
}
