/**
 * Finding the files of an agent's sessions.
 *
 * @module
 */
import type { FileFormat, FoundFile } from "./format.ts";
import { throwFirst, Walk } from "./walk.ts";

/**
 * Finds the files of all sessions.
 *
 * @param format Whose.
 * @param store One of its folders.
 * @param signal Stops it.
 * @throws {ArchiveError} When all were found that can be, the first thing that could not be looked at.
 */
export async function* foundFiles(
  format: FileFormat,
  store: string,
  signal?: AbortSignal,
): AsyncGenerator<FoundFile> {
  const walk = new Walk(format.title, signal);
  yield* format.find(store, walk);
  throwFirst(walk.failures);
}
