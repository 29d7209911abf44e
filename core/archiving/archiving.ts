/**
 * A session's way into the archive, from top to bottom: its rule, what the ledger knows, loading,
 * writing the document once, one copy a backend.
 *
 * @module
 */
import type { Agent, SessionRef, Whereabouts } from "../agent.ts";
import type { Backend } from "../backend.ts";
import { copyDocument, type CopyOutcome } from "./copy.ts";
import { type ArchiveError, asArchiveError } from "../errors.ts";
import type { FoundKeys } from "./found_keys.ts";
import { type BackendLayout, isLaidOut } from "../plain/layout.ts";
import { copyPlainFiles, hasLayout } from "../plain/plain_copy.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Patience } from "../patience.ts";
import type { Slots } from "../parallel.ts";
import type { CopyJob } from "./what_stands.ts";
import { type PreparedDocument, prepareDocument } from "../document/prepared_document.ts";
import { readBack } from "./read_back.ts";
import type { Spool } from "../document/spool.ts";

/**
 * Options of {@linkcode Archiver.archive}.
 *
 * @since 0.1.0
 */
export interface ArchiveOptions {
  /** Finds out everything and writes nothing. */
  readonly dryRun?: boolean;
  /** The user named it: it is archived although they deleted its archive, and the store is asked. */
  readonly named?: boolean;
  /**
   * Reads back each copy that was just made. One that is not what was sent has failed, and is made
   * again by the next archiving.
   */
  readonly readBack?: boolean;
  /**
   * Reads the session whatever its token says, and goes by what it holds: for stores whose files may
   * have changed and show neither another size nor another time.
   */
  readonly rescan?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What became of one session.
 *
 * @since 0.1.0
 */
export interface SessionOutcome {
  /** The session. */
  readonly session: SessionRef;
  /** One a backend of its rule; none where the rules say that it is not archived. */
  readonly copies: readonly CopyOutcome[];
  /** What the user should hear about it. */
  readonly warnings: readonly string[];
}

/** What archiving needs. */
export interface ArchivingSource {
  /** The session's agent. */
  readonly agent: Agent;
  /** The backends that the rules name for a session. */
  backendsFor(where: Whereabouts): Promise<readonly Backend[]>;
  /** Knows what was copied before. */
  readonly ledger: Ledger;
  /** Holds a large document. */
  readonly spool: Spool;
  /** Packs new archives with gzip. */
  readonly gzip?: boolean;
  /** Knows which backends are left alone. */
  readonly patience?: Patience;
  /** Limits how many sessions are sent at once. */
  readonly sending?: Slots;
  /** Finds archives that the ledger has forgotten. */
  readonly keys?: Pick<FoundKeys, "keyOf">;
  /** How plain files are laid out on a backend, where they are wanted there. */
  layoutOf?(backend: Backend): BackendLayout | undefined;
}

/**
 * Archives one session. What befalls it stands in the outcome.
 *
 * @param session Which.
 * @param source What it needs.
 * @param options Dry run, signal.
 */
export async function archiveSession(
  session: SessionRef,
  source: ArchivingSource,
  options: ArchiveOptions,
): Promise<SessionOutcome> {
  const known: CopyOutcome[] = [];
  const waiting: Backend[] = [];
  for (const backend of await source.backendsFor(session)) {
    const outcome = knownOutcome(session, backend, source, options) ??
      givenUp(backend, source.patience);
    if (outcome) known.push(outcome);
    else waiting.push(backend);
  }
  if (waiting.length === 0) return { session, copies: known, warnings: [] };
  const { copies, warnings } = await loadAndCopy(session, waiting, source, options);
  return { session, copies: [...known, ...copies], warnings };
}

/** What the ledger alone can say: the session's token has not moved since. */
function knownOutcome(
  session: SessionRef,
  place: Backend,
  { agent, ledger, layoutOf }: ArchivingSource,
  { named, rescan }: ArchiveOptions,
): CopyOutcome | undefined {
  const { name: backend, identity } = place;
  const entry = ledger.get(session, identity);
  // Whoever names a session wants to be sure of it: the store itself is asked.
  if (entry?.token !== session.token || named || rescan) return undefined;
  const { key, state, plain } = entry;
  const layout = layoutOf?.(place);
  if (state === "stored" && hasLayout(agent, layout) && !isLaidOut(plain, layout)) return undefined;
  if (state === "stored") return { backend, key, status: "unchanged", bytes: 0 };
  if (state === "deleted") return { backend, key, status: "skipped", bytes: 0 };
  return undefined;
}

/** A backend that failed again and again is not tried with further sessions. */
function givenUp(backend: Backend, patience: Patience | undefined): CopyOutcome | undefined {
  const error = patience?.lostWith(backend);
  return error && { backend: backend.name, status: "failed", bytes: 0, error, gaveUp: true };
}

async function loadAndCopy(
  session: SessionRef,
  backends: readonly Backend[],
  source: ArchivingSource,
  options: ArchiveOptions,
): Promise<Omit<SessionOutcome, "session">> {
  let document: PreparedDocument;
  try {
    document = await prepare(session, backends, source, options);
  } catch (error) {
    // What is wrong with a session says nothing about where it would have gone.
    const own = asArchiveError(error, { session: session.id });
    return { copies: backends.map((backend) => failed(backend, own)), warnings: [] };
  }
  try {
    // A session may have moved to another project since its path was looked at.
    const allowed = await source.backendsFor(document.where);
    const copyAll = () =>
      Promise.all(
        backends.filter((backend) => allowed.includes(backend)).map((backend) =>
          copyTo(backend, document, session, source, options)
        ),
      );
    const copies = await (source.sending ? source.sending.hold(copyAll) : copyAll());
    return { copies, warnings: document.warnings };
  } finally {
    await document.dispose();
  }
}

async function copyTo(
  backend: Backend,
  document: PreparedDocument,
  session: SessionRef,
  source: ArchivingSource,
  options: ArchiveOptions,
): Promise<CopyOutcome> {
  // It may have been given up since this session was read.
  const without = givenUp(backend, source.patience);
  if (without) return without;
  const copy = async () => {
    const job = { ...source, session, backend, ...options };
    const archived = await copyDocument(document, job);
    const outcome = await withPlainFiles(archived, document, job);
    if (!options.readBack || options.dryRun) return outcome;
    const { ledger } = source;
    return await readBack(outcome, document.digest.sha256, { backend, ledger, ...options });
  };
  try {
    return await (source.patience?.attempt(backend, copy, options.signal) ?? copy());
  } catch (error) {
    return failed(backend, asArchiveError(error, { backend: backend.name }));
  }
}

/** Its plain files go with an archive: without them, what a backend was to get is not there. */
async function withPlainFiles(
  outcome: CopyOutcome,
  document: PreparedDocument,
  job: CopyJob & Pick<ArchivingSource, "layoutOf">,
): Promise<CopyOutcome> {
  const layout = job.layoutOf?.(job.backend);
  if (outcome.status === "skipped" || job.dryRun || !hasLayout(job.agent, layout)) return outcome;
  const plainBytes = await copyPlainFiles(document, { ...job, layout });
  if (plainBytes === 0) return outcome;
  return { ...outcome, bytes: outcome.bytes + plainBytes, plainBytes };
}

async function prepare(
  session: SessionRef,
  backends: readonly Backend[],
  { agent, ledger, spool }: ArchivingSource,
  { signal }: ArchiveOptions,
): Promise<PreparedDocument> {
  const watch = backends.flatMap(({ identity }) =>
    ledger.get(session, identity)?.extent.length ?? []
  );
  const loaded = await agent.load(session, { signal });
  return await prepareDocument(session.agent, loaded, spool, watch);
}

function failed({ name: backend }: Backend, error: ArchiveError): CopyOutcome {
  return { backend, status: "failed", bytes: 0, error };
}
