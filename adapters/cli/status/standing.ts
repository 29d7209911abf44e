/**
 * How archiving stands: what is archived, what waits and why, who is at it. Told from the files that
 * the plugin, the background relay and runs leave on this machine, and from a look at the sessions that
 * agents delete by themselves. No store is asked, no lock is taken, and nothing is changed.
 *
 * @module
 */
import { ArchiveError, asArchiveError } from "../../../core/errors.ts";
import { oneLine } from "../../../core/one_line.ts";
import type { Config } from "../../config/config.ts";
import { isThere } from "../../state/is_there.ts";
import { relayLogPath, statusPath } from "../../state/layout.ts";
import { livingRelay, type LockHolder } from "../../state/lock_holder.ts";
import { configStamp, MISSING } from "../../state/stamps.ts";
import {
  type ParkedSession,
  type ParkedSessions,
  readStatus,
  type Status,
} from "../../state/status.ts";
import type { Call } from "../call.ts";
import type { ConfigurationError } from "../exit.ts";
import { type ArchivedCopies, archivedCopies } from "./archived_copies.ts";
import { type BackendStanding, backendStandings } from "./backend_standing.ts";
import { type Deadline, deadlinesOf } from "./deadlines.ts";
import { sessionsOf, type WaitingIntents, waitingIntents } from "./waiting_intents.ts";

/** How it stands. Times are ISO 8601 in UTC. */
export interface Standing {
  /** The configuration. */
  readonly config: {
    /** Its file; absolute. */
    readonly path: string;
    /** Whether it is there. */
    readonly exists: boolean;
    /** Why it cannot be used, in one line: here, or by the background relay while sessions wait. */
    readonly problem?: string;
  };
  /** Whether sessions are archived by themselves; null where the configuration cannot be used. */
  readonly auto: boolean | null;
  /** What the backends have acknowledged; null where that cannot be told. */
  readonly archived: { readonly sessions: number; readonly copies: number } | null;
  /** How many sessions wait, parked ones among them; null where that cannot be told. */
  readonly waiting: number | null;
  /** Since when the oldest of them does. */
  readonly waitingSince?: string;
  /** Those of them that fail whatever the backends do, and are tried again. */
  readonly stuck?: Status["stuck"];
  /** Those of them that are not tried again before something changes. */
  readonly parked: ParkedSessions;
  /** What was sent without a known end, or is just being sent, the oldest first. */
  readonly openWrites: readonly SentWrite[];
  /** How many sessions are from before the installation, which only `run` archives. */
  readonly history: number;
  /** The sessions that their agents will soon delete by themselves; null where that cannot be told. */
  readonly deadlines: readonly Deadline[] | null;
  /** The process that archives in the background now. */
  readonly relay: Pick<LockHolder, "pid" | "hostname" | "since"> | null;
  /** Its log. */
  readonly log: string;
  /** The backends by name. */
  readonly backends: Readonly<Record<string, BackendStanding>>;
  /** What could not be found out. */
  readonly untold: readonly Untold[];
}

/** A write whose end is not known. */
export interface SentWrite {
  /** The name of the backend. */
  readonly backend: string;
  /** Where to. */
  readonly key: string;
  /** When it was sent. */
  readonly sentAt: string;
}

/** Something that could not be found out. */
export interface Untold {
  /** What. */
  readonly check: "archived" | "waiting" | "parked" | "background" | "deadlines";
  /** Why, in one line. */
  readonly message: string;
}

/** What a standing is about. */
export interface StandingPlace {
  /** The configuration, or what is wrong with it. */
  readonly config: Config | ConfigurationError;
  /** The configuration's file; absolute. */
  readonly path: string;
  /** The folder of the state; absolute. Nothing need be there. */
  readonly state: string;
}

/**
 * Finds out how archiving stands.
 *
 * @param call Who asks, and for which backend.
 * @param place What it is about.
 */
export async function standingOf(call: Call, place: StandingPlace): Promise<Standing> {
  const { config, path, state } = place;
  const untold: Untold[] = [];
  const look = async <T>(check: Untold["check"], looking: Promise<T>): Promise<T | undefined> => {
    try {
      return await looking;
    } catch (error) {
      untold.push({ check, message: asArchiveError(error).message });
      return undefined;
    }
  };
  const [status, stamp, copies, intents, relay] = await Promise.all([
    look("parked", wordOf(state)),
    configStamp(path),
    look("archived", archivedCopies(state)),
    look("waiting", waitingIntents(state)),
    look("background", livingRelay(state)),
  ]);
  const seen: Seen = { status, stamp, copies, intents, relay };
  const backends = await backendStandings(call, isUsable(config) ? config : undefined, {
    told: status?.backends ?? {},
    copies,
    waits: waits(seen),
  });
  const problem = problemOf(config, seen);
  const identities = Object.values(backends).map(({ identity }) => identity);
  const deadlines = isUsable(config) && copies
    ? await look("deadlines", deadlinesOf(call, config, copies, identities))
    : undefined;
  return {
    config: { path, exists: stamp !== MISSING, ...(problem !== undefined && { problem }) },
    auto: isUsable(config) ? config.archive.auto : null,
    archived: archivedIn(backends, copies),
    ...waitingIn(backends, seen),
    ...(waits(seen) && status?.stuck && { stuck: status.stuck }),
    parked: await parkedIn(call, state, backends, seen),
    openWrites: writesInto(backends, copies),
    history: status?.history?.sessions ?? 0,
    deadlines: deadlines ?? null,
    relay: relay ? { pid: relay.pid, hostname: relay.hostname, since: relay.since } : null,
    log: relayLogPath(state),
    backends,
    untold,
  };
}

/** What the relay said last; nothing where it never did. */
async function wordOf(state: string): Promise<Status | undefined> {
  const path = statusPath(state);
  const isWritten = await isThere(path);
  const status = await readStatus(state);
  if (status !== undefined || !isWritten) return status;
  throw new ArchiveError(
    "NotSupported",
    `${path} is damaged, or of a later version of this program; update this one, or remove that ` +
      "file while nothing runs",
  );
}

/** What was found in the state's folder; undefined where it is not there, or cannot be read. */
interface Seen {
  readonly status: Status | undefined;
  /** Of the configuration's file as it is now. */
  readonly stamp: string;
  readonly copies: ArchivedCopies | undefined;
  readonly intents: WaitingIntents | undefined;
  readonly relay: LockHolder | undefined;
}

function isUsable(config: StandingPlace["config"]): config is Config {
  return !(config instanceof Error);
}

/**
 * Whether what the relay said last of what waits can still be so. A run that has archived it since
 * leaves an empty outbox, and does not change what the relay said.
 */
function waits({ intents, relay }: Seen): boolean {
  return relay !== undefined || intents === undefined || intents.sessions > 0;
}

/** What is wrong with the configuration, for this process or for the relay while sessions wait. */
function problemOf(config: StandingPlace["config"], seen: Seen): string | undefined {
  if (!isUsable(config)) return oneLine(config.message);
  const said = seen.status?.config;
  // What was wrong with a file that has changed since is no news.
  return said?.stamp === seen.stamp && waits(seen) ? said.problem : undefined;
}

function archivedIn(
  backends: Standing["backends"],
  copies: ArchivedCopies | undefined,
): Standing["archived"] {
  if (copies === undefined) return null;
  const identities = Object.values(backends).map(({ identity }) => identity);
  return {
    sessions: copies.sessions(identities),
    copies: identities.reduce((sum, identity) => sum + copies.copies(identity), 0),
  };
}

function writesInto(
  backends: Standing["backends"],
  copies: ArchivedCopies | undefined,
): Standing["openWrites"] {
  const names = new Map(Object.entries(backends).map(([name, { identity }]) => [identity, name]));
  return (copies?.openWrites ?? []).flatMap(({ backend: identity, key, sentAt }) => {
    const backend = names.get(identity);
    return backend === undefined ? [] : [{ backend, key, sentAt: new Date(sentAt).toISOString() }];
  });
}

/** What the relay knows to wait without an intent, it found itself and has still to do. */
function waitingIn(
  backends: Standing["backends"],
  { status, intents, relay }: Seen,
): Pick<Standing, "waiting" | "waitingSince"> {
  if (intents === undefined) return { waiting: null };
  const isItsWord = relay !== undefined && status !== undefined && status.updatedAt >= relay.since;
  const waiting = Math.max(intents.sessions, isItsWord ? status.waiting : 0);
  const times = Object.values(backends).flatMap(({ waitingSince }) => waitingSince ?? []);
  const since = Math.min(intents.since ?? Infinity, ...times.map((time) => Date.parse(time)));
  if (waiting === 0 || since === Infinity) return { waiting };
  return { waiting, waitingSince: new Date(since).toISOString() };
}

/** Those that the relay parked, less those that a run has archived since. */
async function parkedIn(
  call: Call,
  state: string,
  backends: Standing["backends"],
  seen: Seen,
): Promise<ParkedSessions> {
  const { sessions, list } = seen.status?.parked ?? { sessions: 0, list: [] };
  const isLeft = seen.relay === undefined && list.length > 0
    ? await leftParked(state, backends, seen)
    : () => true;
  const left = list.filter((one) => (call.backend ?? one.backend) === one.backend && isLeft(one));
  if (left.length === list.length) return { sessions, list };
  return { sessions: new Set(left.map(idOf)).size, list: left };
}

/** Tells which of them still wait, or were never archived. */
async function leftParked(
  state: string,
  backends: Standing["backends"],
  { intents, copies }: Seen,
): Promise<(parked: ParkedSession) => boolean> {
  const sessions = await sessionsOf(state, intents?.names ?? []);
  const asked = new Set(sessions.map(({ agent, id }) => idOf({ agent, session: id })));
  return ({ agent, session, backend }) =>
    asked.has(idOf({ agent, session })) ||
    !copies?.has({ agent, id: session }, backends[backend]?.identity ?? "");
}

function idOf({ agent, session }: Pick<ParkedSession, "agent" | "session">): string {
  return `${agent}\n${session}`;
}
