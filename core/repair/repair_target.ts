/**
 * A copy that is not good, and bringing another one in its place.
 *
 * @module
 */
import type { Agent, SessionRef, Whereabouts } from "../agent.ts";
import type { SessionOutcome } from "../archiving/archiving.ts";
import type { Backend } from "../backend.ts";
import { type Carried, carryArchive, carryVersion } from "../archiving/carrying.ts";
import { ArchiveError } from "../errors.ts";
import { type Ledger, MemoryLedger, NO_STORE } from "../ledger/ledger.ts";
import { archiveFacts } from "../document/metadata.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import { readObject } from "../verify/read_object.ts";
import type { Spool } from "../document/spool.ts";
import type { WrongOutcome } from "../verify/verify_outcome.ts";

/** What repairing needs. */
export interface RepairSource {
  /** All stores, in order of preference. */
  readonly backends: readonly Backend[];
  /** All agents. */
  readonly agents: readonly Agent[];
  /** Remembers what was archived. */
  readonly ledger: Ledger;
  /** Holds a large archive. */
  readonly spool: Spool;
  /** The backend of a name. */
  backend(name: string): Backend;
  /** The agent of a name. */
  agent(name: string): Agent;
  /** The backends that the rules name for a session, of those that are repaired. */
  backendsFor(where: Whereabouts): Promise<readonly Backend[]>;
  /** Archives a session into all of those, asking each. */
  archive(session: SessionRef): Promise<SessionOutcome>;
}

/** A copy that is not good. */
export interface Target {
  readonly copy: WrongOutcome;
  readonly backend: Backend;
  readonly source: RepairSource;
  readonly signal?: AbortSignal;
}

/**
 * Brings a whole archive to where the bad copy is, by the rules for every session.
 *
 * @param target The bad copy.
 * @param from Where the whole one is.
 * @returns The key of what was kept of that which stood there.
 * @throws {ArchiveError} What reading or writing fails with.
 */
export async function bringArchive(
  { copy: { key }, backend, source, signal }: Target,
  from: { readonly backend: Backend; readonly key: string },
): Promise<string | undefined> {
  const { ledger } = source;
  const entry = ledger.at(backend.identity, key);
  const { version } = await carryArchive(
    from,
    { key, backend },
    { ...source, signal },
    (document) =>
      entry ? { document, session: entry, ledger } : unknownBefore(document, key, backend),
  );
  return version;
}

/**
 * What is remembered of a session that this machine never archived there: nothing afterwards, and now
 * that its copy is not good, so that its bytes alone are believed.
 */
function unknownBefore(document: PreparedDocument, key: string, { identity }: Backend): Carried {
  const { header, summary, sha256, size, extent } = document.digest;
  const session = { agent: header.agent, store: NO_STORE, id: header.id };
  const ledger = new MemoryLedger();
  void ledger.record({
    ...session,
    backend: identity,
    state: "lost",
    token: "",
    ...{ key, sha256, size, extent },
    facts: archiveFacts(header, summary),
  });
  return { document, session, ledger };
}

/**
 * Brings a kept version to where the bad one is.
 *
 * @param target The bad one.
 * @param mirror The backend that has it whole.
 * @throws {ArchiveError} `Corrupt` when it is no longer whole there; what reading or writing fails with.
 */
export async function bringVersion(
  { copy: { key, status }, backend, source, signal }: Target,
  mirror: Backend,
): Promise<undefined> {
  const version = { key, from: mirror, to: backend, replaces: status !== "missing" };
  await carryVersion(version, { ...source, signal });
}

/**
 * Reads back what was brought: nothing is called repaired before.
 *
 * @param target What was a bad copy.
 * @throws {ArchiveError} `Corrupt` when it still is one.
 */
export async function proveRepaired(
  { copy: { key }, backend, source, signal }: Target,
): Promise<void> {
  const look = await readObject({ key, backend, ledger: source.ledger, signal });
  if (look.found === "whole") return;
  const problem = "problem" in look ? look.problem : "it was not looked at";
  throw new ArchiveError("Corrupt", `${key} on ${backend.name} was written, but ${problem}`, {
    key,
    backend: backend.name,
  });
}
