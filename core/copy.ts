/**
 * Bringing one session's document to one backend: finds out what stands there, keeps it as a
 * version where it would be lost, writes, and remembers.
 *
 * @module
 */
import type { Agent, SessionId } from "./agent.ts";
import { archiveKey, versionKey } from "./archive_key.ts";
import {
  type Backend,
  type Body,
  type Capabilities,
  type ObjectInfo,
  PART_SIZE,
  type PutMode,
} from "./backend.ts";
import { readDocument } from "./document_reader.ts";
import { ArchiveError, isArchiveError } from "./errors.ts";
import { sha256 } from "./hash.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { archiveFacts, archiveMetadata, readMetadata } from "./metadata.ts";
import type { PreparedDocument } from "./prepared_document.ts";
import { bytesOf, chunksOf } from "./streams.ts";
import { extendsDocument, losesAnything } from "./versions.ts";

/**
 * What became of one session's copy in one backend.
 *
 * @since 0.1.0
 */
export interface CopyOutcome {
  /** The backend's name. */
  readonly backend: string;
  /** Where the copy is; absent when it was not found out. */
  readonly key?: string;
  /**
   * - `archived`: the backend acknowledged the document (in a dry run: it would be sent).
   * - `unchanged`: the backend has it already.
   * - `skipped`: the user deleted this archive, and the session has not changed since.
   * - `failed`: see `error`.
   */
  readonly status: "archived" | "unchanged" | "skipped" | "failed";
  /** Bytes sent to the backend. */
  readonly bytes: number;
  /** The key of the version that was kept because the overwrite would have lost something. */
  readonly version?: string;
  /** Why it failed. */
  readonly error?: Error;
}

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
  /** Finds out everything, writes nothing. */
  readonly dryRun?: boolean;
  /** Asks the store in any case. */
  readonly named?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** What stands at the key before the write; the etag is that of what was looked at. */
type Standing =
  | { readonly is: "nothing" }
  | { readonly is: "same"; readonly etag?: string }
  | { readonly is: "continued"; readonly etag?: string }
  | { readonly is: "worth keeping"; readonly etag?: string; readonly sha256: string };

/** How often a write is tried again because somebody else wrote the object meanwhile. */
const MAX_RACES = 3;

/**
 * Copies a document to a backend unless the backend has it.
 *
 * @param document What to copy.
 * @param job Where to, and what to remember.
 * @throws {ArchiveError} What the backend throws; `Invalid` when the key holds another session.
 */
export async function copyDocument(document: PreparedDocument, job: CopyJob): Promise<CopyOutcome> {
  const { backend, ledger, session } = job;
  const entry = ledger.get(session, backend.identity);
  const key = entry?.key ?? archiveKey(document.digest.header);
  for (let race = 0;; race++) {
    const expected = race === 0 ? expectedStanding(document, job, entry) : undefined;
    const standing = expected ?? await whatStands(document, job, key);
    if (standing.is === "same") {
      if (!job.dryRun) await remember(document, job, key, standing.etag);
      return { backend: backend.name, key, status: "unchanged", bytes: 0 };
    }
    const version = standing.is === "worth keeping" ? versionKey(key, standing.sha256) : undefined;
    if (!job.dryRun) {
      if (version) await keepVersion(job, key, version);
      const mode = modeFor(standing, backend.capabilities);
      let etag: string | undefined;
      try {
        etag = await write(document, job, key, mode);
      } catch (error) {
        if (race < MAX_RACES && isLostRace(error, mode)) continue;
        throw error;
      }
      await remember(document, job, key, etag);
    }
    const bytes = document.digest.size;
    return { backend: backend.name, key, status: "archived", bytes, ...(version && { version }) };
  }
}

/**
 * What the ledger alone can say, so that nothing is asked or read first. It holds for certain only
 * where the write itself makes sure that nobody else wrote meanwhile.
 */
function expectedStanding(
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
  const { state, etag } = entry;
  if (state === "stored" && entry.sha256 === digest.sha256) return { is: "same", etag };
  const ours = state === "stored" && etag !== undefined && capabilities.ifMatch;
  return ours && extendsDocument(digest, entry.extent) ? { is: "continued", etag } : undefined;
}

async function write(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
  mode: PutMode,
): Promise<string | undefined> {
  const { etag } = await job.backend.put(key, document.body, {
    mode,
    contentType: "application/json",
    metadata: archiveMetadata(document.digest),
    signal: job.signal,
  });
  return etag;
}

/** Whether a write found that what stands there is not what it was thought to be. */
function isLostRace(error: unknown, mode: PutMode): boolean {
  if (mode === "create") return isArchiveError(error, "AlreadyExists");
  // Some stores say NotFound where `ifMatch` meets no object.
  return mode !== "overwrite" &&
    (isArchiveError(error, "Precondition") || isArchiveError(error, "NotFound"));
}

function modeFor(standing: Standing, capabilities: Capabilities): PutMode {
  if (standing.is === "nothing") return capabilities.createOnly ? "create" : "overwrite";
  const { etag } = standing;
  return etag !== undefined && capabilities.ifMatch ? { ifMatch: etag } : "overwrite";
}

async function remember(
  document: PreparedDocument,
  { session, backend, ledger }: CopyJob,
  key: string,
  etag: string | undefined,
): Promise<void> {
  const { digest, token } = document;
  await ledger.record({
    agent: session.agent,
    store: session.store,
    id: session.id,
    backend: backend.identity,
    state: "stored",
    token,
    key,
    sha256: digest.sha256,
    size: digest.size,
    ...(etag !== undefined && { etag }),
    extent: digest.extent,
    facts: archiveFacts(digest.header, digest.summary),
  });
}

/**
 * Asks the store. An object that this ledger wrote last is known by its etag; any other is compared,
 * by the store's metadata and at last by reading it.
 */
async function whatStands(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
): Promise<Standing> {
  const { backend, ledger, session, signal } = job;
  const { digest } = document;
  try {
    const info = await backend.head(key, { signal });
    const { etag } = info;
    if (readMetadata(info.metadata)?.sha256 === digest.sha256 && info.size === digest.size) {
      return { is: "same", etag };
    }
    const entry = ledger.get(session, backend.identity);
    if (entry && isAsWritten(info, entry)) {
      if (entry.sha256 === digest.sha256) return { is: "same", etag };
      if (extendsDocument(digest, entry.extent)) return { is: "continued", etag };
    }
    return await compareWithStored(document, job, info);
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return { is: "nothing" };
    throw error;
  }
}

/** Whether the object is the one that the ledger remembers, by what the store says of it. */
function isAsWritten(info: ObjectInfo, { state, etag }: LedgerEntry): boolean {
  return state === "stored" && etag !== undefined && info.etag === etag;
}

/** Reads what stands there: as a session's document, else as bytes. */
async function compareWithStored(
  document: PreparedDocument,
  job: CopyJob,
  { key, etag }: ObjectInfo,
): Promise<Standing> {
  try {
    const stored = await storedHash(job, key);
    if (stored === document.digest.sha256) return { is: "same", etag };
    if (!await wouldLose(document, job, key)) return { is: "continued", etag };
    return { is: "worth keeping", sha256: stored, etag };
  } catch (error) {
    if (isArchiveError(error, "Corrupt") || isStray(error, job)) {
      if (isRuinOf(document, job, error)) return { is: "continued", etag };
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
 * Whether what cannot be read is what is left of a copy whose whole content this document has. Any
 * other ruin may still hold what nothing else does.
 */
function isRuinOf({ digest }: PreparedDocument, job: CopyJob, error: unknown): boolean {
  const entry = job.ledger.get(job.session, job.backend.identity);
  if (!entry || entry.state === "deleted" || !isArchiveError(error, "Corrupt")) return false;
  return entry.sha256 === digest.sha256 || extendsDocument(digest, entry.extent);
}

/** SHA-256 of the stored document's plain bytes. */
async function storedHash(job: CopyJob, key: string): Promise<string> {
  const stored = await openStored(job, key);
  for await (const line of stored.native) void line;
  return stored.sha256();
}

async function rawHash(backend: Backend, key: string, signal?: AbortSignal): Promise<string> {
  const hash = sha256();
  const { body } = await backend.get(key, { signal });
  for await (const chunk of chunksOf(body)) hash.update(chunk);
  return hash.digest("hex");
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

async function keepVersion(
  { backend, signal }: CopyJob,
  key: string,
  version: string,
): Promise<void> {
  if (backend.copy) return void await backend.copy(key, version, { signal });
  const info = await backend.head(key, { signal });
  const read = async (start: number, end: number) =>
    await bytesOf((await backend.get(key, { range: { start, end }, signal })).body);
  const body: Body = info.size <= PART_SIZE
    ? await read(0, info.size)
    : { size: info.size, sha256: await rawHash(backend, key, signal), read };
  await backend.put(version, body, { metadata: info.metadata, signal });
}
