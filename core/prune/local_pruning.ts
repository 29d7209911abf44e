/**
 * Deleting sessions from the agent that wrote them, to free the disk: the only thing here that ever
 * deletes an agent's data. Any doubt keeps a session.
 *
 * A plan is made from what is remembered, without a request. Before a session goes, it is read once
 * more from its agent and from every backend of its rule, and those that it started with it
 * (`core/prune/proven_copies.ts`); the agent deletes them only if none has changed since.
 *
 * @module
 */
import type { Agent, SessionRef, SessionRemover } from "../agent.ts";
import { ArchiveError, asArchiveError, isArchiveError, throwIfAborted } from "../errors.ts";
import { Failures } from "../failures.ts";
import { grouped } from "../grouped.ts";
import { asTheyEnd } from "../parallel.ts";
import { Patience } from "../patience.ts";
import { type ProofSource, proveCopies, rememberedCopies } from "./proven_copies.ts";
import { familiesOf, type SessionFamily } from "./session_families.ts";

/**
 * Which sessions to delete from their agents. At least one of `changedBefore` and `keepBytes` is
 * needed; a session goes when either says so.
 *
 * @since 0.1.0
 */
export interface LocalPruneFilter {
  /** The time now. Whatever changed in the day before it stays. */
  readonly now: Date;
  /** Those that last changed before this moment. */
  readonly changedBefore?: Date;
  /** Those that changed longest ago, until the archives of what stays have this many bytes in all. */
  readonly keepBytes?: number;
  /** Globs of paths of projects or of their repositories, and ids, of sessions that stay anyway. */
  readonly keep?: readonly string[];
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/**
 * What shall become of a session and all that it started, which go or stay together.
 *
 * - `goes`: it may be deleted, once its copies are proven.
 * - `young`: the filter does not want it, or it changed in the last day.
 * - `pinned`: the filter's `keep` names it, or one that it started.
 * - `doubtful`: see `problem`.
 *
 * @since 0.1.0
 */
export type LocalPlan =
  & {
    /** The session, and all that it and they started, parents first. */
    readonly sessions: SessionFamily;
    /** How large their archives are, in bytes, packed where they are, as far as it is remembered. */
    readonly bytes: number;
    /** The title of the first of them; empty when it has none, or none is remembered. */
    readonly title: string;
  }
  & (
    | { readonly verdict: "goes" | "young" | "pinned" }
    | {
      readonly verdict: "doubtful";
      /** Which of them is in doubt. */
      readonly session: SessionRef;
      /** Why, in one line. */
      readonly problem: string;
    }
  );

/**
 * What became of a session and all that it started.
 *
 * - `deleted`: the agent has none of them any more.
 * - `kept`: the agent has all of them, since one is in doubt; see `error`.
 * - `failed`: the agent did not delete them, or not all; see `error`.
 *
 * @since 0.1.0
 */
export type LocalOutcome =
  & Pick<LocalPlan, "sessions" | "bytes" | "title">
  & (
    | { readonly status: "deleted" }
    | { readonly status: "kept" | "failed"; readonly error: ArchiveError }
  );

/** Where sessions are, and their copies. */
export interface LocalSource extends Omit<ProofSource, "agent" | "patience"> {
  /** Those whose sessions are looked at; one that cannot delete any is passed over. */
  readonly agents: readonly Agent[];
  /** Prepares patterns of project paths for comparing them with sessions. */
  matcher(patterns: readonly string[]): Promise<(session: SessionRef) => boolean>;
}

/** A session rests this long before it is deleted, in milliseconds. */
export const QUIET_MS = 86_400_000;
/** Families that are proven at once. */
const WIDTH = 4;

/**
 * Finds out what may go, and deletes nothing.
 *
 * @param source Where to look.
 * @param filter Which.
 * @returns All sessions of agents that can delete them, those that changed longest ago first.
 * @throws {ArchiveError} `Invalid` for a filter that wants nothing or everything.
 */
export async function planLocalPruning(
  source: LocalSource,
  filter: LocalPruneFilter,
): Promise<LocalPlan[]> {
  checkFilter(filter);
  const isPinned = await pinnedBy(filter.keep ?? [], source);
  const families = familiesOf(await sessionsOf(source.agents, filter.signal));
  const looked = await Promise.all(
    families.map(async (sessions) => ({ sessions, ...await lookedAt(sessions, source) })),
  );
  looked.sort((a, b) => lastChange(a.sessions) - lastChange(b.sessions));
  let left = looked.reduce((sum, { bytes }) => sum + bytes, 0);
  return looked.map(({ sessions, bytes, title, doubt }) => {
    const plan = { sessions, bytes, title };
    const isWanted = left > (filter.keepBytes ?? Infinity) || isOld(sessions, filter);
    if (!isWanted || !isQuiet(sessions, filter)) return { ...plan, verdict: "young" };
    if (sessions.some(isPinned)) return { ...plan, verdict: "pinned" };
    if (doubt) return { ...plan, verdict: "doubtful", ...doubt };
    left -= bytes;
    return { ...plan, verdict: "goes" };
  });
}

/**
 * Deletes what may go: proves the copies of each, and has its agent delete it. Nothing else may
 * archive or delete archives meanwhile.
 *
 * @param plans From {@linkcode planLocalPruning}; those that do not go are passed over.
 * @param source Where they are. The ledger takes note of copies that turn out not to be good.
 * @param signal Stops it between two of them.
 * @returns What became of each, as it ends. Why none of a store can be deleted is thrown at the end.
 */
export async function* pruneLocal(
  plans: readonly LocalPlan[],
  source: LocalSource,
  signal?: AbortSignal,
): AsyncGenerator<LocalOutcome> {
  const going = plans.filter(({ verdict }) => verdict === "goes");
  const byStore = grouped(going, ({ sessions: [{ agent, store }] }) => `${agent}\n${store}`);
  const failures = new Failures();
  const patience = new Patience();
  for (const some of byStore.values()) {
    const [{ sessions: [first] }] = some;
    const agent = source.agents.find(({ name }) => name === first.agent);
    const remover = await failures.attempt(() => removerOf(agent, first, signal), undefined);
    if (agent === undefined || remover === undefined) continue;
    try {
      const ends = asTheyEnd(jobs(some, { ...source, agent, patience }, remover, signal), WIDTH);
      for await (const outcome of ends) if (outcome) yield outcome;
    } finally {
      await remover.close();
    }
    // Not before: of those that were under way then, some may be gone, and are to be told.
    throwIfAborted(signal, "deleting sessions");
  }
  failures.throwAny();
}

async function removerOf(
  agent: Agent | undefined,
  session: SessionRef,
  signal?: AbortSignal,
): Promise<SessionRemover> {
  if (agent?.remover === undefined) throw cannotDelete(session);
  return await agent.remover(session.store, { signal });
}

async function* jobs(
  plans: readonly LocalPlan[],
  source: ProofSource,
  remover: SessionRemover,
  signal?: AbortSignal,
): AsyncGenerator<() => Promise<LocalOutcome | undefined>> {
  for (const { sessions, bytes, title } of plans) {
    if (signal?.aborted) return;
    yield await Promise.resolve(() => removed({ sessions, bytes, title }, source, remover, signal));
  }
}

/** Undefined when it was stopped before anything was deleted. */
async function removed(
  family: Pick<LocalPlan, "sessions" | "bytes" | "title">,
  source: ProofSource,
  remover: SessionRemover,
  signal?: AbortSignal,
): Promise<LocalOutcome | undefined> {
  const { sessions } = family;
  const isStop = (error: unknown) => signal?.aborted && isArchiveError(error, "Aborted");
  for (const session of sessions) {
    try {
      await proveCopies(session, source, signal);
    } catch (error) {
      if (isStop(error)) return undefined;
      return { ...family, status: "kept", error: asArchiveError(error, { session: session.id }) };
    }
  }
  try {
    await remover.remove(sessions, { signal });
    return { ...family, status: "deleted" };
  } catch (error) {
    if (isStop(error)) return undefined;
    const status = isArchiveError(error, "Precondition") ? "kept" : "failed";
    return { ...family, status, error: asArchiveError(error, { session: sessions[0].id }) };
  }
}

function checkFilter({ changedBefore, keepBytes }: LocalPruneFilter): void {
  if (changedBefore === undefined && keepBytes === undefined) {
    throw new ArchiveError(
      "Invalid",
      "which sessions to delete is not said; give an age (changedBefore), or a size for what stays (keepBytes)",
    );
  }
  if (keepBytes !== undefined && !(keepBytes >= 0)) {
    throw new ArchiveError(
      "Invalid",
      `keepBytes is ${keepBytes}; give a number of bytes, 0 or more`,
    );
  }
}

async function sessionsOf(agents: readonly Agent[], signal?: AbortSignal): Promise<SessionRef[]> {
  const sessions: SessionRef[] = [];
  const failures = new Failures();
  for (const agent of agents) {
    if (agent.remover === undefined) continue;
    await failures.attempt(async () => {
      for await (const session of agent.sessions({ signal })) sessions.push(session);
    }, undefined);
  }
  failures.throwAny();
  return sessions;
}

/** What is remembered of a family, and which of them is in doubt. */
interface Looked {
  readonly bytes: number;
  readonly title: string;
  readonly doubt?: { readonly session: SessionRef; readonly problem: string };
}

async function lookedAt(sessions: SessionFamily, source: LocalSource): Promise<Looked> {
  let bytes = 0;
  let title = "";
  let doubt: Looked["doubt"];
  for (const session of sessions) {
    try {
      const entries = (await rememberedCopies(session, source)).map(({ entry }) => entry);
      bytes += Math.max(...entries.map(({ size }) => size));
      if (session === sessions[0]) title = entries[0].facts.title;
    } catch (error) {
      if (!isArchiveError(error, "Precondition")) throw error;
      doubt ??= { session, problem: error.message };
    }
  }
  return { bytes, title, doubt };
}

async function pinnedBy(
  keep: readonly string[],
  source: LocalSource,
): Promise<(session: SessionRef) => boolean> {
  const matches = await source.matcher(keep);
  return (session) => {
    const { id, origin } = session;
    if (keep.includes(id) || matches(session)) return true;
    return origin !== undefined && matches({ ...session, projectPath: origin });
  };
}

function isOld(sessions: SessionFamily, { changedBefore }: LocalPruneFilter): boolean {
  return changedBefore !== undefined && lastChange(sessions) < changedBefore.getTime();
}

/** A time to come is no rest either. */
function isQuiet(sessions: SessionFamily, { now }: LocalPruneFilter): boolean {
  return now.getTime() - lastChange(sessions) >= QUIET_MS;
}

function lastChange(sessions: SessionFamily): number {
  return Math.max(...sessions.map(({ updatedAt }) => Date.parse(updatedAt)));
}

function cannotDelete({ agent, id }: SessionRef): ArchiveError {
  return new ArchiveError("NotSupported", `the agent ${agent} deletes no sessions`, {
    session: id,
  });
}
