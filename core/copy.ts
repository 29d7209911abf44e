/**
 * Bringing one session's document to one backend: finds out what stands there, keeps it as a
 * version where it would be lost, writes, and remembers.
 *
 * @module
 */
import { archiveKey, isPacked, versionKey } from "./archive_key.ts";
import { type Body, type Capabilities, PART_SIZE, type PutMode } from "./backend.ts";
import { isArchiveError } from "./errors.ts";
import { archiveFacts, archiveMetadata } from "./metadata.ts";
import type { PreparedDocument } from "./prepared_document.ts";
import { type CopyJob, expectedStanding, rawHash, type Standing, whatStands } from "./standing.ts";
import { bytesOf } from "./streams.ts";

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
  /** It was not tried: the backend had failed several times in a row, and could not be reached. */
  readonly gaveUp?: true;
}

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
  const key = entry?.key ?? archiveKey(document.digest.header, { gzip: job.gzip });
  for (let race = 0;; race++) {
    const expected = race === 0 ? expectedStanding(document, job, entry) : undefined;
    const standing = expected ?? await whatStands(document, job, key);
    if (standing.is === "same") {
      if (!job.dryRun) await remember(document, job, { ...standing, key });
      return { backend: backend.name, key, status: "unchanged", bytes: 0 };
    }
    const body = await bodyFor(document, key);
    const version = standing.is === "worth keeping" ? versionKey(key, standing.sha256) : undefined;
    if (!job.dryRun) {
      if (version) await keepVersion(job, key, version);
      const mode = modeFor(standing, backend.capabilities);
      let etag: string | undefined;
      try {
        etag = await write(document, body, job, key, mode);
      } catch (error) {
        if (race < MAX_RACES && isLostRace(error, mode)) continue;
        throw error;
      }
      await remember(document, job, { key, etag, size: bodySize(body) });
    }
    const bytes = bodySize(body);
    return { backend: backend.name, key, status: "archived", bytes, ...(version && { version }) };
  }
}

async function write(
  document: PreparedDocument,
  body: Body,
  job: CopyJob,
  key: string,
  mode: PutMode,
): Promise<string | undefined> {
  const { etag } = await job.backend.put(key, body, {
    mode,
    contentType: contentType(key),
    metadata: archiveMetadata(document.digest),
    sha256: isPacked(key) ? undefined : document.digest.sha256,
    signal: job.signal,
  });
  return etag;
}

/** The bytes that a key's name promises. */
async function bodyFor(document: PreparedDocument, key: string): Promise<Body> {
  return isPacked(key) ? await document.packed() : document.body;
}

function contentType(key: string): string {
  return isPacked(key) ? "application/gzip" : "application/json";
}

function bodySize(body: Body): number {
  return body instanceof Uint8Array ? body.length : body.size;
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
  { key, etag, size }: { readonly key: string; readonly etag?: string; readonly size: number },
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
    size,
    ...(etag !== undefined && { etag }),
    extent: digest.extent,
    facts: archiveFacts(digest.header, digest.summary),
  });
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
  const { metadata } = info;
  await backend.put(version, body, { contentType: contentType(version), metadata, signal });
}
