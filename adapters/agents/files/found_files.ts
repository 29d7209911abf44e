/**
 * Finding the files of an agent's sessions.
 *
 * @module
 */
import type { ArchiveError } from "../../../core/errors.ts";
import type { FileFormat, FoundFile } from "./format.ts";
import { throwFirst, Walk } from "./walk.ts";

/** How to look. */
export interface Looking {
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Gets what could not be looked at, which is thrown otherwise. */
  readonly failures?: ArchiveError[];
  /** Gets what there is to say of sessions that lie there twice; of these one is found in any case. */
  readonly doubles?: ArchiveError[];
}

/**
 * Finds the files of all sessions.
 *
 * @param format Whose.
 * @param store One of its folders.
 * @param looking How.
 * @throws {ArchiveError} When all were found that can be, the first thing that could not be looked at.
 */
export async function* foundFiles(
  format: FileFormat,
  store: string,
  { signal, failures, doubles }: Looking = {},
): AsyncGenerator<FoundFile> {
  const walk = new Walk(format.title, signal);
  yield* format.find(store, walk);
  doubles?.push(...walk.doubles);
  if (failures) failures.push(...walk.failures);
  else throwFirst(walk.failures);
}
