/**
 * Finding the sessions that no intent told of: those that changed while nothing was watching. What
 * is older than the installation is only counted, unless the configuration wants it too.
 *
 * @module
 */
import type { Agent, SessionId, SessionRef } from "../../core/agent.ts";
import { asArchiveError, isArchiveError } from "../../core/errors.ts";
import { sessionKey } from "../../core/keys/session_key.ts";
import { rememberedIn } from "../../core/ledger/remembered.ts";
import { isWithin } from "../state/assigned_directories.ts";
import type { KnownStores, StoreId } from "../state/known_stores.ts";
import { lineOf } from "./line_of.ts";
import type { RelayArchive } from "./relay_archive.ts";
import type { SaidOnce } from "./said_once.ts";
import type { StillChanging } from "./still_changing.ts";

/** What catching up needs beside the archive. */
export interface CatchUpSource {
  readonly stores: KnownStores;
  /** Sessions that are known to wait; their stores count too, wherever they are. */
  readonly mentioned: readonly SessionId[];
  /**
   * Only sessions that some backend has had before: where another process may go by another
   * configuration, what it never brought here is that one's.
   */
  readonly isForKnown: boolean;
  /** Directories whose sessions are for other configurations, which may say that nobody has them. */
  readonly elsewhere: readonly string[];
  /** Epoch milliseconds. */
  readonly date: number;
  /** Sessions whose turn goes on. */
  readonly changing: Pick<StillChanging, "has">;
  /** Says what is wrong with stores. */
  readonly said: SaidOnce;
  readonly signal: AbortSignal;
}

/** A session that no intent told of. */
export interface Missed {
  readonly session: SessionRef;
  /** Since when it waits, epoch milliseconds: what is older than the installation, since it was found. */
  readonly since: number;
}

/** What was found. */
export interface CaughtUp {
  /** What is to be archived. */
  readonly missed: readonly Missed[];
  /** How many sessions are older, wait for nothing, and lack in some backend. */
  readonly older: number;
  /** Whether every store could be looked through, and nothing was left for a later look. */
  readonly isWhole: boolean;
}

/**
 * Looks through all stores. Of one that cannot be read, or not all of it, that is said.
 *
 * @param archive Agents, ledger, rules.
 * @param source What else is needed.
 */
export async function catchUp(archive: RelayArchive, source: CatchUpSource): Promise<CaughtUp> {
  const stores = await storesOf(archive.agents, source);
  const mentioned = new Set(source.mentioned.map(sessionKey));
  const installedAt = await source.stores.since();
  await source.stores.add(stores);
  const from = archive.settings.history ? -Infinity : installedAt;
  const missed: Missed[] = [];
  let older = 0;
  let isWhole = true;
  for (const store of stores) {
    const found = await sessionsIn(store, archive, source);
    isWhole &&= found.isWhole;
    for (const { session, familyChangedAt, isLost } of found.lacking) {
      const changedAt = Date.parse(session.updatedAt);
      const isOld = changedAt < installedAt || changedAt > source.date;
      const since = isOld ? source.date : changedAt;
      if (source.changing.has(session, changedAt, source.date)) isWhole = false;
      else if (familyChangedAt >= from || isLost) missed.push({ session, since });
      else if (!mentioned.has(sessionKey(session))) older++;
    }
  }
  return { missed, older, isWhole };
}

async function storesOf(
  agents: readonly Agent[],
  { stores, mentioned, said }: CatchUpSource,
): Promise<readonly StoreId[]> {
  const found: StoreId[] = [...mentioned, ...await stores.all()];
  for (const agent of agents) {
    try {
      const detected = await agent.detect();
      found.push(...detected.stores.map((store) => ({ agent: agent.name, store })));
      said.of(agent.name, undefined);
    } catch (error) {
      const problem = lineOf(asArchiveError(error).message);
      said.of(agent.name, `cannot look for sessions of ${agent.name}: ${problem}`);
    }
  }
  const known = agents.map(({ name }) => name);
  const byName = new Map(
    found.filter(({ agent }) => known.includes(agent))
      .map(({ agent, store }) => [`${agent}\n${store}`, { agent, store }]),
  );
  return [...byName.values()];
}

/** A session that some backend of its rule lacks. */
interface Lacking {
  readonly session: SessionRef;
  /** When it changed last, or the session that started it, epoch milliseconds. */
  readonly familyChangedAt: number;
  /** One had it; what was archived once is made again, however old it is. */
  readonly isLost: boolean;
}

/** What was found in a store. */
interface LookedThrough {
  /** The sessions that some backend of their rule lacks, as far as they could be seen. */
  readonly lacking: readonly Lacking[];
  readonly isWhole: boolean;
}

async function sessionsIn(
  { agent: name, store }: StoreId,
  archive: RelayArchive,
  { isForKnown, elsewhere, said, signal }: CatchUpSource,
): Promise<LookedThrough> {
  const { agents, ledger } = archive;
  const places = new PlacesOfProjects(archive, elsewhere);
  const lacking: Omit<Lacking, "familyChangedAt">[] = [];
  const seen = new Map<string, SessionRef>();
  let problem: string | undefined;
  try {
    const agent = agents.find((one) => one.name === name);
    const remembered = rememberedIn(ledger, archive.lanes.map(({ identity }) => identity));
    const filter = { stores: [store], remembered, signal };
    for await (const session of agent?.sessions(filter) ?? []) {
      seen.set(session.id, session);
      const entries = (await places.of(session)).map((place) => ledger.get(session, place));
      if (isForKnown && entries.every((entry) => entry === undefined)) continue;
      const isLost = entries.some((entry) => entry?.state === "lost");
      const isLacking = entries.some((entry) => entry?.token !== session.token);
      if (isLost || isLacking) lacking.push({ session, isLost });
    }
  } catch (error) {
    // A store may be gone for now or for good; what waits in it tells for itself.
    if (!isArchiveError(error, "NotFound") && !signal.aborted) {
      problem = `cannot look through ${store}: ${lineOf(asArchiveError(error).message)}`;
    }
  }
  said.of(store, problem);
  return {
    // What could be seen does not wait for the rest.
    lacking: lacking.map((one) => ({ ...one, familyChangedAt: familyChange(one.session, seen) })),
    isWhole: problem === undefined,
  };
}

/** What a session has started goes with it: it is as old as whichever of both changed last. */
function familyChange(session: SessionRef, seen: ReadonlyMap<string, SessionRef>): number {
  const changedAt = Date.parse(session.updatedAt);
  const parent = session.parentId === undefined ? undefined : seen.get(session.parentId);
  return parent ? Math.max(changedAt, Date.parse(parent.updatedAt)) : changedAt;
}

/**
 * Where the sessions of each project belong. Found out once a project: it takes longer than all else
 * that is looked at of a session.
 */
class PlacesOfProjects {
  readonly #archive: RelayArchive;
  readonly #elsewhere: readonly string[];
  readonly #known = new Map<string, readonly string[]>();

  constructor(archive: RelayArchive, elsewhere: readonly string[]) {
    this.#archive = archive;
    this.#elsewhere = elsewhere;
  }

  /** The identities of their backends; none where they are for another configuration, or nobody. */
  async of(session: SessionRef): Promise<readonly string[]> {
    const { projectPath, origin = projectPath } = session;
    const project = `${projectPath}\n${origin}`;
    const known = this.#known.get(project);
    if (known) return known;
    const isElsewhere = [projectPath, origin].some((path) => isWithin(path, this.#elsewhere));
    const names = isElsewhere ? [] : await this.#archive.backendsFor(session);
    const places = this.#archive.lanes.filter(({ name }) => names.includes(name))
      .map(({ identity }) => identity);
    this.#known.set(project, places);
    return places;
  }
}
