/**
 * The one error class of this library, and the codes that scripts can switch on.
 *
 * Every failure that a caller could meet is an {@linkcode ArchiveError}: its message names the thing,
 * the value and what to do; `code` says what kind of failure it is; `cause` keeps what was
 * underneath. Secrets never appear in any of them.
 *
 * @module
 */

/**
 * What kind of failure it was.
 *
 * | code | meaning | worth trying again |
 * |---|---|---|
 * | `NotFound` | the object, session, file or bucket is not there | no |
 * | `AlreadyExists` | a create-only write, or a restore, met something | no |
 * | `Precondition` | `ifMatch` named an etag that is no longer current | no |
 * | `Unauthorized` | not allowed: credentials, permissions, a read-only place | no |
 * | `Throttled` | the store asks to slow down | yes |
 * | `Timeout` | nothing answered in time, or a lock was held too long | yes |
 * | `Transient` | a passing fault: network, full disk, busy database | yes |
 * | `Aborted` | the caller's `AbortSignal` fired | no |
 * | `Invalid` | a value that can never work: key, id, option, configuration | no |
 * | `NotSupported` | this store, runtime or version cannot do it | no |
 * | `Corrupt` | what was read is damaged or is not what it claims to be | no |
 *
 * @since 0.1.0
 */
export type ErrorCode =
  | "NotFound"
  | "AlreadyExists"
  | "Precondition"
  | "Unauthorized"
  | "Throttled"
  | "Timeout"
  | "Transient"
  | "Aborted"
  | "Invalid"
  | "NotSupported"
  | "Corrupt";

/**
 * What an {@linkcode ArchiveError} is about, beside its message.
 *
 * @since 0.1.0
 */
export interface ErrorSubject {
  /** The name of the backend that failed. */
  backend?: string;
  /** The key of the object, without the backend's prefix. */
  key?: string;
  /** The id of the session. */
  session?: string;
  /** The error underneath. */
  cause?: unknown;
  /** Overrides whether trying again could help; by default the code decides. */
  retryable?: boolean;
  /** How long the store asks not to be asked again, in milliseconds; as it said, however long. */
  retryAfterMs?: number;
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(["Throttled", "Timeout", "Transient"]);

/**
 * A failure with a stable {@linkcode ErrorCode}.
 *
 * @example
 * ```ts
 * import { ArchiveError } from "@session-archiver/archiver";
 *
 * const error = new ArchiveError("NotFound", "no archive has the key a/b.json", { key: "a/b.json" });
 * console.assert(error.code === "NotFound" && !error.retryable);
 * ```
 *
 * @since 0.1.0
 */
export class ArchiveError extends Error {
  /** Always `"ArchiveError"`. */
  override readonly name = "ArchiveError";
  /** What kind of failure it was. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later with nothing changed by the user. */
  readonly retryable: boolean;
  /**
   * How long the store asks not to be asked again, in milliseconds from when it said so. As it said,
   * however long: whoever goes by it sets a limit.
   */
  readonly retryAfterMs?: number;
  /** The name of the backend that failed, when one did. */
  readonly backend?: string;
  /** The key of the object, when it is about one. */
  readonly key?: string;
  /** The id of the session, when it is about one. */
  readonly session?: string;

  /**
   * Makes an error.
   *
   * @param code What kind of failure it was.
   * @param message One line that names the thing, the value and what to do. No secrets.
   * @param subject What it is about, and its cause.
   */
  constructor(code: ErrorCode, message: string, subject: ErrorSubject = {}) {
    super(message, subject.cause === undefined ? undefined : { cause: subject.cause });
    this.code = code;
    this.retryable = subject.retryable ?? RETRYABLE.has(code);
    this.retryAfterMs = subject.retryAfterMs;
    this.backend = subject.backend;
    this.key = subject.key;
    this.session = subject.session;
  }
}

/**
 * Tells whether `error` is an {@linkcode ArchiveError}, of the given code when one is given.
 *
 * @param error Anything that was thrown.
 * @param code The code it must have; any when left out.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { ArchiveError, isArchiveError } from "@session-archiver/archiver";
 *
 * const error: unknown = new ArchiveError("Timeout", "the store did not answer within 5 s");
 * console.assert(isArchiveError(error, "Timeout"));
 * ```
 *
 * @since 0.1.0
 */
export function isArchiveError(error: unknown, code?: ErrorCode): error is ArchiveError {
  return error instanceof ArchiveError && (code === undefined || error.code === code);
}

/**
 * Throws an `Aborted` error when the signal has fired.
 *
 * @param signal The caller's signal, if any.
 * @param what What was going on, for the message: "archiving ses_1".
 */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) {
    throw new ArchiveError("Aborted", `${what} was stopped before it ended`, {
      cause: signal.reason,
    });
  }
}

/**
 * Makes an {@linkcode ArchiveError} of whatever was thrown, with that as its `cause`. What nobody
 * foresaw counts as `Transient` and may be tried again; a fault of the program may not.
 *
 * @param error Anything that was thrown.
 * @param subject What it befell.
 */
export function asArchiveError(error: unknown, subject: ErrorSubject = {}): ArchiveError {
  if (error instanceof ArchiveError) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const code = error instanceof Error && error.name === "AbortError" ? "Aborted" : "Transient";
  const retryable = code === "Transient" && !FAULTS.some((fault) => error instanceof fault);
  return new ArchiveError(code, message, { ...subject, cause: error, retryable });
}

/** What a store fails of whichever session is brought to it. */
const OF_BACKENDS: ReadonlySet<ErrorCode> = new Set([
  "NotFound",
  "Unauthorized",
  "Throttled",
  "Timeout",
  "Transient",
]);

/**
 * Whether a failure is a backend's own for certain: any other session would have met it too. What it
 * finds fault with in what it is given (`Invalid`, say) may be the session's or the backend's, and
 * an error that names a session is about that.
 *
 * @param error What a session met.
 * @param backend The backend's name.
 */
export function concernsBackend(error: ArchiveError, backend: string): boolean {
  if (error.backend !== backend || error.session !== undefined) return false;
  const isFault = error.code === "Transient" && !error.retryable;
  return OF_BACKENDS.has(error.code) && !isFault;
}

const FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError];
