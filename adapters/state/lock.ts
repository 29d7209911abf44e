/**
 * The lock that lets one process at a time write this state.
 *
 * It is never taken from a living process of this machine, however long that one sleeps, and from
 * another machine's only when nobody touched it for ten minutes. `lock_file.ts` has the file and
 * the rule by which one is taken away; `lock_holder.ts` tells who has it.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as delay } from "node:timers/promises";
import { ArchiveError, throwIfAborted } from "../../core/errors.ts";
import { errorCode, fileError } from "./file_error.ts";
import {
  type Candidate,
  putInPlace,
  removeLock,
  sweepBeside,
  touchLock,
  unlinkIfThere,
  writeCandidate,
} from "./lock_file.ts";
import {
  isDead,
  type LockHolder,
  type LockSight,
  lookAtLock,
  SILENT_LIMIT_MS,
} from "./lock_sight.ts";
import { thisProcess } from "./process_identity.ts";

/** How often a holder touches its lock. */
const TOUCH_MS = 60_000;
/** How long to wait for a file that is just being made or just being removed. */
const PATIENCE_MS = 1_000;
const PAUSE_MS = 20;

/** A lock that is held. */
export interface Lock {
  /** What stands in its file. */
  readonly holder: LockHolder;
  /**
   * Whether it is still held. It can only be lost by sleeping for ten minutes while another machine
   * uses the same folder, or by somebody's hand.
   */
  held(): Promise<boolean>;
  /** Gives it back. Safe to call twice; a lock of anybody else is left alone. */
  release(): Promise<void>;
}

/** Options of {@linkcode tryLock}. */
export interface LockOptions {
  /** What it is held for, as in "another run is archiving". */
  readonly purpose: string;
  /** What takes it; a command when left out. */
  readonly kind?: LockHolder["kind"];
  /** Stops the attempt. */
  readonly signal?: AbortSignal;
}

/** Why a lock could not be had. */
export interface Refusal {
  /** `AlreadyExists`, retryable; names the holder. */
  readonly refusal: ArchiveError;
  /** Who holds it; undefined while that cannot be told. */
  readonly holder: LockHolder | undefined;
}

/**
 * Takes the lock unless somebody holds it, and then tells who.
 *
 * @param path Where the lock's file belongs; its folder must exist.
 * @param options What it is held for, and by what.
 * @returns The lock, which ends with the process at the latest and keeps no process alive; or why it
 * cannot be had.
 *
 * @example
 * ```ts ignore
 * const outcome = await tryLock(lockPath(state), { purpose: "archiving" });
 * if ("refusal" in outcome) throw outcome.refusal;
 * try {
 *   // write the ledger
 * } finally {
 *   await outcome.release();
 * }
 * ```
 */
export async function tryLock(path: string, options: LockOptions): Promise<Lock | Refusal> {
  throwIfAborted(options.signal, "waiting for the lock");
  try {
    const candidate = await writeCandidate(path, options.purpose, options.kind);
    try {
      const refusal = await contend(path, candidate, options.signal);
      if (refusal !== undefined) return refusal;
      await sweepBeside(path, candidate.folderNow);
    } finally {
      await unlinkIfThere(candidate.path);
    }
    return hold(path, candidate.holder);
  } catch (error) {
    throw fileError(error, "cannot take the lock", path);
  }
}

/** Ends when the candidate is the lock, or with the reason why it cannot be. */
async function contend(
  path: string,
  candidate: Candidate,
  signal: AbortSignal | undefined,
): Promise<Refusal | undefined> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!await putInPlace(candidate, path)) {
    const sight = await lookAtLock(path, candidate.folderNow);
    const impatient = performance.now() > giveUpAt;
    if (sight !== undefined && await isDead(sight)) {
      if (await removeLock(path, sight.token, candidate)) continue;
    } else if (sight !== undefined && (sight.holder !== undefined || impatient)) {
      return { refusal: await taken(path, sight), holder: sight.holder };
    }
    // It is being made, or removed by another process: that takes moments.
    if (impatient) return { refusal: busy(path), holder: undefined };
    await delay(PAUSE_MS);
    throwIfAborted(signal, "waiting for the lock");
  }
  return undefined;
}

/** A lock as it is seen from outside. */
export interface LockAge {
  /** Who has it; absent when that cannot be told. */
  readonly holder?: LockHolder;
  /**
   * For how long it was not touched, in milliseconds by this machine's clock. Its holder touches it
   * each minute.
   */
  readonly silentMs: number;
}

/**
 * Looks at a lock without wanting it.
 *
 * @param path Its path.
 * @returns Undefined when there is none.
 */
export async function lockAge(path: string): Promise<LockAge | undefined> {
  const sight = await lookAtLock(path, Date.now());
  return sight && { holder: sight.holder, silentMs: sight.silentMs };
}

function hold(path: string, holder: LockHolder): Lock {
  const timer = setInterval(() => {
    touchLock(path, holder.token).then(
      (held) => held || clearInterval(timer),
      // A disk that fails now may work in a minute; `held()` tells when that was too late.
      () => undefined,
    );
  }, TOUCH_MS);
  timer.unref();
  let released: Promise<void> | undefined;
  return {
    holder,
    held: async () => released === undefined && (await lookAtLock(path, 0))?.token === holder.token,
    release: () => {
      clearInterval(timer);
      return released ??= release(path, holder);
    },
  };
}

async function release(path: string, { token, purpose }: LockHolder): Promise<void> {
  try {
    if ((await lookAtLock(path, 0))?.token !== token) return;
    const candidate = await writeCandidate(path, purpose).catch(() => undefined);
    // A full disk takes no candidate, and must not keep the lock either.
    if (candidate === undefined) return await unlinkIfThere(path);
    try {
      await removeLock(path, token, candidate);
    } finally {
      await unlinkIfThere(candidate.path);
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw fileError(error, "cannot give back the lock", path);
  }
}

async function taken(path: string, { holder, silentMs }: LockSight): Promise<ArchiveError> {
  const minutes = Math.max(0, Math.floor(silentMs / 60_000));
  const limit = SILENT_LIMIT_MS / 60_000;
  if (holder === undefined) {
    return held(
      `the lock ${path} cannot be read and was touched ${minutes} min ago; ` +
        `wait until that is ${limit} min, or remove it if nothing is running`,
    );
  }
  const { pid, hostname, since, purpose, host } = holder;
  if (host === (await thisProcess()).host) {
    return held(
      `another run (pid ${pid}, since ${clock(since)}) is ${purpose}; wait for it or stop it`,
    );
  }
  return held(
    `another run (pid ${pid} on ${hostname}, since ${clock(since)}, touched ${minutes} min ago) ` +
      `is ${purpose}; wait for it or stop it; ${limit} min after its last touch it counts as gone`,
  );
}

function busy(path: string): ArchiveError {
  return held(`other runs are starting at the same time and hold ${path}; try again`);
}

function held(message: string): ArchiveError {
  return new ArchiveError("AlreadyExists", message, { retryable: true });
}

/** The local time of day, with the date unless that is today's. */
function clock(since: string): string {
  const date = new Date(since);
  if (Number.isNaN(date.getTime())) return "an unknown time";
  const two = (n: number) => `${n}`.padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
