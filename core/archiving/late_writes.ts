/**
 * Writes whose end is not known. A store without conditional writes may do one after it was given
 * up on, over a newer state that it acknowledged meanwhile, and nobody would notice where the
 * session never changes again. So each is remembered before it is sent, and once it can no longer
 * arrive the store is asked what stands there.
 *
 * @module
 */
import type { SessionId } from "../agent.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import {
  type ArchiveError,
  asArchiveError,
  concernsBackend,
  type ErrorCode,
  isArchiveError,
  throwIfAborted,
} from "../errors.ts";
import { type Ledger, type LedgerEntry, markLost, type OpenWrite } from "../ledger/ledger.ts";
import { readMetadata } from "../document/metadata.ts";

/**
 * How long a store may do a write after it was sent, in milliseconds. What has not arrived by then
 * never does.
 *
 * @since 0.1.0
 */
export const LATE_WRITE_MS: number = 10 * 60_000;

/**
 * Options of {@linkcode Archiver.settle}.
 *
 * @since 0.1.0
 */
export interface SettleOptions {
  /** Only what was sent before: epoch milliseconds, as in `Date.now() - LATE_WRITE_MS`. */
  readonly before: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What was found where writes had no known end.
 *
 * @since 0.1.0
 */
export type SettledPlace = PlaceAsked & (WhatIsThere | WhyUnknown);

/**
 * Where writes had no known end.
 *
 * @since 0.1.0
 */
export interface PlaceAsked {
  /** The backend's name. */
  readonly backend: string;
  /** The object's key. */
  readonly key: string;
}

/**
 * What is there.
 *
 * - `as acknowledged`: what was acknowledged last is there, or what the user deleted is not.
 * - `never acknowledged`: nothing ever was; whatever asked for a copy there still does.
 * - `came back`: what the user deleted is there again. It is left there.
 * - `missing`: what was acknowledged is gone.
 * - `replaced`: something else is there, as a write that arrived late.
 *
 * What is missing or replaced counts as lost from then on: the next archiving of its `sessions`
 * looks at the store, and writes what it lacks.
 *
 * @since 0.1.0
 */
export type WhatIsThere =
  | { readonly status: "as acknowledged" | "never acknowledged" | "came back" }
  | { readonly status: "missing" | "replaced"; readonly sessions: readonly SessionId[] };

/**
 * The backend could not be asked; the writes stay open.
 *
 * @since 0.1.0
 */
export interface WhyUnknown {
  /** Always the same. */
  readonly status: "unknown";
  /** Why. */
  readonly error: ArchiveError;
}

/** What fails so was refused: the store did nothing, and will not. */
const REFUSED: ReadonlySet<ErrorCode> = new Set([
  "Unauthorized",
  "Invalid",
  "NotFound",
  "Precondition",
  "AlreadyExists",
  "NotSupported",
  "Throttled",
]);

/**
 * Whether a failed write was refused, so that it can have no effect later either.
 *
 * @param error What it failed with.
 */
export function isRefused(error: unknown): boolean {
  return isArchiveError(error) && REFUSED.has(error.code);
}

/**
 * Whether there is an open write of which it is time to ask.
 *
 * @param ledger Remembers them.
 * @param backend The backend's identity.
 * @param before See {@linkcode SettleOptions}.
 */
export function isAnyOverdue(ledger: Ledger, backend: string, before: number): boolean {
  return overduePlaces(ledger, backend, before).size > 0;
}

/**
 * Asks for each place, once no write to it can arrive any more, what stands there.
 *
 * @param backends Where to ask.
 * @param ledger Remembers the writes, and what was acknowledged.
 * @param options Which, and the signal.
 */
export async function* settleWrites(
  backends: readonly Backend[],
  ledger: Ledger,
  { before, signal }: SettleOptions,
): AsyncGenerator<SettledPlace> {
  for (const backend of backends) {
    for (const [key, writes] of overduePlaces(ledger, backend.identity, before)) {
      throwIfAborted(signal, "looking for late writes");
      const place = await settlePlace(key, writes, backend, ledger, signal);
      yield place;
      // It would fail for each.
      if (place.status === "unknown" && concernsBackend(place.error, backend.name)) break;
    }
  }
}

/** The open writes by key, where the last of them is over. */
function overduePlaces(
  ledger: Ledger,
  backend: string,
  before: number,
): ReadonlyMap<string, readonly OpenWrite[]> {
  const places = new Map<string, OpenWrite[]>();
  for (const write of ledger.openWrites()) {
    if (write.backend !== backend) continue;
    const others = places.get(write.key);
    if (others) others.push(write);
    else places.set(write.key, [write]);
  }
  for (const [key, writes] of places) {
    if (writes.some(({ sentAt }) => sentAt >= before)) places.delete(key);
  }
  return places;
}

async function settlePlace(
  key: string,
  writes: readonly OpenWrite[],
  backend: Backend,
  ledger: Ledger,
  signal: AbortSignal | undefined,
): Promise<SettledPlace> {
  const place = { backend: backend.name, key };
  try {
    const found = await judge(key, writes, backend, ledger, signal);
    await Promise.all(writes.map((write) => ledger.settle(write)));
    return { ...place, ...found };
  } catch (thrown) {
    const error = asArchiveError(thrown, { backend: backend.name, key });
    if (error.code === "Aborted") throw error;
    return { ...place, status: "unknown", error };
  }
}

async function judge(
  key: string,
  writes: readonly OpenWrite[],
  backend: Backend,
  ledger: Ledger,
  signal: AbortSignal | undefined,
): Promise<WhatIsThere> {
  const { identity } = backend;
  const entry = ledger.at(identity, key);
  if (!entry) return { status: "never acknowledged" };
  const info = await infoOf(key, backend, signal);
  if (entry.state === "deleted") return { status: info ? "came back" : "as acknowledged" };
  if (info && isAsAcknowledged(info, entry)) return { status: "as acknowledged" };
  const told = readMetadata(info?.metadata)?.sha256;
  const isOwn = writes.some(({ sha256 }) => sha256 === told);
  const sessions = await markLost(ledger, identity, key, isOwn ? info?.etag : undefined);
  return { status: info ? "replaced" : "missing", sessions };
}

async function infoOf(
  key: string,
  backend: Backend,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo | undefined> {
  try {
    return await backend.head(key, { signal });
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return undefined;
    throw error;
  }
}

function isAsAcknowledged(info: ObjectInfo, { state, etag, sha256, size }: LedgerEntry): boolean {
  if (state !== "stored") return false;
  if (etag !== undefined && info.etag === etag) return true;
  return readMetadata(info.metadata)?.sha256 === sha256 && info.size === size;
}
