/**
 * How the lock goes from a relay in the background to a command that somebody waits for, and back.
 *
 * The command leaves a request in the folder `handover`: a file that says who asks, as a lock's file
 * says who holds. Then it wakes the relay, which ends what it is at, gives the lock back, and takes it
 * again only when nobody living asks and no command holds it. A relay that was killed hands nothing
 * over and needs not: its lock is free.
 *
 * @module
 */
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ArchiveError, throwIfAborted } from "../../core/errors.ts";
import { errorCode, fileError } from "./file_error.ts";
import { makePrivateFolder } from "./folder.ts";
import { handoverFolder, linePath, lockPath } from "./layout.ts";
import { type Lock, tryLock } from "./lock.ts";
import { sweepBeside, touchLock, unlinkIfThere, writeCandidate } from "./lock_file.ts";
import { isDead, type LockHolder, lookAtLock } from "./lock_sight.ts";
import { nudge } from "./nudge.ts";

/** How often a command looks whether a lock has changed hands, since somebody waits for it. */
const LOOK_MS = 100;
/** The same for a relay, which a command may keep waiting for an hour. */
const RELAY_LOOK_MS = 1_000;
/** How often to try for the lock though it looks the same: its holder may have been killed. */
const TRY_MS = 1_000;
/**
 * A relay that has not given the lock back by then hangs: it cuts short what is under way before. On
 * another machine, it may be a minute before it looks.
 */
const PATIENCE_MS = 120_000;

/** Options of {@linkcode takeOver}. */
export interface TakeOverOptions {
  /** What the lock is held for, as in "another run is archiving". */
  readonly purpose: string;
  /** Stops the waiting. */
  readonly signal?: AbortSignal;
  /** Called once when there is a relay to wait for. */
  readonly onWait?: (relay: LockHolder) => void | Promise<void>;
  /** How long to wait for a relay at most, in milliseconds; two minutes by default. */
  readonly patienceMs?: number;
}

/**
 * Takes the lock for a command. A relay is asked for it, and waited for as long as it lives.
 *
 * @param state The state's folder.
 * @param options Purpose, signal, and what to call before waiting.
 * @returns The lock.
 * @throws ArchiveError `AlreadyExists`, retryable, naming the holder, while another command has it;
 * `Timeout` when a relay does not give it back.
 *
 * @example
 * ```ts ignore
 * const lock = await takeOver(state, {
 *   purpose: "archiving",
 *   onWait: ({ pid }) => console.error(`waiting for the relay, process ${pid}`),
 * });
 * ```
 */
export async function takeOver(state: string, options: TakeOverOptions): Promise<Lock> {
  const { purpose, signal, onWait, patienceMs = PATIENCE_MS } = options;
  const path = lockPath(state);
  let request: Request | undefined;
  const until = performance.now() + patienceMs;
  try {
    for (let tries = 0;; tries++) {
      const outcome = await tryLock(path, { purpose, kind: "command", signal });
      if (!("refusal" in outcome)) return outcome;
      const { holder, refusal } = outcome;
      if (holder?.kind !== "relay") throw refusal;
      if (performance.now() > until) throw doesNotGiveBack(holder, path);
      request = await standingRequest(state, purpose, request);
      if (tries === 0) {
        await nudge(holder);
        await onWait?.(holder);
      }
      await change(path, holder.token, LOOK_MS, signal);
    }
  } finally {
    // One that cannot be removed ends with this process, and must not cost the lock.
    if (request !== undefined) await unlinkIfThere(request.path).catch(() => undefined);
  }
}

function doesNotGiveBack({ pid, hostname }: LockHolder, path: string): ArchiveError {
  const message = `the background relay (process ${pid} on ${hostname}) does not give back ` +
    `${path}; end that process, and try again`;
  return new ArchiveError("Timeout", message, { retryable: true });
}

/**
 * Takes the lock for a relay: at its start, and to get back what it handed over. Waits until nobody
 * living asks for it and no command holds it.
 *
 * @param state The state's folder.
 * @param options Purpose and signal.
 * @returns The lock; undefined when another relay has it, so that this one is not needed.
 */
export async function takeAsRelay(
  state: string,
  { purpose, signal }: { readonly purpose: string; readonly signal?: AbortSignal },
): Promise<Lock | undefined> {
  const path = lockPath(state);
  let place: Lock | undefined;
  try {
    for (;;) {
      throwIfAborted(signal, "waiting for the lock");
      const outcome = await isAsked(state)
        ? undefined
        : await tryLock(path, { purpose, kind: "relay", signal });
      if (outcome !== undefined && !("refusal" in outcome)) return outcome;
      if (outcome?.holder?.kind === "relay") return undefined;
      place ??= await placeInLine(state, purpose, signal);
      if (place === undefined) return undefined;
      if (outcome === undefined) await pause(RELAY_LOOK_MS, signal);
      else await change(path, outcome.holder?.token, RELAY_LOOK_MS, signal);
    }
  } finally {
    await place?.release();
  }
}

/** One relay may wait for a command to end; any further one is not needed. */
async function placeInLine(
  state: string,
  purpose: string,
  signal: AbortSignal | undefined,
): Promise<Lock | undefined> {
  const outcome = await tryLock(linePath(state), { purpose, kind: "relay", signal });
  return "refusal" in outcome ? undefined : outcome;
}

/**
 * Whether a living process asks for the lock. Requests of those that are gone are removed.
 *
 * @param state The state's folder.
 */
export async function isAsked(state: string): Promise<boolean> {
  const folder = handoverFolder(state);
  try {
    const files = (await requestNames(folder)).map((name) => join(folder, name));
    if (files.length === 0) return false;
    const now = await folderNow(folder);
    const living = await Promise.all(files.map((file) => lives(file, now)));
    return living.includes(true);
  } catch (error) {
    // The folder was removed meanwhile, with whatever was asked.
    if (errorCode(error) === "ENOENT") return false;
    throw fileError(error, "cannot look for requests in", folder);
  }
}

/** A request that stands. */
interface Request {
  readonly path: string;
  readonly token: string;
}

/** The beginning of all names in the folder; what is behind it is a token. */
const BASE = "request";

/** The same request, touched for those who cannot look at this process, or a new one. */
async function standingRequest(
  state: string,
  purpose: string,
  before: Request | undefined,
): Promise<Request> {
  const folder = handoverFolder(state);
  try {
    if (before !== undefined && await touchLock(before.path, before.token)) return before;
    await makePrivateFolder(folder);
    const { path: written, holder: { token } } = await writeCandidate(join(folder, BASE), purpose);
    const path = join(folder, `${BASE}.${token}`);
    await rename(written, path);
    return { path, token };
  } catch (error) {
    throw fileError(error, "cannot ask the background relay for the lock in", folder);
  }
}

async function requestNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^request\.[\w-]+$/.test(name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The folder's own time, in milliseconds; this machine's where the disk is full. */
async function folderNow(folder: string): Promise<number> {
  const base = join(folder, BASE);
  const candidate = await writeCandidate(base, "looking").catch(() => undefined);
  if (candidate === undefined) return Date.now();
  try {
    await sweepBeside(base, candidate.folderNow);
  } finally {
    await unlinkIfThere(candidate.path);
  }
  return candidate.folderNow;
}

async function lives(file: string, now: number): Promise<boolean> {
  const sight = await lookAtLock(file, now);
  if (sight === undefined) return false;
  if (!await isDead(sight)) return true;
  await unlinkIfThere(file);
  return false;
}

/** Ends when the lock is not that of the given token any more, and after a second at the latest. */
async function change(
  path: string,
  token: string | undefined,
  lookMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const until = performance.now() + TRY_MS;
  do {
    await pause(lookMs, signal);
    if ((await lookAtLock(path, 0))?.token !== token) return;
  } while (performance.now() < until);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  throwIfAborted(signal, "waiting for the lock");
}
