/**
 * One call to a backend while it runs: what its errors name, and what stops it.
 *
 * @module
 */
import { ArchiveError, type ErrorCode } from "../../core/errors.ts";
import { quoteKey } from "../../core/keys/object_key.ts";

/** A call to a backend. */
export interface Call {
  /** The name of the backend. */
  readonly backend: string;
  /** What it is doing, as in "storing". */
  readonly doing: string;
  /** The key it is about; none when listing. */
  readonly key?: string;
  /** Any of these ends the call: the caller's own signal, and the backend's closing. */
  readonly signals: readonly AbortSignal[];
}

/** A call about one key. */
export type KeyCall = Call & { readonly key: string };

/** Whether a call is about one key. */
export function hasKey(call: Call): call is KeyCall {
  return call.key !== undefined;
}

/**
 * An error of this call.
 *
 * @param call Whose.
 * @param code What kind.
 * @param message One line that names the thing and says what to do.
 * @param cause What was underneath.
 * @param retryAfterMs How long the store asks not to be asked again, in milliseconds.
 */
export function callError(
  call: Call,
  code: ErrorCode,
  message: string,
  cause?: unknown,
  retryAfterMs?: number,
): ArchiveError {
  const { backend, key } = call;
  return new ArchiveError(code, message, { backend, key, cause, retryAfterMs });
}

/** What the call does and to what: `storing "a/b.json" in the backend "disk"`. */
export function describe(call: Call): string {
  const what = call.key === undefined ? call.doing : `${call.doing} ${quoteKey(call.key)}`;
  return `${what} in the backend ${JSON.stringify(call.backend)}`;
}

/** The `NotFound` of this call's key. */
export function notFound(call: KeyCall, cause?: unknown): ArchiveError {
  const message = `there is no object ${quoteKey(call.key)} in the backend ${
    JSON.stringify(call.backend)
  }`;
  return callError(call, "NotFound", message, cause);
}

/** Throws `Aborted` when the call was stopped. */
export function failIfStopped(call: Call): void {
  const signal = call.signals.find((signal) => signal.aborted);
  if (signal !== undefined) throw stopped(call, signal);
}

/** The `Aborted` of a call that `signal` stopped. */
export function stopped(call: Call, signal: AbortSignal): ArchiveError {
  return callError(call, "Aborted", `${describe(call)} was stopped before it ended`, signal.reason);
}

/**
 * Does a piece of a call's work, or fails with `Aborted` as soon as the call is stopped, even when
 * that work never ends.
 *
 * @param call The call.
 * @param work The piece.
 */
export async function unlessStopped<T>(call: Call, work: () => Promise<T>): Promise<T> {
  failIfStopped(call);
  let forget = () => {};
  const stop = new Promise<never>((_, reject) => {
    forget = onStop(call, reject);
  });
  try {
    return await Promise.race([work(), stop]);
  } finally {
    forget();
  }
}

/**
 * Calls `then` with the `Aborted` error when the call is stopped.
 *
 * @param call The call.
 * @param then What to do.
 * @returns Takes the wish back.
 */
export function onStop(call: Call, then: (error: ArchiveError) => void): () => void {
  const ends = call.signals.map((signal) => whenAborted(signal, () => then(stopped(call, signal))));
  return () => ends.forEach((end) => end());
}

/**
 * What waits for each signal. Many calls share one, and Node warns of a leak where a signal has more
 * than ten listeners: so each gets a single one.
 */
const WAITING = new WeakMap<AbortSignal, Set<() => void>>();

function whenAborted(signal: AbortSignal, then: () => void): () => void {
  const waiting = WAITING.get(signal) ?? listenedTo(signal);
  const own = () => then();
  waiting.add(own);
  return () => void waiting.delete(own);
}

function listenedTo(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  WAITING.set(signal, waiting);
  signal.addEventListener("abort", () => waiting.forEach((then) => then()), { once: true });
  return waiting;
}
