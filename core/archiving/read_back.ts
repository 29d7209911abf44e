/**
 * Reading a copy back that a backend has just acknowledged.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { CopyOutcome } from "./copy.ts";
import { ArchiveError, asArchiveError, isArchiveError } from "../errors.ts";
import { type Ledger, markLost } from "../ledger/ledger.ts";
import { storedHash } from "../verify/stored_hash.ts";

/** What reading back needs. */
export interface ReadBackJob {
  /** Where the copy is. */
  readonly backend: Backend;
  /** Has remembered it, and is told when it is lost. */
  readonly ledger: Ledger;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Reads back what was put, if anything was, and compares it with what was sent. A copy that is not
 * that has failed, and counts as lost, so that the next run writes it again.
 *
 * @param outcome What became of the copy.
 * @param sha256 SHA-256 of the plain document that was sent, 64 hex digits.
 * @param job Where, and what to remember.
 * @throws {ArchiveError} What the backend fails with. The copy is acknowledged then, and not lost.
 */
export async function readBack(
  outcome: CopyOutcome,
  sha256: string,
  { backend, ledger, signal }: ReadBackJob,
): Promise<CopyOutcome> {
  const { key, status } = outcome;
  if (status !== "archived" || key === undefined) return outcome;
  try {
    const found = await storedHash(key, backend, signal);
    if (found === sha256) return { ...outcome, readBack: true };
    throw new ArchiveError(
      "Corrupt",
      `its SHA-256 is ${found.slice(0, 12)}…, not ${sha256.slice(0, 12)}…`,
    );
  } catch (cause) {
    if (isArchiveError(cause, "Aborted")) throw cause;
    const error = unproven(key, backend, cause);
    if (error.code !== "Corrupt" && error.code !== "NotFound") throw error;
    await markLost(ledger, backend.identity, key);
    return { ...outcome, status: "failed", error };
  }
}

function unproven(key: string, backend: Backend, cause: unknown): ArchiveError {
  const { code, message, retryable } = asArchiveError(cause);
  const isWrong = code === "Corrupt" || code === "NotFound";
  return new ArchiveError(
    code,
    `${backend.name} acknowledged ${key}, but ` +
      (isWrong
        ? `gives back something else: ${message}; `
        : `could not give it back: ${message}; `) +
      (isWrong ? "the next run writes it again" : "verify it"),
    { backend: backend.name, key, cause, retryable },
  );
}
