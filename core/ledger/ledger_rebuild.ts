/**
 * Making a ledger anew from what the backends hold, where it was lost, damaged, or comes from a
 * backup. What it knows rightly stays as it is.
 *
 * An archive says whose it is, but not in which store of this machine its session lies, if in any. It
 * is remembered without one, and becomes its session's once that is archived again, which then finds
 * that nothing is to be sent.
 *
 * @module
 */
import type { SessionId } from "../agent.ts";
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { Failures } from "../failures.ts";
import { type ArchiveFacts, type Ledger, type LedgerEntry, markLost, NO_STORE } from "./ledger.ts";
import { type Content, isEarlier, type Look } from "../verify/look.ts";
import { type KeyPlace, walkArchives, type WalkSource } from "../verify/merged_walk.ts";
import { inOrder, Slots } from "../parallel.ts";
import { lookAt, type Looking } from "../verify/patient_look.ts";
import { Patience } from "../patience.ts";

/**
 * Options of rebuilding a ledger.
 *
 * @since 0.1.0
 */
export interface RebuildOptions {
  /** Finds out everything and remembers nothing. */
  readonly dryRun?: boolean;
  /** How many objects are looked at at once; 8 by default. */
  readonly concurrency?: number;
  /** Stops it between two archives. */
  readonly signal?: AbortSignal;
}

/**
 * What is remembered of one archive in one backend.
 *
 * - `known`: it was remembered rightly.
 * - `found`: nothing was remembered of it.
 * - `corrected`: something else was remembered of it.
 * - `lost`: it is remembered, and is not there or is damaged; archived again by the next run, where
 *   its session is still there.
 * - `left`: nothing is remembered of what is there: it is no whole archive, or that of a session of
 *   which another one is remembered.
 * - `failed`: it could not be looked at.
 *
 * @since 0.1.0
 */
export type RebuildOutcome =
  & {
    /** Its key. */
    readonly key: string;
    /** The backend's name. */
    readonly backend: string;
  }
  & (
    | { readonly status: "known" | "found" | "corrected" }
    | {
      readonly status: "lost" | "left" | "failed";
      /** Why, in one line. */
      readonly problem: string;
    }
  );

/** How many keys may be under way, for each object at once. */
const AHEAD = 8;

/**
 * Rebuilds a ledger. It believes what a listing or a HEAD tells, and reads what that does not settle.
 * Kept versions are not remembered by a ledger, and passed over.
 *
 * @param source The backends, and the ledger.
 * @param options How.
 * @returns One outcome an archive and backend, in the order of the keys. A backend that cannot be
 * listed is thrown at the end, after what is known of the others.
 */
export async function* rebuildLedger(
  source: WalkSource,
  { dryRun = false, concurrency = 8, signal }: RebuildOptions = {},
): AsyncGenerator<RebuildOutcome> {
  const failures = new Failures();
  const look: Looking = {
    closenessOf: () => "ask",
    slots: new Slots(concurrency),
    patience: new Patience(),
    signal,
  };
  const job = { ledger: source.ledger, sessions: sessionsIn(source), dryRun };
  async function* jobs() {
    for await (const place of walkArchives(source, { signal }, failures)) {
      const parts = parseArchiveKey(place.key);
      if (parts && !parts.version) yield () => lookEverywhere(place, source.ledger, look);
    }
  }
  async function* decisions() {
    for await (const looks of inOrder(jobs(), AHEAD * concurrency)) {
      for (const seen of looks) {
        const place = { key: seen.key, backend: seen.backend.name };
        yield async () => ({ ...place, ...await rebuilt(seen, job) });
      }
    }
  }
  // Each decides as it begins, since two archives of one session are compared by what is remembered.
  // The ledger writes down together what comes together.
  yield* inOrder(decisions(), AHEAD * concurrency);
  failures.throwAny();
}

/** Where the archive of a session is that is remembered. */
interface Remembered {
  readonly key: string;
  /** What is known of it; nothing where it was archived from here, and so goes before any other. */
  readonly facts?: ArchiveFacts;
}

interface RebuildJob {
  readonly ledger: Ledger;
  /** The sessions that are remembered, one archive in each backend. */
  readonly sessions: Map<string, Remembered>;
  readonly dryRun: boolean;
}

function sessionsIn({ ledger, backends }: WalkSource): Map<string, Remembered> {
  const identities = new Set(backends.map(({ identity }) => identity));
  const sessions = new Map<string, Remembered>();
  for (const entry of ledger.entries()) {
    const { store, backend, key, facts } = entry;
    if (!identities.has(backend)) continue;
    if (store !== NO_STORE) sessions.set(sessionIn(entry), { key });
    else if (!sessions.has(sessionIn(entry))) sessions.set(sessionIn(entry), { key, facts });
  }
  return sessions;
}

/** A session in one backend, whatever store of this machine it is in. */
function sessionIn({ agent, id, backend }: Pick<LedgerEntry, "agent" | "id" | "backend">): string {
  return `${backend}\n${agent}\n${id}`;
}

/** What was seen of an archive in one backend. */
interface Seen {
  readonly key: string;
  readonly backend: Backend;
  readonly look: Look;
  /** What the listing told of it. */
  readonly listed?: ObjectInfo;
}

async function lookEverywhere(
  { key, held, unlisted }: KeyPlace,
  ledger: Ledger,
  how: Looking,
): Promise<Seen[]> {
  const places: readonly { readonly backend: Backend; readonly listed?: ObjectInfo }[] = [
    ...held.map(({ backend, object }) => ({ backend, listed: object })),
    ...unlisted.map((backend) => ({ backend })),
  ];
  return await Promise.all(places.map(async (place) => {
    return { key, ...place, look: await lookAt({ key, ...place }, ledger, how) };
  }));
}

/** What a {@linkcode RebuildOutcome} says beside the place. */
type Result =
  | { readonly status: "known" | "found" | "corrected" }
  | { readonly status: "lost" | "left" | "failed"; readonly problem: string };

async function rebuilt(seen: Seen, job: RebuildJob): Promise<Result> {
  const { key, backend: { identity, name }, look } = seen;
  const { ledger, dryRun } = job;
  const entries = ledger.allAt(identity, key);
  const wanted = entries.filter(({ state }) => state !== "deleted");
  if (look.found === "whole" && look.content) {
    if (wanted.length > 0) return await corrected(wanted, look.content, seen, job);
    if (entries.length === 0) return await found(look.content, seen, job);
    return left(`${key} on ${name} was deleted from here, and is there again`);
  }
  const problem = "problem" in look ? look.problem : `${key} on ${name} was not looked at`;
  if (look.found === "failed") return { status: "failed", problem };
  const isGone = look.found === "absent" || look.found === "damaged";
  if (!isGone || wanted.length === 0) return left(problem);
  if (!dryRun) await markLost(ledger, identity, key);
  return { status: "lost", problem };
}

function left(problem: string): Result {
  return { status: "left", problem };
}

/** Makes true what is remembered of a whole archive. */
async function corrected(
  entries: readonly LedgerEntry[],
  content: Content,
  { listed }: Seen,
  { ledger, dryRun }: RebuildJob,
): Promise<Result> {
  // What was not listed was found by its name, and is not told of.
  const { size, etag } = listed ?? {};
  const isRight = (entry: LedgerEntry) =>
    entry.state === "stored" && entry.sha256 === content.sha256 &&
    (size === undefined || entry.size === size) &&
    (etag === undefined || entry.etag === undefined || entry.etag === etag);
  const wrong = entries.filter((entry) => !isRight(entry));
  if (wrong.length === 0) return { status: "known" };
  for (const entry of dryRun ? [] : wrong) {
    const told = { ...(size !== undefined && { size }), ...(etag !== undefined && { etag }) };
    if (entry.sha256 === content.sha256) {
      await ledger.record({ ...entry, ...told, state: "stored" });
    } else {
      // It was written by somebody else: the next run compares it with the session.
      const { agent, store, id, backend, key } = entry;
      const there = { backend, key, size: size ?? entry.size };
      const plain = entry.plain && { ...entry.plain, isWhole: false };
      const found = entryOf(content, { agent, store, id }, there);
      await ledger.record({ ...found, ...(plain && { plain }) });
    }
  }
  return { status: "corrected" };
}

/** Remembers a whole archive of which nothing is known. */
async function found(
  content: Content,
  { key, backend: { identity: backend, name }, listed }: Seen,
  { ledger, sessions, dryRun }: RebuildJob,
): Promise<Result> {
  const { agent, facts } = content;
  const parts = parseArchiveKey(key);
  if (!parts || !listed) return left(`${key} on ${name} is not listed`);
  const session = { agent, store: NO_STORE, id: parts.id };
  const place = sessionIn({ ...session, backend });
  const other = sessions.get(place);
  if (other && (!other.facts || !isEarlier(other.facts, facts))) {
    return left(
      `${key} on ${name} is another archive of ${parts.id}, which is remembered as ` +
        `${other.key}`,
    );
  }
  sessions.set(place, { key, facts });
  const { size, etag } = listed;
  const entry = entryOf(content, session, { backend, key, size });
  if (!dryRun) await ledger.record({ ...entry, ...(etag !== undefined && { etag }) });
  return { status: "found" };
}

function entryOf(
  { sha256, facts }: Content,
  session: SessionId,
  there: Pick<LedgerEntry, "backend" | "key" | "size">,
): LedgerEntry {
  // What of it only grows at its end is not known: only what begins with all of it continues it.
  const extent = { length: there.size, sha256, shape: [] };
  return { ...session, ...there, state: "stored", token: "", sha256, extent, facts };
}
