/**
 * Whether a relay could do anything for what waits, going by what the last one said. One that could
 * not would only be a process after another: it ends, since it has nothing to stay for, and what
 * waits is still there.
 *
 * @module
 */
import { haveChanged } from "../state/stamps.ts";
import type { BackendStatus, Status } from "../state/status.ts";

/** What there is to go by. */
export interface Prospects {
  /** What the relay said last, if one has. */
  readonly status: Status | undefined;
  /** The stamp of the configuration as it is now. */
  readonly stamp: string;
  /** Since when this process archives, epoch milliseconds: a relay of before had another environment. */
  readonly since: number;
  /** When the last intent of this process was asked for, epoch milliseconds. */
  readonly askedAt: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The stamp of a file that credentials come from, as it is now. */
  accessStamp(path: string): Promise<string>;
}

/** What was said longer ago counts for nothing, in milliseconds. */
const LONGEST_MS = 60 * 60_000;

/**
 * Whether another relay could do nothing: all that waits, waits for somebody to mend something, and
 * nobody has.
 *
 * @param prospects What there is to go by.
 */
export async function isFutile(prospects: Prospects): Promise<boolean> {
  const { status, stamp, since, askedAt, now } = prospects;
  if (status === undefined || status.config.stamp !== stamp) return false;
  const saidAt = Date.parse(status.updatedAt);
  if (saidAt < since || Math.abs(now - saidAt) >= LONGEST_MS) return false;
  const all = Object.values(status.backends);
  // Where a session goes that it has not seen is for its rules to say, which are not known here.
  const wanted = saidAt >= askedAt ? all.filter(({ waiting }) => waiting !== 0) : all;
  if (wanted.length === 0) return saidAt >= askedAt && status.parked !== undefined;
  const paused = await Promise.all(wanted.map((backend) => isPaused(backend, prospects)));
  return !paused.includes(false);
}

async function isPaused(
  { pause }: BackendStatus,
  { now, accessStamp }: Prospects,
): Promise<boolean> {
  if (pause === undefined || Date.parse(pause.until) <= now) return false;
  return !await haveChanged(pause.files, accessStamp);
}
