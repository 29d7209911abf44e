/**
 * What verifying finds of one object.
 *
 * @module
 */

/**
 * Which object was verified.
 *
 * @since 0.1.0
 */
export interface VerifiedObject {
  /** Its key. */
  readonly key: string;
  /** The backend's name. */
  readonly backend: string;
  /** Size in bytes, as it is stored; 0 when it is not there. */
  readonly size: number;
}

/**
 * An object with which something is wrong.
 *
 * @since 0.1.0
 */
export interface WrongObject extends VerifiedObject {
  /** What is wrong, in one line that names the key. */
  readonly problem: string;
}

/**
 * What was found of one object.
 *
 * - `ok`: there, whole, of the hash that was archived, decodable; with `quick`, vouched for by its
 *   store (see `VerifyOptions.quick`).
 * - `missing`: not there, though it is remembered as archived, the rules send its session there, or
 *   it was named and nobody has it.
 * - `damaged`: there and not what was archived: cut off, changed, older than what the backend has
 *   acknowledged, or another session's where this ledger's owner has archived one.
 * - `foreign`: what lies there is no archive of the session in its key, and nobody knows of one that
 *   was: another session's archive, or a file that is no archive at all. It is left alone.
 * - `undecodable`: of a later format version, which a newer release may find in order.
 * - `differs`: whole, and other than the same archive in another backend, which is newer, or of which
 *   it cannot be told.
 * - `failed`: could not be found out.
 *
 * What is `missing` or `damaged` counts as lost from then on, so that the next archiving of its
 * session looks at the store, and writes what it lacks.
 *
 * @since 0.1.0
 */
export type VerifyOutcome =
  | VerifiedObject & { readonly status: "ok"; readonly problem?: undefined }
  | WrongObject & {
    readonly status: "missing" | "damaged" | "foreign" | "undecodable" | "failed";
  }
  | WrongObject & {
    readonly status: "differs";
    /** The name of the backend that it was compared with: that which has the newest state. */
    readonly newest: string;
    /** Whether it is of an earlier time than that one; else it cannot be told which is newer. */
    readonly isOlder: boolean;
  };

/**
 * The ways an object can be found.
 *
 * @since 0.1.0
 */
export type VerifyStatus = VerifyOutcome["status"];

/** What was found of an object that is not good, or could not be seen to be. */
export type WrongOutcome = Exclude<VerifyOutcome, { readonly status: "ok" }>;

/** The ways an object can be found, the good one first. */
export const VERIFY_STATUSES: readonly VerifyStatus[] = [
  ...["ok", "missing", "damaged", "foreign"] as const,
  ...["undecodable", "differs", "failed"] as const,
];

/** Copies, by what was found of them. */
export type VerifyCounts = Record<VerifyStatus, number>;

/** The counts of nothing. */
export function noneFound(): VerifyCounts {
  return { ok: 0, missing: 0, damaged: 0, foreign: 0, undecodable: 0, differs: 0, failed: 0 };
}
