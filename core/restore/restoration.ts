/**
 * Putting an archive back into its agent, with the sessions it started.
 *
 * @module
 */
import type { Agent, RestorableArchive, RestoreOptions, RestoreOutcome } from "../agent.ts";
import { parseArchiveKey, projectSegment } from "../keys/archive_key.ts";
import type { ArchiveHeader } from "../document/document.ts";
import { readDocument } from "../document/document_reader.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { type HeldBody, heldBody, partsOf } from "../document/held_body.ts";
import { listArchives, type ListFilter, type ListSource } from "../listing/listing.ts";
import { retrieveArchive, type RetrievedArchive } from "./retrieval.ts";
import type { Spool } from "../document/spool.ts";
import { streamOf } from "../streams.ts";

/**
 * Which sessions a restore takes along.
 *
 * @since 0.1.0
 */
export interface RestoreRequest {
  /** Takes along the sessions that this one started, and theirs; true by default. */
  readonly children?: boolean;
}

/** Where archives are that are restored. */
export interface RestoreSource extends ListSource {
  /** Holds them meanwhile. */
  readonly spool: Spool;
}

/**
 * Restores an archive. All that comes back is read once, which proves it whole before the agent is
 * touched; what the store has at the key later does not matter.
 *
 * @param key Which.
 * @param source Where archives are.
 * @param agentOf Finds the agent by name.
 * @param options Where to, under which ids, with or without children.
 */
export async function restoreArchive(
  key: string,
  source: RestoreSource,
  agentOf: (name: string) => Agent,
  options: RestoreOptions & RestoreRequest,
): Promise<readonly RestoreOutcome[]> {
  const { signal } = options;
  const parent = await retrieveArchive(key, source, { signal });
  const agent = agentOf(parent.header.agent);
  if (!agent.restore) {
    throw new ArchiveError("NotSupported", `sessions of ${agent.name} cannot be restored yet`, {
      key,
    });
  }
  const { keys, unseen } = options.children ?? true
    ? await descendants(parent, source, signal)
    : { keys: [] };
  const held: HeldBody[] = [];
  const hold = async (archive: RetrievedArchive) => {
    const one = await heldBody(archive.bytes(), source.spool);
    held.push(one);
    return await restorable(archive, one);
  };
  try {
    const archives = [await hold(parent)];
    for (const child of keys) {
      archives.push(await hold(await retrieveArchive(child, source, { signal })));
    }
    return noteUnseen(await agent.restore(archives, options), unseen);
  } finally {
    await Promise.all(held.map(({ dispose }) => dispose()));
  }
}

/** What a backend could not tell keeps nothing from coming back, but is said. */
function noteUnseen(outcomes: readonly RestoreOutcome[], unseen: unknown): RestoreOutcome[] {
  const why = unseen instanceof Error ? unseen.message : String(unseen);
  const note = `sessions that it started may have been left out: ${why}`;
  return outcomes.map((outcome, index) =>
    index === 0 && unseen !== undefined ? { ...outcome, notes: [...outcome.notes, note] } : outcome
  );
}

async function restorable(
  { key, header: { id, projectPath } }: RetrievedArchive,
  { body }: HeldBody,
): Promise<RestorableArchive> {
  const open = () => readDocument(streamOf(partsOf(body)), key);
  const document = await open();
  for await (const line of document.native) void line;
  return {
    id,
    projectPath,
    summary: document.summary(),
    async *native() {
      const again = await open();
      try {
        yield* again.native;
      } finally {
        await again.close();
      }
    },
  };
}

/** Sessions that another one started. */
interface Descendants {
  /** Their keys, each after its parent's. */
  readonly keys: readonly string[];
  /** What kept a backend from telling all of them. */
  readonly unseen?: unknown;
}

/** The sessions that one started, and that those started. */
async function descendants(
  { key, header }: RetrievedArchive,
  source: ListSource,
  signal: AbortSignal | undefined,
): Promise<Descendants> {
  const children = new Map<string, Map<string, string>>();
  const add = ({ parentId, id, key }: { parentId: string | null; id: string; key: string }) => {
    if (parentId === null) return;
    const siblings = children.get(parentId) ?? new Map();
    children.set(parentId, siblings.set(id, siblings.get(id) ?? key));
  };
  const identities = new Set(source.backends.map(({ identity }) => identity));
  for (const entry of source.ledger.entries()) {
    const isThere = entry.state === "stored" && identities.has(entry.backend);
    if (isThere && entry.agent === header.agent) add({ ...entry, ...entry.facts });
  }
  let unseen: unknown;
  try {
    for await (const entry of listArchives(source, { ...neighbours(key, header), signal })) {
      if (entry.agent === header.agent) add(entry);
    }
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    unseen = error;
  }
  const found: string[] = [];
  const queue = [header.id];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const own = children.get(next) ?? new Map<string, string>();
    // Taken out as they are found, so that a circle in damaged archives ends.
    children.delete(next);
    found.push(...own.values());
    queue.push(...own.keys());
  }
  return { keys: found, unseen };
}

/**
 * Where children lie that the ledger does not know: in the project that the parent began in or is in
 * now, created after it, give or take a day for clocks.
 */
function neighbours(key: string, { projectPath, createdAt }: ArchiveHeader): ListFilter {
  const began = parseArchiveKey(key)?.project ?? projectSegment(projectPath);
  const dayBefore = new Date(Date.parse(createdAt) - 86_400_000).toISOString();
  return {
    segments: [...new Set([began, projectSegment(projectPath)])],
    since: dayBefore.slice(0, "2026-11-22".length),
  };
}
