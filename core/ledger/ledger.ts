/**
 * What is remembered of every copy that a backend acknowledged, so that unchanged sessions cost
 * nothing, and of every write whose end is not known. Losing it costs work, never data. This one
 * forgets with the process; the one on disk is `adapters/state/ledger.ts`.
 *
 * @module
 */
import type { SessionId } from "../agent.ts";
import { LedgerPlaces } from "./ledger_places.ts";
import type { PlainCopy } from "../plain/layout.ts";
import { sessionKey } from "../keys/session_key.ts";

/**
 * How far a copy reaches of what can only grow at its end; see `core/archiving/versions.ts`.
 *
 * @since 0.1.0
 */
export interface Extent {
  /** How many bytes of the document only grow at their end. */
  readonly length: number;
  /** SHA-256 of those bytes, 64 hex digits. */
  readonly sha256: string;
  /** Which things stand in the rest and are not empty: paths such as `info.title`. */
  readonly shape: readonly string[];
  /** Hashes of the document's beginning, where it is long; see `core/document/prefix_hash.ts`. */
  readonly marks?: readonly string[];
}

/**
 * What a list shows of an archive without reading it.
 *
 * @since 0.1.0
 */
export interface ArchiveFacts {
  /** See `Summary.title`. */
  readonly title: string;
  /** See `LoadedSession.projectPath`. */
  readonly projectPath: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** ISO 8601 in UTC. */
  readonly updatedAt: string;
  /** The id of the session that started it, or null. */
  readonly parentId: string | null;
  /** How many messages. */
  readonly messages: number;
}

/**
 * In place of a store's path: that of an archive which was found in its backend.
 *
 * @since 0.1.0
 */
export const NO_STORE = "";

/**
 * One session's copy in one backend.
 *
 * @since 0.1.0
 */
export interface LedgerEntry extends SessionId {
  /**
   * The absolute path of the store that holds the session; {@linkcode NO_STORE} where the archive was
   * found in its backend, and no store of this machine is known to have its session.
   */
  readonly store: string;
  /** The backend's identity, not its name. */
  readonly backend: string;
  /**
   * - `stored`: the backend acknowledged it.
   * - `lost`: it was found missing or damaged since; to be written again.
   * - `deleted`: the user deleted it; to be left alone until the session changes or is named.
   */
  readonly state: "stored" | "lost" | "deleted";
  /** The session's change token when this copy was made. */
  readonly token: string;
  /** Where it is. Kept for life, even if the session's directory changes. */
  readonly key: string;
  /** SHA-256 of the plain document, 64 hex digits. */
  readonly sha256: string;
  /** Size in bytes, as it is stored: packed where its key says so. */
  readonly size: number;
  /**
   * The store's etag of what this ledger's owner wrote there, where it told one. Absent too where
   * what stands there was found, and has all that the session has.
   */
  readonly etag?: string;
  /** What the next overwrite is compared with. */
  readonly extent: Extent;
  /** What lists show. */
  readonly facts: ArchiveFacts;
  /** The plain files that were written beside it, or were begun to be. */
  readonly plain?: PlainCopy;
}

/**
 * A write that is sent without a condition, to a backend that may do it late.
 *
 * @since 0.1.0
 */
export interface Write {
  /** The backend's identity. */
  readonly backend: string;
  /** The object's key. */
  readonly key: string;
  /** SHA-256 of the plain document, 64 hex digits. */
  readonly sha256: string;
}

/**
 * A write whose end is not known: under way, given up on, or cut off with its process.
 *
 * @since 0.1.0
 */
export interface OpenWrite extends Write {
  /** Tells it from all other open writes of its ledger. */
  readonly number: number;
  /**
   * When it was sent, in epoch milliseconds of the ledger's clock; as that goes now, where the ledger
   * notices that it was set since.
   */
  readonly sentAt: number;
}

/**
 * Remembers {@linkcode LedgerEntry}s, one a session and backend, and {@linkcode OpenWrite}s. It is
 * read whole when it is opened, so looking something up is immediate; writing is not.
 *
 * @since 0.1.0
 */
export interface Ledger {
  /**
   * What is remembered of a session's copy. Where that is only an archive that was found and is of no
   * store, it may be the session's, which did not write it: it is given without its etag, and what is
   * recorded for the session under its key takes its place.
   *
   * @param session Which session.
   * @param backend The backend's identity.
   */
  get(session: SessionId, backend: string): LedgerEntry | undefined;
  /**
   * What was remembered last of the object at a place.
   *
   * @param backend The backend's identity.
   * @param key The object's key.
   */
  at(backend: string, key: string): LedgerEntry | undefined;
  /**
   * Every entry of the object at a place, the one that was recorded last at the end: several where
   * two stores have a session of the same id.
   *
   * @param backend The backend's identity.
   * @param key The object's key.
   */
  allAt(backend: string, key: string): readonly LedgerEntry[];
  /** Everything that is remembered, in the order in which it was recorded. */
  entries(): Iterable<LedgerEntry>;
  /**
   * Remembers an entry in place of the one before; durable once the promise resolves.
   *
   * @param entry The new entry.
   * @param done The write that was acknowledged, which is no longer open then.
   */
  record(entry: LedgerEntry, done?: OpenWrite): Promise<void>;
  /**
   * Remembers a write before it is sent; durable once the promise resolves.
   *
   * @param write What is sent, and where to.
   * @returns It, with the time.
   */
  sending(write: Write): Promise<OpenWrite>;
  /** The writes whose end is not known, in the order in which they were sent. */
  openWrites(): Iterable<OpenWrite>;
  /**
   * Forgets a write whose end is known, or of no consequence.
   *
   * @param write Which.
   */
  settle(write: OpenWrite): Promise<void>;
}

/**
 * Options of {@linkcode MemoryLedger}.
 *
 * @since 0.1.0
 */
export interface MemoryLedgerOptions {
  /** The time in epoch milliseconds; the machine's by default. */
  readonly now?: () => number;
}

/**
 * A ledger that lives as long as the process.
 *
 * @example
 * ```ts
 * import { MemoryLedger } from "@session-archiver/archiver";
 *
 * const ledger = new MemoryLedger();
 * console.assert([...ledger.entries()].length === 0);
 * ```
 *
 * @since 0.1.0
 */
export class MemoryLedger implements Ledger {
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #places = new LedgerPlaces<LedgerEntry>();
  readonly #open = new Map<number, OpenWrite>();
  readonly #now: () => number;
  #writes = 0;

  /**
   * Makes an empty ledger.
   *
   * @param options The clock.
   */
  constructor({ now = Date.now }: MemoryLedgerOptions = {}) {
    this.#now = now;
  }

  /** See {@linkcode Ledger.get}. */
  get(session: SessionId, backend: string): LedgerEntry | undefined {
    const found = () => this.#entries.get(ledgerKey({ ...session, store: NO_STORE }, backend));
    return this.#entries.get(ledgerKey(session, backend)) ?? asUnwritten(found());
  }

  /** See {@linkcode Ledger.at}. */
  at(backend: string, key: string): LedgerEntry | undefined {
    return this.#places.last(backend, key);
  }

  /** See {@linkcode Ledger.allAt}. */
  allAt(backend: string, key: string): readonly LedgerEntry[] {
    return this.#places.all(backend, key);
  }

  /** See {@linkcode Ledger.entries}. */
  entries(): Iterable<LedgerEntry> {
    return this.#entries.values();
  }

  /** See {@linkcode Ledger.record}. */
  record(entry: LedgerEntry, done?: OpenWrite): Promise<void> {
    if (done) this.#open.delete(done.number);
    const found = this.#entries.get(ledgerKey({ ...entry, store: NO_STORE }, entry.backend));
    if (found?.key === entry.key) this.#forget(found);
    this.#forget(this.#entries.get(ledgerKey(entry, entry.backend)));
    this.#entries.set(ledgerKey(entry, entry.backend), entry);
    this.#places.add(entry);
    return Promise.resolve();
  }

  #forget(entry: LedgerEntry | undefined): void {
    if (!entry) return;
    this.#entries.delete(ledgerKey(entry, entry.backend));
    this.#places.remove(entry);
  }

  /** See {@linkcode Ledger.sending}. */
  sending({ backend, key, sha256 }: Write): Promise<OpenWrite> {
    const number = ++this.#writes;
    const open = { backend, key, sha256, number, sentAt: this.#now() };
    this.#open.set(number, open);
    return Promise.resolve(open);
  }

  /** See {@linkcode Ledger.openWrites}. */
  openWrites(): Iterable<OpenWrite> {
    return this.#open.values();
  }

  /** See {@linkcode Ledger.settle}. */
  settle({ number }: OpenWrite): Promise<void> {
    this.#open.delete(number);
    return Promise.resolve();
  }
}

/**
 * One string for a session and a backend, for maps.
 *
 * @param session Which session.
 * @param backend The backend's identity.
 */
export function ledgerKey(session: SessionId, backend: string): string {
  return `${sessionKey(session)}\n${backend}`;
}

/**
 * What a ledger gives for a session of which it only knows an archive that was found.
 *
 * @param found The archive, if there is one.
 */
export function asUnwritten(found: LedgerEntry | undefined): LedgerEntry | undefined {
  if (!found) return undefined;
  const { etag: _, ...rest } = found;
  return rest;
}

/**
 * The writes at a place whose end is not known: any of them may yet take effect there.
 *
 * @param ledger Where to look.
 * @param backend The backend's identity.
 * @param key The object's key.
 */
export function openWritesAt(ledger: Ledger, backend: string, key: string): OpenWrite[] {
  return [...ledger.openWrites()].filter((write) => write.backend === backend && write.key === key);
}

/**
 * Remembers that the object at a place is not what was acknowledged, so that it is written again.
 *
 * @param ledger Where to remember it.
 * @param backend The backend's identity.
 * @param key The object's key.
 * @param etag The etag of what stands there, where that is another write of this ledger's owner.
 * @returns The sessions that it is to be written for, as far as a store has them.
 */
export async function markLost(
  ledger: Ledger,
  backend: string,
  key: string,
  etag?: string,
): Promise<readonly SessionId[]> {
  const wanted = ledger.allAt(backend, key).filter(({ state }) => state !== "deleted");
  for (const entry of wanted) {
    const lost = { ...entry, state: "lost", ...(etag !== undefined && { etag }) } as const;
    if (entry.state !== "lost" || entry.etag !== lost.etag) await ledger.record(lost);
  }
  return wanted.filter(({ store }) => store !== NO_STORE)
    .map(({ agent, store, id }) => ({ agent, store, id }));
}
