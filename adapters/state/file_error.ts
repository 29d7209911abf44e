/**
 * Turns what the file system throws into an {@linkcode ArchiveError} that names the path and says
 * what to do. Knows error codes only, nothing of ledgers, locks or spools.
 *
 * @module
 */
import { ArchiveError, type ErrorCode } from "../../core/errors.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly advice: string;
}

const FULL: Meaning = { code: "Transient", advice: "the disk is full; free some space" };
const FORBIDDEN: Meaning = { code: "Unauthorized", advice: "give this user the right to it" };
const MISPLACED: Meaning = {
  code: "Invalid",
  advice: "something of another kind stands in the way; move it",
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: FORBIDDEN,
  EEXIST: MISPLACED,
  EISDIR: MISPLACED,
  ENOTDIR: MISPLACED,
  ELOOP: MISPLACED,
  ENAMETOOLONG: { code: "Invalid", advice: "choose a shorter path" },
  ENOENT: { code: "NotFound", advice: "its folder was removed meanwhile; try again" },
};

const OTHERWISE: Meaning = { code: "Transient", advice: "try again" };

/**
 * The error to throw for a failed file operation. An {@linkcode ArchiveError} passes unchanged.
 *
 * @param error What was thrown.
 * @param what What failed, without the path: `cannot write the ledger`.
 * @param path The file or folder it was about.
 */
export function fileError(error: unknown, what: string, path: string): ArchiveError {
  if (error instanceof ArchiveError) return error;
  const found = errorCode(error);
  const { code, advice } = MEANINGS[found] ?? OTHERWISE;
  const reason = found === "" ? String(error) : found;
  return new ArchiveError(code, `${what} ${path} (${reason}): ${advice}`, { cause: error });
}

/**
 * The system's code of an error, such as `ENOENT`; empty when it has none.
 *
 * @param error What was thrown.
 */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
