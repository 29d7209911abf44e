/**
 * The end of an OpenCode process in its own time: waits for what is on its way, as long as it gets
 * anywhere, so that a container may die with the process. What is left goes on in the relay.
 *
 * @module
 */
import type { BackendStatus, Status } from "../state/status.ts";
import type { Clock } from "./clock.ts";
import type { OpenIntents } from "./intents.ts";

/** How long to wait without progress when the relay has not said yet, in milliseconds. */
const USUAL_WAIT_MS = 4_000;
/** How often to look, in milliseconds. */
const LOOK_MS = 50;

/** What the wait goes by. */
export interface Ending {
  /** What is waited for. */
  readonly intents: OpenIntents;
  /** When the last of them was first asked for, epoch milliseconds. */
  readonly askedAt: number;
  /** The relay's status, when there is any. */
  status(): Promise<Status | undefined>;
  /** The stamp of the configuration. */
  stamp(): Promise<string>;
  readonly clock: Clock;
}

/**
 * Waits until nothing is open any more, nothing gets on, or nothing can.
 *
 * @param ending What to go by.
 */
export async function untilArchived(ending: Ending): Promise<void> {
  const { intents, askedAt, status, stamp, clock } = ending;
  let fewest = Infinity;
  let successes = "";
  let movedAt = clock.now();
  for (;;) {
    await intents.refresh();
    if (intents.size === 0) return;
    const said = await status();
    const now = clock.now();
    if (said && isHopeless(said, { stamp: await stamp(), askedAt, now })) return intents.forget();
    const succeeded = successesOf(said, intents.ids);
    if (intents.size < fewest || succeeded !== successes) movedAt = now;
    fewest = Math.min(fewest, intents.size);
    successes = succeeded;
    if (now - movedAt >= patience(said)) return intents.forget();
    await clock.sleep(LOOK_MS);
  }
}

/** Whether no backend can take anything now. */
function isHopeless(
  { config, backends }: Status,
  { stamp, askedAt, now }: { stamp: string; askedAt: number; now: number },
): boolean {
  if (config.problem !== undefined && config.stamp === stamp) return true;
  const all = Object.values(backends);
  return all.length > 0 && all.every((backend) => isAway(backend, askedAt, now));
}

/**
 * Whether a backend is left alone for now, or has failed since it was asked. What it failed of before
 * says nothing: a relay that has ended may have left it.
 */
function isAway(
  { failing, lastFailure, nextTryAt = "" }: BackendStatus,
  askedAt: number,
  now: number,
): boolean {
  return failing && (Date.parse(nextTryAt) > now || Date.parse(lastFailure?.at ?? "") >= askedAt);
}

/** Where one of several backends fails, what is left may be waiting for that one alone. */
function patience(status: Status | undefined): number {
  const wait = status?.config.waitOnExitMs ?? USUAL_WAIT_MS;
  const fails = Object.values(status?.backends ?? {}).some(({ failing }) => failing);
  return fails ? wait / 2 : wait;
}

/** Differs whenever a backend has taken one of these sessions: others' are no progress of ours. */
function successesOf(status: Status | undefined, ids: ReadonlySet<string>): string {
  return Object.values(status?.backends ?? {}).map(({ lastSuccess }) =>
    lastSuccess && ids.has(lastSuccess.session) ? `${lastSuccess.at} ${lastSuccess.key}` : ""
  ).join("\n");
}
