/**
 * Which backends hold an object.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "../backend.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";

/** An object where it is held. */
export interface Held {
  /** The backend. */
  readonly backend: Backend;
  /** What it says of the object. */
  readonly object: ObjectInfo;
}

/**
 * Asks every backend for an object.
 *
 * @param key Which.
 * @param backends Whom, in order.
 * @param signal Stops it.
 * @returns Those that have it, in order.
 */
export async function holdersOf(
  key: string,
  backends: readonly Backend[],
  signal?: AbortSignal,
): Promise<Held[]> {
  const held: Held[] = [];
  for (const backend of backends) {
    try {
      held.push({ backend, object: await backend.head(key, { signal }) });
    } catch (error) {
      if (!isArchiveError(error, "NotFound")) throw error;
    }
  }
  return held;
}

/** The error that no backend has an archive. */
export function noArchive(key: string, backends: readonly Backend[]): ArchiveError {
  const names = backends.map((backend) => backend.name).join(", ");
  return new ArchiveError(
    "NotFound",
    `there is no archive ${key} on ${names}; list what there is`,
    {
      key,
    },
  );
}
