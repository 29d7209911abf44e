/**
 * Bringing one session's document to one backend: finds out what stands there, keeps it as a
 * version where it would be lost, writes, and remembers.
 *
 * @module
 */
import { archiveKey, contentType, isPacked, versionKey } from "../keys/archive_key.ts";
import {
  type Beginning,
  type Body,
  bodySize,
  type Capabilities,
  type PutMode,
} from "../backend.ts";
import { knownBeginning } from "./beginning.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { keepVersion } from "./kept_version.ts";
import { isRefused } from "./late_writes.ts";
import type { LedgerEntry, OpenWrite } from "../ledger/ledger.ts";
import { archiveFacts, archiveMetadata } from "../document/metadata.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import { type CopyJob, expectedStanding, type Standing, whatStands } from "./what_stands.ts";

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
  /** How many of them were plain files beside the archive, where any was sent. */
  readonly plainBytes?: number;
  /** The key of the version that was kept because the overwrite would have lost something. */
  readonly version?: string;
  /** It was read back, and is what was sent. */
  readonly readBack?: true;
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
  if (entry && isUnwanted(document, job, entry)) {
    const { store } = session;
    if (!job.dryRun) await ledger.record({ ...entry, store, token: document.token });
    return { backend: backend.name, key: entry.key, status: "skipped", bytes: 0 };
  }
  const key = entry?.key ?? await keyFor(document, job);
  for (let race = 0;; race++) {
    const expected = race === 0 ? expectedStanding(document, job, entry) : undefined;
    const standing = expected ?? await whatStands(document, job, key);
    if (standing.is === "same" || standing.is === "ahead") {
      const { is: _, ...found } = standing;
      if (!job.dryRun && !isRemembered(standing, document, job, entry)) {
        await remember(document, job, { key, ...found });
      }
      return { backend: backend.name, key, status: "unchanged", bytes: 0 };
    }
    const body = await bodyFor(document, key);
    let bytes = bodySize(body);
    const version = standing.is === "worth keeping" ? versionKey(key, standing.sha256) : undefined;
    if (!job.dryRun) {
      if (version && !await kept(job, key, version, standing)) {
        if (race < MAX_RACES) continue;
        throw tooManyWriters(job, key);
      }
      const mode = modeFor(standing, backend.capabilities);
      const continues = continuedBy(document, key, standing, entry);
      let written: Written;
      try {
        written = await write(document, body, job, key, { mode, continues });
      } catch (error) {
        if (race < MAX_RACES && isLostRace(error, mode)) continue;
        throw error;
      }
      const { etag, copied, done } = written;
      await remember(document, job, { key, etag, size: bytes }, done);
      bytes -= copied;
    }
    return { backend: backend.name, key, status: "archived", bytes, ...(version && { version }) };
  }
}

/** Whether the user deleted this very state, whatever the session's token was, if that is known. */
function isUnwanted(
  { digest }: PreparedDocument,
  { named }: CopyJob,
  { state, sha256 }: LedgerEntry,
): boolean {
  return state === "deleted" && sha256 === digest.sha256 && !named;
}

/** Where a session goes that the ledger does not know: where it is already, or where it belongs. */
async function keyFor({ digest }: PreparedDocument, job: CopyJob): Promise<string> {
  const { backend, session, gzip, keys, signal } = job;
  const own = archiveKey(digest.header, { gzip });
  return await keys?.keyOf(session.id, backend, own, signal) ?? own;
}

/** What the backend acknowledged. */
interface Written {
  readonly etag?: string;
  /** How many bytes were not sent, as the backend had them. */
  readonly copied: number;
  /** The write, where it was remembered before it was sent and has no further effect. */
  readonly done?: OpenWrite;
}

/** Sends it; where it may arrive late, over a newer state, it is remembered before. */
async function write(
  document: PreparedDocument,
  body: Body,
  job: CopyJob,
  key: string,
  { mode, continues }: { readonly mode: PutMode; readonly continues: Beginning | undefined },
): Promise<Written> {
  const { backend, ledger } = job;
  const { sha256 } = document.digest;
  const what = { backend: backend.identity, key, sha256 };
  const open = mayArriveLate(mode, backend.capabilities) ? await ledger.sending(what) : undefined;
  let isResent = false;
  try {
    const { etag, copied = 0 } = await backend.put(key, body, {
      mode,
      continues,
      contentType: contentType(key),
      metadata: archiveMetadata(document.digest),
      sha256: isPacked(key) ? undefined : sha256,
      signal: job.signal,
      onResend: () => isResent = true,
    });
    if (!open || !isResent) return { etag, copied, done: open };
    // An earlier attempt may get done late, counted from now, however long all of them took.
    const isNoted = await ledger.sending(what).then(() => true, () => false);
    return { etag, copied, ...(isNoted && { done: open }) };
  } catch (error) {
    if (open) {
      // From now on it can only get done late. Without this it is looked for too soon, or in vain.
      const noted = isRefused(error) && !isResent ? ledger.settle(open) : ledger.sending(what);
      await noted.catch(() => undefined);
    }
    throw error;
  }
}

function mayArriveLate(mode: PutMode, { lateWrites = true }: Capabilities): boolean {
  return mode === "overwrite" && lateWrites;
}

/** The bytes that a key's name promises. */
async function bodyFor(document: PreparedDocument, key: string): Promise<Body> {
  return isPacked(key) ? await document.packed() : document.body;
}

/** Keeps what stands at the key; tells whether it still stood there, at last just before the write. */
async function kept(
  { backend, spool, signal }: CopyJob,
  key: string,
  version: string,
  standing: Standing,
): Promise<boolean> {
  if (standing.is !== "worth keeping") return true;
  const { sha256, etag } = standing;
  if (!await keepVersion({ backend, key, version, sha256, spool, signal })) return false;
  if (backend.capabilities.ifMatch || etag === undefined) return true;
  // The write itself cannot tell; keeping took its time.
  try {
    return (await backend.head(key, { signal })).etag === etag;
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return false;
    throw error;
  }
}

function tooManyWriters({ backend, session }: CopyJob, key: string): ArchiveError {
  return new ArchiveError(
    "Transient",
    `${key} on ${backend.name} is written again and again by somebody else; the next run tries anew`,
    { backend: backend.name, key, session: session.id },
  );
}

/** Whether a write found that what stands there is not what it was thought to be. */
function isLostRace(error: unknown, mode: PutMode): boolean {
  if (mode === "create") return isArchiveError(error, "AlreadyExists");
  // Some stores say NotFound where `ifMatch` meets no object.
  return mode !== "overwrite" &&
    (isArchiveError(error, "Precondition") || isArchiveError(error, "NotFound"));
}

/** What does not spare the write. */
type Lacking = Exclude<Standing, { readonly is: "same" | "ahead" }>;

function modeFor(standing: Lacking, capabilities: Capabilities): PutMode {
  if (standing.is === "nothing") return capabilities.createOnly ? "create" : "overwrite";
  const { etag } = standing;
  return etag !== undefined && capabilities.ifMatch ? { ifMatch: etag } : "overwrite";
}

/** What need not be sent; of a packed document all of it is other bytes after the least change. */
function continuedBy(
  { digest }: PreparedDocument,
  key: string,
  standing: Lacking,
  entry: LedgerEntry | undefined,
): Beginning | undefined {
  if (standing.is === "nothing" || isPacked(key)) return undefined;
  return knownBeginning(digest, standing.etag, entry);
}

/**
 * Whether nothing would be remembered anew: all of it is, or as much of a later state as whoever carried
 * an earlier one there can tell.
 */
function isRemembered(
  standing: Standing,
  { digest, token }: PreparedDocument,
  { session, carried }: CopyJob,
  entry?: LedgerEntry,
): boolean {
  if (entry?.state !== "stored") return false;
  if (standing.is === "ahead") return carried === true && entry.sha256 === standing.sha256;
  if (standing.is !== "same") return false;
  const isSame = entry.sha256 === digest.sha256 && entry.etag === standing.etag;
  return isSame && entry.token === token && entry.store === session.store;
}

/** What is to be remembered of the object; what is left out is the document's own. */
type There =
  & Pick<LedgerEntry, "key" | "size">
  & Partial<Pick<LedgerEntry, "etag" | "sha256" | "extent" | "facts">>;

async function remember(
  { digest, token }: PreparedDocument,
  { session, backend, ledger }: CopyJob,
  { etag, ...there }: There,
  done?: OpenWrite,
): Promise<void> {
  const sha256 = there.sha256 ?? digest.sha256;
  const plain = plainBefore(ledger.get(session, backend.identity), sha256, token);
  await ledger.record({
    agent: session.agent,
    store: session.store,
    id: session.id,
    backend: backend.identity,
    state: "stored",
    token,
    sha256,
    ...(etag !== undefined && { etag }),
    extent: digest.extent,
    facts: archiveFacts(digest.header, digest.summary),
    ...there,
    ...(plain && { plain }),
  }, done);
}

/** Plain files stay where they are; they are the session's as long as that is the same. */
function plainBefore(
  entry: LedgerEntry | undefined,
  sha256: string,
  token: string,
): LedgerEntry["plain"] {
  const isSame = entry?.state === "stored" && entry.sha256 === sha256 && entry.token === token;
  return entry?.plain && { ...entry.plain, isWhole: entry.plain.isWhole && isSame };
}
