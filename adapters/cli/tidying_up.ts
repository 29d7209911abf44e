/**
 * Having backends remove what killed writes left behind, beside a run and never in its way.
 *
 * @module
 */
import { ABANDONED_MS, type Backend } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { settledWithin } from "../../backends/support/within.ts";
import { countText } from "./amounts.ts";
import type { Report } from "./report.ts";

/** How long the end of a run waits for it, in milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * Begins to ask all backends.
 *
 * @param backends Whom.
 * @param report Where to tell what was found, and what failed.
 * @param signal Ends it.
 * @returns Ends it; waits a little before.
 */
export function beginTidying(
  backends: readonly Backend[],
  report: Pick<Report, "note">,
  signal: AbortSignal,
): () => Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, signal]);
  const work = backends.map((backend) => tidy(backend, report, either));
  return async () => {
    await settledWithin(PATIENCE_MS, work);
    over.abort();
    await Promise.all(work);
  };
}

async function tidy(
  backend: Backend,
  report: Pick<Report, "note">,
  signal: AbortSignal,
): Promise<void> {
  try {
    const count = await backend.tidy?.({ before: Date.now() - ABANDONED_MS, signal }) ?? 0;
    if (count === 0) return;
    const uploads = countText(count, "upload");
    await report.note(`ended ${uploads} on ${backend.name} that a killed process had left open`);
  } catch (error) {
    if (isArchiveError(error, "Aborted")) return;
    const why = error instanceof Error ? error.message : String(error);
    await report.note(`could not look for uploads on ${backend.name} that were left open: ${why}`);
  }
}
