/**
 * Bringing one backend level with another: what the first has and the second lacks is copied, as for
 * moving to another bucket. One way only, and nothing is deleted.
 *
 * What the stores tell of hashes is compared, and only what differs is read. What is written goes the
 * way of every session (`core/archiving/copy.ts`), so that nothing which stands there is lost by it, and is read
 * back before it is called copied.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import { ArchiveError, concernsBackend } from "../errors.ts";
import { Failures } from "../failures.ts";
import { walkArchives } from "../verify/merged_walk.ts";
import { inOrder, Slots } from "../parallel.ts";
import { Patience } from "../patience.ts";
import type { SyncJob, SyncSource } from "./sync_copy.ts";
import { syncKey, type SyncOutcome } from "./sync_key.ts";

/**
 * Options of bringing one backend level with another.
 *
 * @since 0.1.0
 */
export interface SyncOptions {
  /** Finds out everything and writes nothing. */
  readonly dryRun?: boolean;
  /** How many archives are compared or copied at once; 4 by default. */
  readonly concurrency?: number;
  /** Stops it between two archives. */
  readonly signal?: AbortSignal;
}

/** How many keys may be under way, for each archive at once. */
const AHEAD = 8;

/** After so many failures of the second one, without a copy between them, it is given up. */
const MOST_IN_VAIN = 20;

/**
 * Brings a backend level with another.
 *
 * @param source Which, and with what.
 * @param options How.
 * @returns What became of each archive and version of either, in the order of the keys. A backend that
 * cannot be listed is thrown at the end; what the second one fails with is thrown once it has taken none
 * of the last 20.
 * @throws {ArchiveError} `Invalid` when both are the same place, or for a concurrency below 1.
 */
export async function* syncBackends(
  source: SyncSource,
  { dryRun = false, concurrency = 4, signal }: SyncOptions = {},
): AsyncGenerator<SyncOutcome> {
  const { from, to, ledger } = source;
  if (from === to || from.identity === to.identity) {
    throw new ArchiveError("Invalid", `${from.name} and ${to.name} are the same place; name two`);
  }
  const failures = new Failures();
  const job: SyncJob = {
    ...source,
    dryRun,
    closenessOf: () => "ask",
    slots: new Slots(concurrency),
    patience: new Patience(),
    signal,
  };
  async function* jobs() {
    for await (
      const place of walkArchives({ backends: [from, to], ledger }, { signal }, failures)
    ) {
      yield () => syncKey(place, job);
    }
  }
  let inVain = 0;
  for await (const outcome of inOrder(jobs(), AHEAD * concurrency)) {
    if (!outcome) continue;
    yield outcome;
    if (outcome.status === "copied") inVain = 0;
    if (outcome.status !== "failed" || !concernsBackend(outcome.error, to.name)) continue;
    if (++inVain === MOST_IN_VAIN) throw takesNone(to, outcome.error);
  }
  failures.throwAny();
}

/** All the rest would be read for nothing, and may be hundreds of gigabytes. */
function takesNone({ name: backend }: Backend, cause: ArchiveError): ArchiveError {
  const message = `${backend} took none of the last ${MOST_IN_VAIN} archives, so the rest is not ` +
    `tried: ${cause.message}`;
  return new ArchiveError(cause.code, message, { backend, cause });
}
