/**
 * Whether a session is in every backend of its rule as it is now: it is read from its agent, each copy
 * is read back, and their hashes are compared. Nothing that is remembered is believed.
 *
 * @module
 */
import type { Agent, LoadedSession, SessionId, SessionRef, Whereabouts } from "../agent.ts";
import type { Backend } from "../backend.ts";
import { DocumentWriter } from "../document/document.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { type Ledger, type LedgerEntry, markLost, openWritesAt } from "../ledger/ledger.ts";
import type { Patience } from "../patience.ts";
import { storedHash } from "../verify/stored_hash.ts";

/** Where sessions are, and their copies. */
export interface ProofSource {
  /** The session's agent. */
  readonly agent: Agent;
  /** The backends that the rules name for a session. */
  backendsFor(where: Whereabouts): Promise<readonly Backend[]>;
  /** Knows where copies are, and is told which are not good. */
  readonly ledger: Ledger;
  /** Knows which backends are left alone. */
  readonly patience: Patience;
}

/** A copy that is to be there. */
export interface RememberedCopy {
  /** Where. */
  readonly backend: Backend;
  /** What is remembered of it. */
  readonly entry: LedgerEntry;
}

/**
 * The copies of a session, by what is remembered of them.
 *
 * @param session As its agent told of it just now.
 * @param source Where to look.
 * @returns One entry a backend of its rule, at least one.
 * @throws {ArchiveError} `Precondition` naming the backend that is not known to have this very state.
 */
export async function rememberedCopies(
  session: SessionRef,
  { backendsFor, ledger }: Pick<ProofSource, "backendsFor" | "ledger">,
): Promise<readonly RememberedCopy[]> {
  const backends = await backendsFor(session);
  if (backends.length === 0) throw doubt(session, "its rule archives it nowhere");
  return backends.map((backend) => {
    const entry = ledger.get(session, backend.identity);
    const { name, identity } = backend;
    if (entry === undefined) throw doubt(session, `it is not archived on ${name}`);
    if (entry.state === "deleted") throw doubt(session, `its archive on ${name} was deleted`);
    if (entry.state === "lost") throw doubt(session, `its archive on ${name} is lost or damaged`);
    if (entry.token !== session.token) {
      throw doubt(session, `it has changed since it was archived on ${name}`);
    }
    if (openWritesAt(ledger, identity, entry.key).length > 0) {
      throw doubt(session, `a write of it to ${name} has no known end yet`);
    }
    return { backend, entry };
  });
}

/**
 * Proves that every backend of a session's rule has it.
 *
 * @param session As its agent told of it just now.
 * @param source Where to look.
 * @param signal Stops it.
 * @throws {ArchiveError} `Precondition` when it has changed, or when its agent
 * has something to say of it, or when a copy is another good state; `NotFound` or `Corrupt` for a copy that is
 * not there or is not what the session is, which is remembered as lost then; what agent and backend throw,
 * at once for a backend that is left alone.
 */
export async function proveCopies(
  session: SessionRef,
  source: ProofSource,
  signal?: AbortSignal,
): Promise<void> {
  const { agent, ledger, patience } = source;
  for (const { backend } of await rememberedCopies(session, source)) {
    const lost = patience.lostWith(backend);
    if (lost) throw lost;
  }
  const loaded = await agent.load(session, { signal });
  const sha256 = await hashOf(loaded, session.agent);
  if (loaded.token !== session.token) throw doubt(session, "it has changed just now");
  const [warning] = loaded.warnings();
  if (warning !== undefined) throw doubt(session, warning);
  const { projectPath, origin } = loaded;
  const copies = await rememberedCopies({ ...session, projectPath, origin }, source);
  const prove = async (copy: RememberedCopy) => {
    const { backend, entry: { key } } = copy;
    try {
      await patience.attempt(backend, () => proveCopy(copy, sha256, signal), signal);
    } catch (error) {
      const isBad = isArchiveError(error, "NotFound") || isArchiveError(error, "Corrupt");
      if (isBad) await markLost(ledger, backend.identity, key);
      throw error;
    }
  };
  await Promise.all(copies.map(prove));
}

/** SHA-256 of a session's document, which is held nowhere: the disk may be full. */
async function hashOf(session: LoadedSession, agent: string): Promise<string> {
  const writer = new DocumentWriter(agent, session);
  for await (const chunk of writer.chunks()) void chunk;
  return writer.digest().sha256;
}

async function proveCopy(
  { backend, entry }: RememberedCopy,
  expected: string,
  signal?: AbortSignal,
): Promise<void> {
  const { key, sha256 } = entry;
  const found = await storedHash(key, backend, signal);
  if (found === expected) return;
  if (found === sha256) {
    throw doubt(
      entry,
      `${backend.name} has another state of it: another machine went on with it, or another ` +
        "release wrote it; archive it by its id to have the two compared",
    );
  }
  throw new ArchiveError(
    "Corrupt",
    `${key} on ${backend.name} is not what the session is: its SHA-256 is ` +
      `${found.slice(0, 12)}…, the session's ${expected.slice(0, 12)}…`,
    { backend: backend.name, key },
  );
}

function doubt({ id }: SessionId, what: string): ArchiveError {
  return new ArchiveError("Precondition", what, { session: id });
}
