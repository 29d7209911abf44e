/**
 * Writing the plain files of archives whose sessions need not be there any more, from the archives
 * themselves: a layout may be wanted only long after a session was archived.
 *
 * @module
 */
import type { Agent, SessionId, Whereabouts } from "../agent.ts";
import type { Backend } from "../backend.ts";
import { prepareStored } from "../document/stored_document.ts";
import type { Spool } from "../document/spool.ts";
import { type ArchiveError, asArchiveError, isArchiveError, throwIfAborted } from "../errors.ts";
import { type Ledger, type LedgerEntry, NO_STORE } from "../ledger/ledger.ts";
import { Patience } from "../patience.ts";
import { type BackendLayout, isLaidOut } from "./layout.ts";
import { copyPlainFiles, hasLayout } from "./plain_copy.ts";

/**
 * Options of laying out archives.
 *
 * @since 0.1.0
 */
export interface LayOutOptions {
  /**
   * Sessions that are left alone; none by default.
   *
   * @param session One with an archive that lacks plain files.
   */
  readonly except?: (session: SessionId) => boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What became of an archive that lacked plain files.
 *
 * @since 0.1.0
 */
export type LaidOut =
  & {
    /** The archive's key. */
    readonly key: string;
    /** The backend's name. */
    readonly backend: string;
  }
  & (
    | { readonly status: "written"; readonly bytes: number }
    | { readonly status: "failed"; readonly error: ArchiveError }
  );

/** What laying out needs. */
export interface LayOutSource {
  /** The stores. */
  readonly backends: readonly Backend[];
  /** Know what their sessions look like. */
  readonly agents: readonly Agent[];
  /** Remembers what lacks. */
  readonly ledger: Ledger;
  /** Holds what is large. */
  readonly spool: Spool;
  /** How plain files are laid out on a backend. */
  layoutOf(backend: Backend): BackendLayout | undefined;
  /** The backends that the rules name for a session now. */
  backendsFor(where: Whereabouts): Promise<readonly Backend[]>;
}

/**
 * Writes what lacks. Only of sessions that were archived from here, which is what tells the machine, and
 * that would still be archived there.
 *
 * @param source Where, and whose.
 * @param options Which are left alone.
 * @returns What became of each.
 */
export async function* layOutArchives(
  source: LayOutSource,
  { except = () => false, signal }: LayOutOptions = {},
): AsyncGenerator<LaidOut> {
  const patience = new Patience();
  for (const backend of source.backends) {
    const layout = source.layoutOf(backend);
    if (layout === undefined) continue;
    for (const { agent, entry } of lackingOn(backend, layout, source)) {
      throwIfAborted(signal, "writing plain files");
      if (patience.lostWith(backend)) break;
      if (except(entry) || !(await source.backendsFor(entry.facts)).includes(backend)) continue;
      const place = { key: entry.key, backend: backend.name };
      const work = () => layOut(entry, { ...source, agent, backend, layout, signal });
      try {
        const bytes = await patience.attempt(backend, work, signal);
        yield { ...place, status: "written", bytes };
      } catch (thrown) {
        if (isArchiveError(thrown, "Aborted")) throw thrown;
        yield { ...place, status: "failed", error: asArchiveError(thrown, place) };
      }
    }
  }
}

interface Lacking {
  readonly agent: Agent;
  readonly entry: LedgerEntry;
}

/** A list of them: more is recorded while they are gone through. */
function lackingOn(
  { identity }: Backend,
  layout: BackendLayout,
  { agents, ledger }: LayOutSource,
): Lacking[] {
  const byName = new Map(agents.map((agent) => [agent.name, agent]));
  return [...ledger.entries()].flatMap((entry) => {
    const agent = byName.get(entry.agent);
    const isOurs = entry.backend === identity && entry.state === "stored" &&
      entry.store !== NO_STORE;
    if (!agent || !isOurs || !hasLayout(agent, layout)) return [];
    return isLaidOut(entry.plain, layout) ? [] : [{ agent, entry }];
  });
}

async function layOut(
  entry: LedgerEntry,
  job: LayOutSource & Omit<Parameters<typeof copyPlainFiles>[1], "session">,
): Promise<number> {
  const { backend, ledger, spool, signal } = job;
  const document = await prepareStored({ key: entry.key, backend, ledger, signal }, spool);
  try {
    return await copyPlainFiles(document, { ...job, session: entry });
  } finally {
    await document.dispose();
  }
}
