/**
 * How backends and sessions stand, between what the status file says and what the relay knows.
 *
 * @module
 */
import type { BackendStatus, Status, StuckSessions } from "../state/status.ts";
import type { Health } from "./lane.ts";
import type { PendingSession } from "./pending_session.ts";

/**
 * What the status is to say of the backends.
 *
 * @param health What is known of each, by name.
 * @param names Those that are configured; all that are known while that cannot be told.
 */
export function backendsStatus(
  health: ReadonlyMap<string, Health>,
  names: readonly string[] | undefined,
): Readonly<Record<string, BackendStatus>> {
  const told = [...health].filter(([name]) => names?.includes(name) ?? true);
  return Object.fromEntries(told.map(([name, known]) => {
    const { identity, lastSuccess, lastFailure, failing, nextTry } = known;
    return [name, {
      identity,
      ...(lastSuccess && { lastSuccess }),
      ...(lastFailure && { lastFailure }),
      failing,
      ...(nextTry && { nextTryAt: nextTry.told }),
    }];
  }));
}

/**
 * What the status is to say of sessions that wait though nothing is wrong with their backends.
 *
 * @param sessions All that are known.
 * @param names The backends that are configured.
 */
export function stuckSessions(
  sessions: Iterable<PendingSession>,
  names: readonly string[],
): StuckSessions | undefined {
  const troubles = [...sessions].flatMap((pending) => pending.troubleIn(names) ?? []);
  if (troubles.length === 0) return undefined;
  const last = troubles.reduce((one, other) => other.at > one.at ? other : one);
  return { sessions: troubles.length, last };
}

/**
 * What a status that another process left says of the backends. Each of them gets a new chance.
 *
 * @param status The status; nothing when there was none.
 */
export function healthBefore(status: Status | undefined): ReadonlyMap<string, Health> {
  const { backends = {} } = status ?? {};
  return new Map(
    Object.entries(backends).map(([name, { nextTryAt: _, ...known }]) => [
      name,
      { ...known, deaths: 0 },
    ]),
  );
}
