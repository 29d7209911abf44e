/**
 * What stands where a session's document shall go: nothing, the same, an earlier state that the
 * document continues, a later one that somebody else wrote, or something worth keeping.
 *
 * @module
 */
import type { Agent, SessionId } from "../agent.ts";
import { isPacked } from "../keys/archive_key.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { type ReadDocument, readDocument } from "../document/document_reader.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import type { FoundKeys } from "./found_keys.ts";
import { sha256Of } from "../hash.ts";
import { type Ledger, type LedgerEntry, openWritesAt } from "../ledger/ledger.ts";
import { archiveFacts, readMetadata } from "../document/metadata.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import type { Spool } from "../document/spool.ts";
import { chunksOf } from "../streams.ts";
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
  readonly keys?: Pick<FoundKeys, "keyOf">;
  /** Packs new archives with gzip. One that is there keeps its name, and with it its form. */
  readonly gzip?: boolean;
  /** Finds out everything, writes nothing. */
  readonly dryRun?: boolean;
  /** Asks the store in any case. */
  readonly named?: boolean;
  /** The document is no session's as it is now: a later state which has all of it stays, also our own. */
  readonly carried?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What stands at the key before the write; the etag is that of what was looked at.
 *
 * What is `ahead` was not written by this ledger's owner last, is of no earlier time, and has all
 * that the document has: another machine went on with the session. What has all of it and is older is
 * the session before it was cut back, which this ledger's owner may have written unknowingly. What is
 * only carried there takes the place of no later state that has all of it, whoever wrote that.
 */
export type Standing =
  | { readonly is: "nothing" }
  | { readonly is: "same"; readonly etag?: string; readonly size: number }
  | { readonly is: "continued"; readonly etag?: string }
  | { readonly is: "ahead" } & Pick<LedgerEntry, "size" | "sha256" | "extent" | "facts">
  | { readonly is: "worth keeping"; readonly etag?: string; readonly sha256: string };

/**
 * What the ledger alone can say, so that nothing is asked or read first. It holds for certain only
 * where the write itself makes sure that nobody else wrote meanwhile.
 */
export function expectedStanding(
  { digest, body }: PreparedDocument,
  { backend: { capabilities, identity }, ledger, dryRun, named }: CopyJob,
  entry: LedgerEntry | undefined,
): Standing | undefined {
  if (named) return undefined;
  if (!entry) {
    // Mostly a new session: creating its object tells whether there is one. A large document is not
    // sent on the off chance.
    const tellsItself = capabilities.createOnly && body instanceof Uint8Array && !dryRun;
    return tellsItself ? { is: "nothing" } : undefined;
  }
  const { key, state, etag, size } = entry;
  // An older write of our own may have arrived since.
  if (openWritesAt(ledger, identity, key).length > 0) return undefined;
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
    const { sha256, facts } = await readStored(job, key);
    if (sha256 === document.digest.sha256) return { is: "same", etag, size };
    const stored = () => openStored(job, key);
    const own = () => readDocument(document.open(), key);
    const { summary } = document.digest;
    const isBehind = job.carried && !isNoEarlier(summary, facts);
    if (!isBehind && !await lacksAnything(own, stored, job.agent)) return { is: "continued", etag };
    const mayStay = job.carried || !wrote(job, info, sha256);
    if (mayStay && isNoEarlier(facts, summary) && !await lacksAnything(stored, own, job.agent)) {
      // Only what begins with all of it continues it for certain.
      return { is: "ahead", size, sha256, facts, extent: { length: size, sha256, shape: [] } };
    }
    return { is: "worth keeping", sha256, etag };
  } catch (error) {
    // A byte that changed may make it look like one of a later format.
    if (isRuinOf(document, job, info, error)) return { is: "continued", etag };
    if (isArchiveError(error, "Corrupt") || isStray(error, job)) {
      const sha256 = await rawHash(job.backend, key, job.signal);
      return { is: "worth keeping", sha256, etag };
    }
    throw error;
  }
}

function isNoEarlier(one: { updatedAt: string }, other: { updatedAt: string }): boolean {
  return Date.parse(one.updatedAt) >= Date.parse(other.updatedAt);
}

/** Whether this ledger's owner wrote what stands there, or may have: that may be taken back. */
function wrote(
  { ledger, session, backend: { identity } }: CopyJob,
  { key, etag }: ObjectInfo,
  sha256: string,
): boolean {
  const entry = ledger.get(session, identity);
  // One without an etag tells what was found there.
  const isRemembered = entry?.etag !== undefined &&
    (entry.etag === etag || entry.sha256 === sha256);
  return isRemembered ||
    openWritesAt(ledger, identity, key).some((write) => write.sha256 === sha256);
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
  const isUnreadable = isArchiveError(error, "Corrupt") || isArchiveError(error, "NotSupported");
  if (!entry || entry.state === "deleted" || !isUnreadable) return false;
  if (readMetadata(metadata)?.sha256 !== entry.sha256) return false;
  return entry.sha256 === digest.sha256 || extendsDocument(digest, entry.extent);
}

/** SHA-256 of the stored document's plain bytes, and what lists show of it. */
async function readStored(
  job: CopyJob,
  key: string,
): Promise<Pick<LedgerEntry, "sha256" | "facts">> {
  const stored = await openStored(job, key);
  for await (const line of stored.native) void line;
  return { sha256: stored.sha256(), facts: archiveFacts(stored.header, stored.summary()) };
}

async function rawHash(
  backend: Backend,
  key: string,
  signal?: AbortSignal,
): Promise<string> {
  const { body } = await backend.get(key, { signal });
  return await sha256Of(chunksOf(body));
}

/** Whether a document lacks anything that another one of the same session has. */
async function lacksAnything(
  one: () => Promise<ReadDocument>,
  other: () => Promise<ReadDocument>,
  agent: Agent,
): Promise<boolean> {
  const ids = new Set<string>();
  for await (const { id } of agent.units((await one()).native)) ids.add(id);
  const theirs = await other();
  try {
    const own = await one();
    try {
      return await losesAnything(agent.units(theirs.native), agent.units(own.native), ids);
    } finally {
      await own.close();
    }
  } finally {
    await theirs.close();
  }
}

/** Opens what stands at the key, and makes sure that it is this session's. */
async function openStored(job: CopyJob, key: string): Promise<ReadDocument> {
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
