/**
 * What is archived, counted from what the backends acknowledged, and what was sent without a known
 * end. None of them is asked.
 *
 * @module
 */
import type { SessionId } from "../../../core/agent.ts";
import { sessionOfFiles } from "../../../core/keys/files_of.ts";
import type { LedgerEntry, OpenWrite } from "../../../core/ledger/ledger.ts";
import { ledgerPath } from "../../state/layout.ts";
import { FileLedger } from "../../state/ledger.ts";

/** What is archived. */
export interface ArchivedCopies {
  /** How many sessions some backends have, each counted once, in whatever stores it is. */
  sessions(identities: readonly string[]): number;
  /** How many copies one backend has. */
  copies(identity: string): number;
  /** Whether a backend has a copy of a session, in whatever store that is. */
  has(session: Omit<SessionId, "store">, identity: string): boolean;
  /** What is remembered of a session's copy in one backend. */
  copy(session: SessionId, identity: string): LedgerEntry | undefined;
  /** The writes whose end is not known, those under way among them. */
  readonly openWrites: readonly OpenWrite[];
}

/**
 * Counts the copies that the ledger knows.
 *
 * @param state The state's folder. Nothing need be there.
 * @throws {ArchiveError} When the ledger cannot be read.
 */
export async function archivedCopies(state: string): Promise<ArchivedCopies> {
  const ledger = await FileLedger.open(ledgerPath(state), { readOnly: true });
  try {
    const ids = new Map<string, Set<string>>();
    for (const entry of ledger.entries()) {
      if (entry.state !== "stored") continue;
      setAt(ids, entry.backend).add(idKey(entry));
    }
    return {
      sessions: (identities) =>
        new Set(identities.flatMap((one) => [...ids.get(one) ?? []].filter(isSession))).size,
      copies: (identity) => ids.get(identity)?.size ?? 0,
      openWrites: [...ledger.openWrites()],
      copy: (session, identity) => ledger.get(session, identity),
      has: (session, identity) => ids.get(identity)?.has(idKey(session)) ?? false,
    };
  } finally {
    await ledger.close();
  }
}

function setAt(sets: Map<string, Set<string>>, name: string): Set<string> {
  const known = sets.get(name) ?? new Set();
  sets.set(name, known);
  return known;
}

/** Files beside one are an archive of their own, and no session. */
function isSession(idKey: string): boolean {
  return sessionOfFiles(idKey) === undefined;
}

function idKey({ agent, id }: Omit<SessionId, "store">): string {
  return `${agent}\n${id}`;
}
