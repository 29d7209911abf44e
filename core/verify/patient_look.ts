/**
 * A look at one object, as closely as is wanted, at a time when there is a place for it, and only
 * where its backend is not given up.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "../backend.ts";
import { isArchiveError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Look } from "./look.ts";
import type { Slots } from "../parallel.ts";
import type { Patience } from "../patience.ts";
import { readObject } from "./read_object.ts";
import { askFor } from "./vouched_object.ts";

/** How closely an object is looked at that was listed. */
export type Closeness = "read" | "ask" | "pass over";

/** How objects are looked at. */
export interface Looking {
  /** How closely. */
  closenessOf(key: string): Closeness;
  /** Limits how many objects are looked at at once. */
  readonly slots: Slots;
  /** Knows which backends are left alone. */
  readonly patience: Patience;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** One copy that is looked at. */
export interface Copy {
  readonly key: string;
  readonly backend: Backend;
  /** What the listing told of it. */
  readonly listed?: ObjectInfo;
}

/**
 * Looks at a copy once there is a place for it.
 *
 * @param copy Which.
 * @param ledger Remembers what was archived.
 * @param how How closely.
 * @returns What was seen; `failed` where the backend did not answer, or is asked no more.
 * @throws {ArchiveError} `Aborted`.
 */
export async function lookAt(
  { key, backend, listed }: Copy,
  ledger: Ledger,
  { closenessOf, slots, patience, signal }: Looking,
): Promise<Look> {
  const closeness = closenessOf(key);
  if (closeness === "pass over" && listed) return { found: "unseen" };
  const object = { key, backend, ledger, signal };
  const work = () => closeness === "ask" ? askFor(object, listed) : readObject(object);
  return await slots.hold(async () => {
    const lost = patience.lostWith(backend);
    if (lost) return failed(`${key} was not looked at: ${lost.message}`);
    try {
      return await patience.attempt(backend, work, signal);
    } catch (error) {
      if (isArchiveError(error, "Aborted")) throw error;
      return failed(error instanceof Error ? error.message : String(error));
    }
  });
}

function failed(problem: string): Look {
  return { found: "failed", size: 0, problem };
}
