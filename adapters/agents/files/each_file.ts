/**
 * The files of an archive, one after the other, each as a stream.
 *
 * @module
 */
import type { FileElement } from "./native_files.ts";

/** A file on its way out of an archive. */
export interface FileContent {
  /** The file's path from its store, with slashes. */
  readonly path: string;
  /** Its bytes; to be read to their end before the next file is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Puts pieces together.
 *
 * @param elements Those of a file follow one another.
 */
export async function* eachFile(
  elements: AsyncGenerator<FileElement>,
): AsyncGenerator<FileContent> {
  let next = await elements.next();
  async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
    while (!next.done && next.value.path === path) {
      yield next.value.bytes();
      next = await elements.next();
    }
  }
  while (!next.done) {
    const { path } = next.value;
    yield { path, chunks: chunksOf(path) };
  }
}
