/**
 * One archive, or kept version, that one backend is to have as another one has it.
 *
 * @module
 */
import { isPacked } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { ArchiveError, asArchiveError, isArchiveError } from "../errors.ts";
import type { Look } from "../verify/look.ts";
import type { KeyPlace } from "../verify/merged_walk.ts";
import { lookAt } from "../verify/patient_look.ts";
import { bring, knownThere, notWhole, type SyncJob } from "./sync_copy.ts";

/**
 * What became of one archive, or kept version.
 *
 * - `same`: both have it.
 * - `copied`, `would copy`: the second has it now; `version` is the key of what was kept for it there.
 * - `ahead`: the second has a later state, which has all that the first one's has.
 * - `left`: it is not to be copied: the second had it deleted, or it is no archive; see `why`.
 * - `only there`: the first does not have it.
 * - `failed`: could not be read, compared or written; see `error`.
 *
 * @since 0.1.0
 */
export type SyncOutcome =
  & {
    /** Its key. */
    readonly key: string;
    /** Bytes that the object has, in the first backend unless it is only in the second. */
    readonly size: number;
  }
  & (
    | { readonly status: "same" | "ahead" | "only there" }
    | { readonly status: "copied" | "would copy"; readonly version?: string }
    | { readonly status: "left"; readonly why: string }
    | { readonly status: "failed"; readonly error: ArchiveError }
  );

/**
 * Brings one key.
 *
 * @param place What is known of it.
 * @param job What is needed.
 * @returns What became of it; nothing where neither backend has it, or one cannot be listed.
 * @throws {ArchiveError} `Aborted`.
 */
export async function syncKey(place: KeyPlace, job: SyncJob): Promise<SyncOutcome | undefined> {
  const { key } = place;
  const { from, to } = job;
  const [own, there] = await lookInBoth(place, job);
  if (!own || !there) return undefined;
  if (own.found === "absent") {
    if ("size" in there) return { key, size: there.size, status: "only there" };
    const isMissed = place.unlisted.includes(from);
    return isMissed ? failedWith(key, 0, new ArchiveError("NotFound", own.problem)) : undefined;
  }
  const size = sizeOf(own);
  try {
    if (own.found === "foreign") {
      return { key, size, status: "left", why: `${key} on ${from.name} is no archive` };
    }
    if (own.found !== "whole") throw notWhole(own, key, from);
    if (there.found === "failed") throw notWhole(there, key, to);
    const known = knownThere(key, job);
    if (there.found === "absent" && known?.state === "deleted") {
      return { key, size, status: "left", why: `${known.key} was deleted from ${to.name}` };
    }
    return { key, size, ...await bring({ key, own, there }, job) };
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    return failedWith(key, size, asArchiveError(error, { key, backend: to.name }));
  }
}

function failedWith(key: string, size: number, error: ArchiveError): SyncOutcome {
  return { key, size, status: "failed", error };
}

/** What each has. Stores that tell the same hash of what has not the same length are not believed. */
async function lookInBoth(place: KeyPlace, job: SyncJob): Promise<(Look | undefined)[]> {
  const looks = async (how: SyncJob) =>
    await Promise.all([how.from, how.to].map((one) => lookIn(one, place, how)));
  const [own, there] = await looks(job);
  const isDoubtful = own?.found === "whole" && there?.found === "whole" &&
    own.size !== there.size && own.content?.sha256 === there.content?.sha256 &&
    !isPacked(place.key);
  return isDoubtful ? await looks({ ...job, closenessOf: () => "read" }) : [own, there];
}

/** What a backend has; nothing where it cannot be listed. */
async function lookIn(
  backend: Backend,
  { key, held, unlisted, lacking }: KeyPlace,
  job: SyncJob,
): Promise<Look | undefined> {
  const listed = held.find((one) => one.backend === backend)?.object;
  if (listed || unlisted.includes(backend)) {
    return await lookAt({ key, backend, listed }, job.ledger, job);
  }
  const isAbsent = lacking.includes(backend) ||
    job.ledger.at(backend.identity, key)?.state === "deleted";
  return isAbsent ? { found: "absent", problem: `${key} is not on ${backend.name}` } : undefined;
}

function sizeOf(look: Look): number {
  return "size" in look ? look.size : 0;
}
