/**
 * Bringing one session's document to one backend: finds out what stands there, keeps it as a
 * version where it would be lost, writes, and remembers.
 *
 * @module
 */
import type { Agent, SessionId } from "./agent.ts";
import { archiveKey, versionKey } from "./archive_key.ts";
import type { Backend, Body, PutMode } from "./backend.ts";
import { readDocument } from "./document_reader.ts";
import { ArchiveError, isArchiveError } from "./errors.ts";
import { sha256 } from "./hash.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { archiveFacts, archiveMetadata, readMetadata } from "./metadata.ts";
import { PART_SIZE, type PreparedDocument } from "./prepared_document.ts";
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
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** What stands at the key before the write. */
type Standing =
  | { readonly is: "nothing" }
  | { readonly is: "same"; readonly etag?: string }
  | { readonly is: "continued" }
  | { readonly is: "worth keeping"; readonly sha256: string };

/** How often a write is tried again because somebody else created the object meanwhile. */
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
    const standing: Standing = race === 0 && isProbablyNew(document, job, entry)
      ? { is: "nothing" }
      : await whatStands(document, job, entry, key);
    if (standing.is === "same") {
      if (!job.dryRun) await remember(document, job, key, standing.etag ?? entry?.etag);
      return { backend: backend.name, key, status: "unchanged", bytes: 0 };
    }
    const version = standing.is === "worth keeping" ? versionKey(key, standing.sha256) : undefined;
    if (!job.dryRun) {
      if (version) await keepVersion(job, key, version);
      try {
        const mode = standing.is === "nothing" && backend.capabilities.createOnly
          ? "create"
          : "overwrite";
        await write(document, job, key, mode);
      } catch (error) {
        if (isArchiveError(error, "AlreadyExists") && race < MAX_RACES) continue;
        throw error;
      }
    }
    const bytes = document.digest.size;
    return { backend: backend.name, key, status: "archived", bytes, ...(version && { version }) };
  }
}

/**
 * A session that the ledger does not know is mostly a new one. Creating its object then tells whether
 * one is there, which spares asking first; but a large document is not sent on the off chance.
 */
function isProbablyNew(
  { body }: PreparedDocument,
  { backend, dryRun }: CopyJob,
  entry: LedgerEntry | undefined,
): boolean {
  return !entry && !dryRun && backend.capabilities.createOnly && body instanceof Uint8Array;
}

async function write(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
  mode: PutMode,
): Promise<void> {
  const { etag } = await job.backend.put(key, document.body, {
    mode,
    contentType: "application/json",
    metadata: archiveMetadata(document.digest),
    signal: job.signal,
  });
  await remember(document, job, key, etag);
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

/** Asks the ledger, then the store's metadata, and reads the stored document only as a last resort. */
async function whatStands(
  document: PreparedDocument,
  job: CopyJob,
  entry: LedgerEntry | undefined,
  key: string,
): Promise<Standing> {
  if (entry && entry.state !== "deleted") {
    const same = entry.sha256 === document.digest.sha256;
    if (same && entry.state === "stored") return { is: "same" };
    if (same || extendsDocument(document.digest, entry.extent)) return { is: "continued" };
  }
  try {
    const info = await job.backend.head(key, { signal: job.signal });
    const known = readMetadata(info.metadata)?.sha256;
    if (known === document.digest.sha256 && info.size === document.digest.size) {
      return { is: "same", etag: info.etag };
    }
    const standing = await compareWithStored(document, job, key);
    return standing.is === "same" ? { ...standing, etag: info.etag } : standing;
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return { is: "nothing" };
    throw error;
  }
}

async function compareWithStored(
  document: PreparedDocument,
  job: CopyJob,
  key: string,
): Promise<Standing> {
  const stored = await storedHash(job, key);
  if (stored === document.digest.sha256) return { is: "same" };
  const loses = await wouldLose(document, job, key);
  return loses ? { is: "worth keeping", sha256: stored } : { is: "continued" };
}

/** SHA-256 of the stored document's plain bytes; of the bytes as they are when it is damaged. */
async function storedHash(job: CopyJob, key: string): Promise<string> {
  try {
    const stored = await openStored(job, key);
    for await (const line of stored.native) void line;
    return stored.sha256();
  } catch (error) {
    if (!isArchiveError(error, "Corrupt")) throw error;
    return await rawHash(job.backend, key, job.signal);
  }
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
  try {
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
  } catch (error) {
    // What cannot be read may still hold what nothing else does.
    if (isArchiveError(error, "Corrupt")) return true;
    throw error;
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
