/**
 * What the status file says of backends and sessions, made of what the relay knows, and the other way
 * round at its start.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import {
  type BackendStatus,
  MOST_PARKED_TOLD,
  type ParkedSession,
  type ParkedSessions,
  type Status,
  type StuckSessions,
} from "../state/status.ts";
import { freshHealth, type Health } from "./health.ts";
import type { PendingSession } from "./pending_session.ts";
import { Refusals } from "./refusals.ts";

/** What is known of the backends and of what waits for them. */
export interface BackendsKnown {
  /** How each has been doing, by name. */
  readonly health: ReadonlyMap<string, Health>;
  /** Those that are configured; nothing while that cannot be told. */
  readonly names: readonly string[] | undefined;
  /** The sessions that wait. */
  readonly waiting: readonly PendingSession[];
  /** What the status said when this process began. */
  readonly before: Status | undefined;
}

/**
 * What the status is to say of the backends.
 *
 * @param known What is known of them; without a configuration, of all that ever were.
 */
export function backendsStatus(known: BackendsKnown): Readonly<Record<string, BackendStatus>> {
  const { health, names } = known;
  const told = [...health].filter(([name]) => names?.includes(name) ?? true);
  return Object.fromEntries(told.map(([name, one]) => {
    const { identity, lastSuccess, lastFailure, failing } = one;
    return [name, {
      identity,
      ...(lastSuccess && { lastSuccess }),
      ...(lastFailure && { lastFailure }),
      failing,
      ...nextTryOf(one),
      ...(names && lagOf(name, one, known)),
    }];
  }));
}

function nextTryOf({ nextTry, askedFor }: Health): Pick<BackendStatus, "nextTryAt" | "pause"> {
  const at = [nextTry, askedFor].flatMap((moment) => moment ?? []).sort((a, b) => b.at - a.at)[0];
  return {
    ...(at && { nextTryAt: at.told }),
    ...(nextTry?.why === "closed" && { pause: { until: nextTry.told, files: nextTry.files } }),
  };
}

/** How far it is behind. */
function lagOf(
  name: string,
  { identity, lastSuccess }: Health,
  { waiting, before }: BackendsKnown,
): Pick<BackendStatus, "waiting" | "waitingSince"> {
  const lacking = waiting.filter((pending) => pending.isTriedBy(name));
  if (lacking.length === 0) return { waiting: 0 };
  let oldest = Math.min(...lacking.map((pending) => pending.lacksSince(name)));
  const { [name]: earlier } = before?.backends ?? {};
  // Whatever waited for the relay before this one waits still: an agent replaces its own intents.
  const isSame = earlier?.identity === identity && earlier.lastSuccess?.at === lastSuccess?.at;
  if (isSame && earlier.waitingSince) oldest = Math.min(oldest, Date.parse(earlier.waitingSince));
  return { waiting: lacking.length, waitingSince: new Date(oldest).toISOString() };
}

/**
 * What the status is to say of sessions that some backend is not tried with again.
 *
 * @param sessions All that wait.
 * @param names The backends that are configured.
 * @param before What the status said when this process began, which tried each of them once more.
 */
export function parkedSessions(
  sessions: readonly PendingSession[],
  names: readonly string[],
  before: Status | undefined,
): ParkedSessions | undefined {
  const parked = sessions.map((pending) =>
    names.flatMap((backend) => parkedIn(pending, backend, before) ?? [])
  ).filter(({ length }) => length > 0);
  if (parked.length === 0) return undefined;
  const list = parked.flat().sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
  return { sessions: parked.length, list: list.slice(0, MOST_PARKED_TOLD) };
}

function parkedIn(
  pending: PendingSession,
  backend: string,
  before: Status | undefined,
): ParkedSession | undefined {
  const trouble = pending.parkedIn(backend);
  if (trouble === undefined) return undefined;
  const { at, session, code, message } = trouble;
  const { agent } = pending.session;
  const isNew = pending.copy(backend).covered > 0;
  const earlier = isNew
    ? undefined
    : before?.parked?.list.find((one) =>
      one.agent === agent && one.session === session && one.backend === backend
    );
  return { agent, session, backend, since: earlier?.since ?? at, code, message };
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
    Object.entries(backends).map(([name, { identity, lastSuccess, lastFailure, failing }]) => {
      const refusals = new Refusals(refusedBy(name, status));
      const known = { lastSuccess, lastFailure, failing, refusals };
      return [name, { ...freshHealth(identity), ...known }];
    }),
  );
}

/** The parked sessions that a backend refused though it took others. */
function refusedBy(name: string, status: Status | undefined): Pick<SessionId, "agent" | "id">[] {
  return (status?.parked?.list ?? [])
    .filter(({ backend, code }) => backend === name && code === "Unauthorized")
    .map(({ agent, session }) => ({ agent, id: session }));
}
