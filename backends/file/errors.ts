/**
 * What the operating system refuses, in words that say what to do.
 *
 * @module
 */
import { ArchiveError, type ErrorCode } from "../../core/errors.ts";
import { type Call, callError, describe } from "../support/call.ts";

type Meaning = readonly [code: ErrorCode, advice: string];

const CLASH =
  "a file stands where a folder is needed, or a folder where the file should be; a folder cannot " +
  'hold both "a" and "a/b"';
const NO_ACCESS = "this user may not do that; change the owner or the permissions of the folder";
const BAD_NAME = "this file system takes no such name; use another key, or another disk";

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: ["Transient", "the disk is full; free some space, then try again"],
  EDQUOT: ["Transient", "the disk is full for this user (quota); free some space, then try again"],
  EACCES: ["Unauthorized", NO_ACCESS],
  EPERM: ["Unauthorized", NO_ACCESS],
  EROFS: ["Unauthorized", "the disk is read-only; mount it writable, or choose another path"],
  ELOOP: ["Unauthorized", "a symbolic link is in the way; put a real file or folder there"],
  ENAMETOOLONG: ["Invalid", "the path is too long for this file system; use a shorter one"],
  EINVAL: ["Invalid", BAD_NAME],
  EILSEQ: ["Invalid", BAD_NAME],
  ENOTDIR: ["Invalid", CLASH],
  EISDIR: ["Invalid", CLASH],
  EEXIST: ["Invalid", CLASH],
  ENOTEMPTY: ["Invalid", CLASH],
  EFBIG: ["Invalid", "the file is too large for this file system; use another disk"],
  EXDEV: ["Invalid", "a folder below the path lies on another disk; point the path at that disk"],
  ENOENT: ["Transient", "a file or folder was removed meanwhile; try again"],
  EMFILE: ["Transient", "too many files are open; close some, or raise the limit (ulimit -n)"],
  ENFILE: ["Transient", "too many files are open on this machine; close some"],
  EBUSY: ["Transient", "another program holds the file; close it, then try again"],
  EIO: ["Transient", "the disk reported a fault; check it"],
};

/**
 * The error that a failure of the file system becomes.
 *
 * @param cause What was thrown; an `ArchiveError` stays as it is.
 * @param call The call that failed.
 * @param path The file or folder it was about, for the message.
 */
export function fileError(cause: unknown, call: Call, path: string): ArchiveError {
  if (cause instanceof ArchiveError) return cause;
  const [code, advice] = meaningOf(cause);
  const message = `${describe(call)} failed at ${JSON.stringify(path)}: ${advice}`;
  return callError(call, code, message, cause);
}

function meaningOf(cause: unknown): Meaning {
  const message = cause instanceof Error ? cause.message : String(cause);
  // Deno without --allow-read or --allow-write; its message names the flag.
  if (cause instanceof Error && cause.name === "NotCapable") return ["Unauthorized", message];
  return MEANINGS[errnoOf(cause) ?? ""] ?? ["Transient", message];
}

/** The system's own code of a failure, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Whether the failure says that nothing is there. */
export function isMissing(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
