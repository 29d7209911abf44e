/**
 * Making copies good again that are missing, damaged, or older than another one: from another
 * backend, from a version that was kept, or from the agent (`core/repair/repair_ways.ts`).
 *
 * Whatever is written goes the way of every session (`core/archiving/copy.ts`), so that nothing which stands at
 * the key is lost by it: what has anything that the repaired copy lacks is kept first.
 *
 * @module
 */
import { ArchiveError, asArchiveError, isArchiveError } from "../errors.ts";
import { outcomesByKey } from "../verify/outcomes_by_key.ts";
import { proveRepaired, type RepairSource, type Target } from "./repair_target.ts";
import { type RepairFrom, repairWays } from "./repair_ways.ts";
import type { VerifyOutcome, WrongOutcome } from "../verify/verify_outcome.ts";

/**
 * Options of repairing.
 *
 * @since 0.1.0
 */
export interface RepairOptions {
  /** Finds out everything and writes nothing. */
  readonly dryRun?: boolean;
  /** The name of the backend whose copies are repaired; all when left out. */
  readonly backend?: string;
  /** Stops it between two copies. */
  readonly signal?: AbortSignal;
}

/**
 * What became of one copy that was not good.
 *
 * - `repaired`, `would repair`: by what `from` says; `version` is the key of what was kept for it.
 * - `hopeless`: there is nothing to repair it from. It is left as it is.
 * - `left`: it is not for this to say what should be there: another session's archive, a file of
 *   somebody else, a later format, two states of which none is newer.
 * - `failed`: could not be found out, or not be written; see `error`.
 *
 * @since 0.1.0
 */
export type RepairOutcome =
  & {
    /** Its key. */
    readonly key: string;
    /** The backend's name. */
    readonly backend: string;
    /** What was wrong with it, in one line. */
    readonly problem: string;
  }
  & (
    | {
      readonly status: "repaired" | "would repair";
      readonly from: RepairFrom;
      readonly version?: string;
    }
    | { readonly status: "hopeless" | "left" }
    | { readonly status: "failed"; readonly error: ArchiveError }
  );

/**
 * Repairs what verifying found wrong. What is good is passed over.
 *
 * @param found From `verifyArchives`, whose outcomes of one key come together.
 * @param source Where.
 * @param options How.
 * @returns What became of each copy that is not good.
 */
export async function* repairArchives(
  found: AsyncIterable<VerifyOutcome>,
  source: RepairSource,
  options: RepairOptions = {},
): AsyncGenerator<RepairOutcome> {
  for await (const copies of outcomesByKey(found)) {
    for (const copy of copies) {
      if (copy.status === "ok" || (options.backend ?? copy.backend) !== copy.backend) continue;
      yield await repaired(copy, copies, source, options);
    }
  }
}

async function repaired(
  copy: WrongOutcome,
  copies: readonly VerifyOutcome[],
  source: RepairSource,
  { dryRun, signal }: RepairOptions,
): Promise<RepairOutcome> {
  const { key, backend, problem, status } = copy;
  const outcome = { key, backend, problem };
  if (status === "failed") {
    return { ...outcome, status, error: new ArchiveError("Transient", problem, { key, backend }) };
  }
  if (status === "foreign" || status === "undecodable") return { ...outcome, status: "left" };
  const target: Target = { copy, source, signal, backend: source.backend(backend) };
  let failure: unknown;
  try {
    for await (const way of repairWays(target, copies)) {
      const { from } = way;
      if (dryRun) return { ...outcome, status: "would repair", from };
      try {
        const version = await way.go();
        await proveRepaired(target);
        return { ...outcome, status: "repaired", from, ...(version && { version }) };
      } catch (error) {
        if (isArchiveError(error, "Aborted")) throw error;
        failure ??= error;
      }
    }
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    failure ??= error;
  }
  if (failure) {
    return { ...outcome, status: "failed", error: asArchiveError(failure, { key, backend }) };
  }
  return { ...outcome, status: status === "differs" ? "left" : "hopeless" };
}
