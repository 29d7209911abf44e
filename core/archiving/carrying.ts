/**
 * Carrying what one backend holds to another, or to another key.
 *
 * @module
 */
import type { Agent, SessionId } from "../agent.ts";
import { contentType, parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { copyDocument, type CopyOutcome } from "./copy.ts";
import { heldBody, partsOf } from "../document/held_body.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import type { Spool } from "../document/spool.ts";
import { checkNoStray, misnamed, prepareStored } from "../document/stored_document.ts";
import { chunksOf, streamOf } from "../streams.ts";
import { isOfHash } from "../verify/version_hash.ts";

/** An object, there or not. */
export interface Place {
  /** Its key. */
  readonly key: string;
  /** Its backend. */
  readonly backend: Backend;
}

/** What carrying needs. */
export interface Carrying {
  /** Knows what was archived where it comes from, and has to be there still. */
  readonly ledger: Ledger;
  /** Holds a large archive. */
  readonly spool: Spool;
  /** The agent of a name. Asked only where two states of a session are compared. */
  agent(name: string): Agent;
  /** Finds out everything, writes nothing. */
  readonly dryRun?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** An archive that is carried. */
export interface Carried {
  /** The archive. */
  readonly document: PreparedDocument;
  /** Whose it is. */
  readonly session: SessionId;
  /** Remembers it. */
  readonly ledger: Ledger;
}

/**
 * Carries a session's archive by the rules for every session: what stands there and has anything
 * more is kept first, or left where it has everything.
 *
 * @param from Where it is; a kept version, too.
 * @param to Where it goes, unless its session is remembered to lie under another key there.
 * @param carrying What is needed.
 * @param whose Tells whose it is.
 * @returns What became of it there, with what was carried.
 * @throws {ArchiveError} `Corrupt` when it is no whole archive, or another session's; what reading or
 * writing fails with.
 */
export async function carryArchive(
  from: Place,
  to: Place,
  { ledger: known, agent, spool, dryRun, signal }: Carrying,
  whose: (document: PreparedDocument) => Carried,
): Promise<CopyOutcome & { readonly sha256: string }> {
  const stored = await prepareStored({ ...from, ledger: known, signal }, spool);
  try {
    checkNoStray(stored, from.key);
    const { document, session, ledger } = whose(stored);
    const { header, sha256 } = document.digest;
    const outcome = await copyDocument(document, {
      // Whoever only hands archives on need not know their agents.
      get agent() {
        return agent(header.agent);
      },
      backend: to.backend,
      keys: { keyOf: () => Promise.resolve(to.key) },
      ...{ session, ledger, spool, dryRun, signal },
      named: true,
      carried: true,
    });
    return { ...outcome, sha256 };
  } finally {
    await stored.dispose();
  }
}

/** A kept version that is carried. */
export interface CarriedVersion {
  /** Its key. */
  readonly key: string;
  /** Where it is. */
  readonly from: Backend;
  /** Where it goes. */
  readonly to: Backend;
  /** Whether something that is not good stands there, and goes. */
  readonly replaces: boolean;
}

/**
 * Carries a kept version, which is whatever it is: its bytes are its own, and its name says which.
 *
 * @param version Which.
 * @param carrying What is needed.
 * @throws {ArchiveError} `Corrupt` when it is not what its name says; what reading or writing fails
 * with.
 */
export async function carryVersion(
  { key, from, to, replaces }: CarriedVersion,
  { spool, signal }: Carrying,
): Promise<void> {
  const { info, body: bytes } = await from.get(key, { signal });
  const { body, dispose } = await heldBody(chunksOf(bytes), spool);
  try {
    const open = () => Promise.resolve(streamOf(partsOf(body)));
    if (!await isOfHash(parseArchiveKey(key)?.version ?? "", open, key)) throw misnamed(key);
    await to.put(key, body, {
      mode: !replaces && to.capabilities.createOnly ? "create" : "overwrite",
      contentType: contentType(key),
      metadata: info.metadata,
      signal,
    });
  } finally {
    await dispose();
  }
}
