/**
 * What stands where a session's document shall go: nothing, the same, an earlier state that the
 * document continues, or something worth keeping.
 *
 * @module
 */
import type { Agent, SessionId } from "./agent.ts";
import { isPacked } from "./archive_key.ts";
import type { Backend, ObjectInfo } from "./backend.ts";
import { readDocument } from "./document_reader.ts";
import { ArchiveError, isArchiveError } from "./errors.ts";
import type { FoundKeys } from "./found_keys.ts";
import { sha256Of } from "./hash.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { readMetadata } from "./metadata.ts";
import type { PreparedDocument } from "./prepared_document.ts";
import type { Spool } from "./spool.ts";
import { chunksOf } from "./streams.ts";
import { extendsDocument, losesAnything } from "./versions.ts";

/** What copying needs beside the document. */
export interface CopyJob {
  /** Knows the units of a document. */
  readonly agent: Agent;
  /** The session on this machine. */
  readonly session: SessionId;
  /** Where to. */
  readonly backend: Backend;
  /** Remembers it. */
  readonly ledger: Ledger;
  /** Holds what is large. */
  readonly spool: Spool;
  /** Finds archives that the ledger has forgotten. */
  readonly keys?: FoundKeys;
  /** Packs new archives with gzip. One that is there keeps its name, and with it its form. */
  readonly gzip?: boolean;
  /** Finds out everything, writes nothing. */
  readonly dryRun?: boolean;
  /** Asks the store in any case. */
  readonly named?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** What stands at the key before the write; the etag is that of what was looked at. */
export type Standing =
  | { readonly is: "nothing" }
  | { readonly is: "same"; readonly etag?: string; readonly size: number }
  | { readonly is: "continued"; readonly etag?: string }
  | { readonly is: "worth keeping"; readonly etag?: string; readonly sha256: string };

/**
 * What the ledger alone can say, so that nothing is asked or read first. It holds for certain only
 * where the write itself makes sure that nobody else wrote meanwhile.
 */
export function expectedStanding(
  { digest, body }: PreparedDocument,
  { backend: { capabilities }, dryRun, named }: CopyJob,
  entry: LedgerEntry | undefined,
): Standing | undefined {
  if (named) return undefined;
  if (!entry) {
    // Mostly a new session: creating its object tells whether there is one. A large document is not
    // sent on the off chance.
    const tellsItself = capabilities.createOnly && body instanceof Uint8Array && !dryRun;
    return tellsItself ? { is: "nothing" } : undefined;
  }
  const { state, etag, size } = entry;
  if (state === "stored" && entry.sha256 === digest.sha256) return { is: "same", etag, size };
  const ours = state === "stored" && etag !== undefined && capabilities.ifMatch;
  return ours && extendsDocument(digest, entry.extent) ? { is: "continued", etag } : undefined;
}

/**
 * Asks the store. An object that this ledger wrote last is known by its etag; any other is compared,
 * by the store's metadata and at last by reading it.
 */
export async function whatStands(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
): Promise<Standing> {
  const { backend, ledger, session, signal } = job;
  const { digest } = document;
  try {
    const info = await backend.head(key, { signal });
    const { etag, size } = info;
    const entry = ledger.get(session, backend.identity);
    const told = readMetadata(info.metadata)?.sha256 === digest.sha256 &&
      hasRightSize(info, digest.size);
    // Of a copy that was found damaged, its bytes alone are believed.
    if (told && entry?.state !== "lost") return { is: "same", etag, size };
    if (entry && isAsWritten(info, entry)) {
      if (entry.sha256 === digest.sha256) return { is: "same", etag, size };
      if (extendsDocument(digest, entry.extent)) return { is: "continued", etag };
    }
    return await compareWithStored(document, job, info);
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return { is: "nothing" };
    throw error;
  }
}

/** A packed object's size says nothing: not every runtime packs alike. */
function hasRightSize({ key, size }: ObjectInfo, expected: number): boolean {
  return isPacked(key) || size === expected;
}

/** Whether the object is the one that the ledger remembers, by what the store says of it. */
function isAsWritten(info: ObjectInfo, { state, etag }: LedgerEntry): boolean {
  return state === "stored" && etag !== undefined && info.etag === etag;
}

/** Reads what stands there: as a session's document, else as bytes. */
async function compareWithStored(
  document: PreparedDocument,
  job: CopyJob,
  info: ObjectInfo,
): Promise<Standing> {
  const { key, etag, size } = info;
  try {
    const stored = await storedHash(job, key);
    if (stored === document.digest.sha256) return { is: "same", etag, size };
    if (!await wouldLose(document, job, key)) return { is: "continued", etag };
    return { is: "worth keeping", sha256: stored, etag };
  } catch (error) {
    if (isArchiveError(error, "Corrupt") || isStray(error, job)) {
      if (isRuinOf(document, job, info, error)) return { is: "continued", etag };
      const sha256 = await rawHash(job.backend, key, job.signal);
      return { is: "worth keeping", sha256, etag };
    }
    throw error;
  }
}

/** Whether another session's document lies where the ledger knows that this one's was. */
function isStray(error: unknown, { ledger, session, backend }: CopyJob): boolean {
  return isArchiveError(error, "Invalid") && ledger.get(session, backend.identity) !== undefined;
}

/**
 * Whether what cannot be read is what is left of a copy that this ledger wrote, and whose whole
 * content this document has. The store must say so: the ruin of what another machine wrote may hold
 * what nothing else does.
 */
function isRuinOf(
  { digest }: PreparedDocument,
  job: CopyJob,
  { metadata }: ObjectInfo,
  error: unknown,
): boolean {
  const entry = job.ledger.get(job.session, job.backend.identity);
  if (!entry || entry.state === "deleted" || !isArchiveError(error, "Corrupt")) return false;
  if (readMetadata(metadata)?.sha256 !== entry.sha256) return false;
  return entry.sha256 === digest.sha256 || extendsDocument(digest, entry.extent);
}

/** SHA-256 of the stored document's plain bytes. */
async function storedHash(job: CopyJob, key: string): Promise<string> {
  const stored = await openStored(job, key);
  for await (const line of stored.native) void line;
  return stored.sha256();
}

async function rawHash(
  backend: Backend,
  key: string,
  signal?: AbortSignal,
): Promise<string> {
  const { body } = await backend.get(key, { signal });
  return await sha256Of(chunksOf(body));
}

async function wouldLose(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
): Promise<boolean> {
  const { agent } = job;
  const stored = await openStored(job, key);
  try {
    const ids = new Set<string>();
    const own = () => readDocument(document.open(), key);
    for await (const unit of agent.units((await own()).native)) ids.add(unit.id);
    const again = await own();
    return await losesAnything(agent.units(stored.native), agent.units(again.native), ids);
  } finally {
    await stored.close();
  }
}

/** Opens what stands at the key, and makes sure that it is this session's. */
async function openStored(job: CopyJob, key: string) {
  const { body } = await job.backend.get(key, { signal: job.signal });
  const stored = await readDocument(body, key);
  const { agent, id } = stored.header;
  if (agent === job.session.agent && id === job.session.id) return stored;
  await stored.close();
  throw new ArchiveError(
    "Invalid",
    `${key} on ${job.backend.name} holds the session ${id} of ${agent}, so ${job.session.id} of ` +
      `${job.session.agent} is not written over it; move that object away or use another prefix`,
    { backend: job.backend.name, key, session: job.session.id },
  );
}
