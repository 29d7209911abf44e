/**
 * Putting an archive back into its agent, with the sessions it started.
 *
 * @module
 */
import type { Agent, RestorableArchive, RestoreOptions, RestoreOutcome, Summary } from "./agent.ts";
import { parseArchiveKey } from "./archive_key.ts";
import { ArchiveError } from "./errors.ts";
import { type ArchiveEntry, listArchives, type ListSource } from "./listing.ts";
import { retrieveArchive, type RetrievedArchive } from "./retrieval.ts";

/**
 * Which sessions a restore takes along.
 *
 * @since 0.1.0
 */
export interface RestoreRequest {
  /** Takes along the sessions that this one started, and theirs; true by default. */
  readonly children?: boolean;
}

/**
 * Restores an archive.
 *
 * @param key Which.
 * @param source Where archives are.
 * @param agentOf Finds the agent by name.
 * @param options Where to, under which ids, with or without children.
 */
export async function restoreArchive(
  key: string,
  source: ListSource,
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
  const archives = [await restorable(parent)];
  if (options.children ?? true) {
    for (const child of await descendants(parent, source, signal)) {
      archives.push(await restorable(await retrieveArchive(child.key, source, { signal })));
    }
  }
  return await agent.restore(archives, options);
}

/** Reads an archive once, which proves it whole before the agent is touched. */
async function restorable(archive: RetrievedArchive): Promise<RestorableArchive> {
  for await (const line of archive.native()) void line;
  const summary: Summary = archive.summary();
  const { id, projectPath } = archive.header;
  return { id, projectPath, summary, native: () => archive.native() };
}

/** The sessions that one started, and that those started, each after its parent. */
async function descendants(
  parent: RetrievedArchive,
  source: ListSource,
  signal: AbortSignal | undefined,
): Promise<ArchiveEntry[]> {
  const { projectPath, agent, id } = parent.header;
  const since = parseArchiveKey(parent.key)?.date;
  const children = new Map<string, ArchiveEntry[]>();
  for await (const entry of listArchives(source, { project: [projectPath], since, signal })) {
    if (entry.parentId === null || entry.agent !== agent) continue;
    children.set(entry.parentId, [...children.get(entry.parentId) ?? [], entry]);
  }
  const found: ArchiveEntry[] = [];
  const queue = [id];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    // Taken out as they are found, so that a circle in damaged archives ends.
    const own = children.get(next) ?? [];
    children.delete(next);
    found.push(...own);
    queue.push(...own.map((entry) => entry.id));
  }
  return found;
}
