/**
 * Copying one archive, or kept version, to a backend that lacks it or has another state of it.
 *
 * @module
 */
import type { Agent } from "../agent.ts";
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { type Carried, carryArchive, carryVersion } from "../archiving/carrying.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { type Ledger, type LedgerEntry, MemoryLedger, NO_STORE } from "../ledger/ledger.ts";
import type { Look } from "../verify/look.ts";
import type { Looking } from "../verify/patient_look.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import { readBack } from "../archiving/read_back.ts";
import { readObject } from "../verify/read_object.ts";
import type { Spool } from "../document/spool.ts";

/** What is brought level, and with what. */
export interface SyncSource {
  /** Where archives come from. */
  readonly from: Backend;
  /** Where they go. */
  readonly to: Backend;
  /** Remembers what is where. */
  readonly ledger: Ledger;
  /** Holds a large archive. */
  readonly spool: Spool;
  /** The agent of a name. */
  agent(name: string): Agent;
}

/** What copying needs. */
export type SyncJob = SyncSource & Looking & { readonly dryRun: boolean };

/** An archive that was looked at in both backends. */
export interface Pair {
  readonly key: string;
  readonly own: Whole;
  readonly there: Look;
}

type Whole = Extract<Look, { readonly found: "whole" }>;

/** What became of it. */
export type Brought =
  | { readonly status: "same" | "ahead" }
  | { readonly status: "copied" | "would copy"; readonly version?: string };

/**
 * Copies what was looked at, unless both have the same.
 *
 * @param pair What was seen.
 * @param job What is needed.
 * @throws {ArchiveError} Why it cannot be.
 */
export async function bring(pair: Pair, job: SyncJob): Promise<Brought> {
  if (isSame(pair)) {
    await note(pair, job);
    return { status: "same" };
  }
  const isElsewhere = (knownThere(pair.key, job)?.key ?? pair.key) !== pair.key;
  const isNew = pair.there.found === "absent" && !isElsewhere;
  if (job.dryRun && isNew) return { status: "would copy" };
  const copy = parseArchiveKey(pair.key)?.version ? bringVersion : bringArchive;
  return await job.slots.hold(() => patiently(() => copy(pair, job), job));
}

/**
 * What is remembered of a session's archive where it goes, which may lie under another key there.
 *
 * @param key Its key where it comes from.
 * @param job From where to where.
 */
export function knownThere(key: string, { from, to, ledger }: SyncJob): LedgerEntry | undefined {
  const origin = ledger.at(from.identity, key);
  const isOfStore = origin !== undefined && origin.store !== NO_STORE;
  return ledger.at(to.identity, key) ?? (isOfStore ? ledger.get(origin, to.identity) : undefined);
}

/** Each of both backends answers for what it fails with itself, and may be left alone for it. */
async function patiently<T>(
  work: () => Promise<T>,
  { from, to, patience, signal }: SyncJob,
): Promise<T> {
  const lost = patience.lostWith(from) ?? patience.lostWith(to);
  if (lost) throw lost;
  const failed = (error: unknown) => {
    if (isArchiveError(error) && error.backend === from.name) return { error };
    throw error;
  };
  const attempt = () => work().then((result) => ({ result }), failed);
  const ended = await patience.attempt(to, attempt, signal);
  if ("result" in ended) return ended.result;
  return await patience.attempt(from, () => Promise.reject(ended.error), signal);
}

/** A version is told without its content, and is what its name says. */
function isSame({ own, there }: Pair): boolean {
  return there.found === "whole" && own.content?.sha256 === there.content?.sha256;
}

/** Remembers what was there already, so that archiving from here begins where it is. */
async function note({ key, there }: Pair, { from, to, ledger, dryRun }: SyncJob): Promise<void> {
  const entry = ledger.at(from.identity, key);
  if (dryRun || !entry || there.found !== "whole" || !isCopyOf(entry, there.content?.sha256)) {
    return;
  }
  if (ledger.get(entry, to.identity)) return;
  const { etag: _, plain: __, ...rest } = entry;
  await ledger.record({ ...rest, backend: to.identity, size: there.size });
}

function isCopyOf(entry: LedgerEntry | undefined, sha256: string | undefined): boolean {
  return entry?.state === "stored" && entry.sha256 === sha256;
}

async function bringVersion({ key, there }: Pair, job: SyncJob): Promise<Brought> {
  const { from, to, ledger, dryRun, signal } = job;
  if (there.found !== "absent") throw notWhole(there, key, to);
  if (dryRun) return { status: "would copy" };
  await carryVersion({ key, from, to, replaces: false }, job);
  const look = await readObject({ key, backend: to, ledger, signal });
  if (look.found !== "whole") throw notWhole(look, key, to);
  return { status: "copied" };
}

async function bringArchive({ key, there }: Pair, job: SyncJob): Promise<Brought> {
  const { from, to, ledger, dryRun, signal } = job;
  const whose = (document: PreparedDocument) => carriedFrom(document, key, job);
  const { sha256, ...outcome } = await carryArchive(
    { key, backend: from },
    { key, backend: to },
    job,
    whose,
  );
  if (outcome.status === "unchanged") return { status: there.found === "whole" ? "ahead" : "same" };
  const { error, version } = dryRun
    ? outcome
    : await readBack(outcome, sha256, { backend: to, ledger, signal });
  if (error) throw error;
  return { status: dryRun ? "would copy" : "copied", ...(version && { version }) };
}

/**
 * What is remembered of it where it comes from holds where it goes: it is the same. One that was only
 * found may be one of several of its session, of which a ledger knows one: each keeps its key.
 */
function carriedFrom(
  document: PreparedDocument,
  key: string,
  { from, to, ledger }: SyncJob,
): Carried {
  const { digest } = document;
  const { agent, id } = digest.header;
  const knownIn = ({ identity }: Backend) =>
    ledger.allAt(identity, key).findLast((entry) => entry.agent === agent);
  const origin = knownIn(from);
  const session = knownIn(to) ?? origin ?? { agent, store: NO_STORE, id };
  const isElsewhere = (ledger.get(session, to.identity)?.key ?? key) !== key;
  if (isElsewhere && session.store === NO_STORE) {
    return { document, session, ledger: new MemoryLedger() };
  }
  if (!origin || origin.store !== session.store || !isCopyOf(origin, digest.sha256)) {
    return { document, session, ledger };
  }
  const { token, extent } = origin;
  return { document: { ...document, token, digest: { ...digest, extent } }, session, ledger };
}

/**
 * The error for what cannot be brought, or is not what was brought.
 *
 * @param look What was seen.
 * @param key Of what.
 * @param backend Where.
 */
export function notWhole(look: Look, key: string, { name: backend }: Backend): ArchiveError {
  const problem = "problem" in look ? look.problem : `${key} on ${backend} was not looked at`;
  const about = { key, backend };
  if (look.found === "failed") return new ArchiveError("Transient", problem, about);
  if (look.found === "undecodable") return new ArchiveError("NotSupported", problem, about);
  return new ArchiveError("Corrupt", `${problem}; repair it first`, about);
}
