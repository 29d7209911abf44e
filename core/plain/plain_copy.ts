/**
 * Writing the plain files of a document beside its archive, from the document itself: the session may
 * have changed since it was read, or be gone.
 *
 * Where they go is remembered before the first is written, and that they are whole once the last is, so
 * that none is left behind unknown and none goes missing unseen.
 *
 * @module
 */
import type { Agent, SessionId } from "../agent.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { readDocument } from "../document/document_reader.ts";
import type { PreparedDocument } from "../document/prepared_document.ts";
import type { Spool } from "../document/spool.ts";
import { ArchiveError, asArchiveError } from "../errors.ts";
import type { Ledger, LedgerEntry } from "../ledger/ledger.ts";
import { type AgentLayout, type BackendLayout, folderIn, isLaidOut } from "./layout.ts";
import { deleteAt, objectsAt } from "./plain_objects.ts";
import { putPlain } from "./put_plain.ts";

/** What writing plain files needs. */
export interface PlainJob {
  /** Knows what they look like. */
  readonly agent: Agent;
  /** Whose they are. */
  readonly session: SessionId;
  /** Where to. */
  readonly backend: Backend;
  /** How they are laid out there. */
  readonly layout: BackendLayout;
  /** Remembers the archive, and them. */
  readonly ledger: Ledger;
  /** Holds what is large. */
  readonly spool: Spool;
  /** Asks the store in any case. */
  readonly named?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Whether an agent's sessions have plain files in a layout.
 *
 * @param agent The agent.
 * @param layout The layout; none where the backend has none.
 */
export function hasLayout(
  agent: Pick<Agent, "layouts">,
  layout: BackendLayout | undefined,
): layout is BackendLayout {
  return layout !== undefined && (agent.layouts ?? []).includes(layout.name);
}

/**
 * Writes the plain files of a document that is archived, unless they are there.
 *
 * @param document What is archived.
 * @param job Where to.
 * @returns How many bytes were sent.
 * @throws {ArchiveError} What the backend throws, naming the archive, which is whole.
 */
export async function copyPlainFiles(document: PreparedDocument, job: PlainJob): Promise<number> {
  const { agent, backend, layout, ledger, session, named } = job;
  const entry = ledger.get(session, backend.identity);
  if (entry?.state !== "stored" || (!named && isLaidOut(entry.plain, layout))) return 0;
  const known = await agent.layout?.(layout.name);
  if (!known) return 0;
  try {
    return await new PlainCopying(job, known, entry).copy(document);
  } catch (thrown) {
    throw incomplete(thrown, entry.key, job);
  }
}

/** The plain files of one archive on their way. */
class PlainCopying {
  readonly #job: PlainJob;
  readonly #layout: AgentLayout;
  readonly #entry: LedgerEntry;

  constructor(job: PlainJob, layout: AgentLayout, entry: LedgerEntry) {
    this.#job = job;
    this.#layout = layout;
    this.#entry = entry;
  }

  async copy(document: PreparedDocument): Promise<number> {
    const { layout, backend, signal } = this.#job;
    const folder = folderIn(layout, this.#layout);
    const { native, close } = await readDocument(document.open(), this.#entry.key);
    let at: string | undefined;
    let left = new Map<string, ObjectInfo>();
    let bytes = 0;
    try {
      for await (const { path, root, chunks } of this.#layout.files(native)) {
        if (at === undefined) {
          at = folder + root;
          await this.#begin(at);
          left = await objectsAt(at, backend, signal);
        }
        const key = folder + path;
        bytes += await putPlain(chunks, { ...this.#job, key, there: left.get(key) });
        left.delete(key);
      }
    } finally {
      await close();
    }
    // What the archive no longer has, it keeps as a version.
    for (const key of left.keys()) await backend.delete(key, { signal });
    if (at === undefined) await this.#begin(undefined);
    await this.#remember(at, true);
    return bytes;
  }

  /** They go from where they were, if that is elsewhere: nobody is to find a session twice. */
  async #begin(at: string | undefined): Promise<void> {
    const { backend, signal } = this.#job;
    const before = this.#entry.plain?.at;
    if (before !== undefined && before !== at) await deleteAt(before, backend, signal);
    if (before !== at) await this.#remember(at, false);
  }

  async #remember(at: string | undefined, isWhole: boolean): Promise<void> {
    const { layout: { name, machine }, ledger, session, backend } = this.#job;
    const plain = { name, machine, ...(at !== undefined && { at }), isWhole };
    const entry = ledger.get(session, backend.identity) ?? this.#entry;
    await ledger.record({ ...entry, plain });
  }
}

function incomplete(cause: unknown, key: string, { backend, layout }: PlainJob): ArchiveError {
  const error = asArchiveError(cause, { backend: backend.name, key });
  if (error.code === "Aborted") return error;
  const { code, message, retryable, retryAfterMs } = error;
  return new ArchiveError(
    code,
    `${key} is archived on ${backend.name}, but not its plain files for ${layout.name}: ${message}`,
    { backend: error.backend, key, retryable, retryAfterMs, cause },
  );
}
