/**
 * Deleting an archive, and remembering that it was the user's wish.
 *
 * @module
 */
import type { Agent } from "../agent.ts";
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { ArchiveError, asArchiveError } from "../errors.ts";
import { holdersOf, noArchive } from "../listing/holders.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { BackendLayout } from "../plain/layout.ts";
import { removePlainFiles } from "../plain/plain_removal.ts";

/**
 * Options of deleting an archive.
 *
 * @since 0.1.0
 */
export interface DeleteOptions {
  /** Deletes it wherever it is; otherwise several holders are an error that names them. */
  readonly everywhere?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * What was deleted.
 *
 * @since 0.1.0
 */
export interface DeleteOutcome {
  /** The key. */
  readonly key: string;
  /** The names of the backends it was deleted from. */
  readonly backends: readonly string[];
  /** Keys of kept versions of the same session that are still there. */
  readonly versions: readonly string[];
  /** How many plain files went with it, where there were any. */
  readonly plainFiles?: number;
}

/** What deleting needs. */
export interface DeletionSource {
  /** Where the archive may be. */
  readonly backends: readonly Backend[];
  /** What to remember. */
  readonly ledger: Ledger;
  /** Know which plain files are whose. */
  readonly agents: readonly Agent[];
  /** How plain files are laid out on a backend. */
  layoutOf(backend: Backend): BackendLayout | undefined;
}

/**
 * Deletes an archive, and before it the plain files of its session: were they left when that fails, nobody
 * would know.
 *
 * @param key Which.
 * @param source Where it may be, and what to remember.
 * @param options From where.
 */
export async function deleteArchive(
  key: string,
  source: DeletionSource,
  { everywhere, signal }: DeleteOptions,
): Promise<DeleteOutcome> {
  const { backends, ledger } = source;
  const holders = (await holdersOf(key, backends, signal)).map(({ backend }) => backend);
  const names = holders.map((backend) => backend.name);
  if (holders.length === 0) throw noArchive(key, backends);
  if (holders.length > 1 && !everywhere) {
    throw new ArchiveError(
      "Invalid",
      `${key} is on ${names.join(" and ")}; name one backend, or ask for all of them`,
      { key },
    );
  }
  const versions = await versionsOf(key, holders, signal);
  const deleted: string[] = [];
  let plainFiles = 0;
  for (const backend of holders) {
    try {
      const layout = source.layoutOf(backend);
      plainFiles += await removePlainFiles(key, { ...source, backend, layout, signal });
      await backend.delete(key, { signal });
    } catch (error) {
      throw partlyDeleted(key, backend.name, deleted, error);
    }
    for (const entry of ledger.allAt(backend.identity, key)) {
      await ledger.record({ ...entry, state: "deleted" });
    }
    deleted.push(backend.name);
  }
  return { key, backends: names, versions, ...(plainFiles > 0 && { plainFiles }) };
}

/** Says what is gone already, where something is. */
function partlyDeleted(
  key: string,
  backend: string,
  deleted: readonly string[],
  cause: unknown,
): unknown {
  if (deleted.length === 0) return cause;
  const { code, message } = asArchiveError(cause);
  const done = deleted.join(" and ");
  return new ArchiveError(
    code,
    `${key} was deleted from ${done}, but not from ${backend}: ${message}`,
    {
      backend,
      key,
      cause,
    },
  );
}

async function versionsOf(
  key: string,
  backends: readonly Backend[],
  signal?: AbortSignal,
): Promise<string[]> {
  const parts = parseArchiveKey(key);
  const versions = new Set<string>();
  if (!parts || parts.version) return [];
  const prefix = `${parts.project}/${parts.date}/${parts.id}~`;
  for (const backend of backends) {
    for await (const page of backend.list({ prefix, signal })) {
      for (const object of page.objects) versions.add(object.key);
    }
  }
  return [...versions];
}
