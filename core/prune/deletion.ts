/**
 * Deleting an archive, and remembering that it was the user's wish.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { ArchiveError, asArchiveError } from "../errors.ts";
import { holdersOf, noArchive } from "../listing/holders.ts";
import type { Ledger } from "../ledger/ledger.ts";

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
}

/**
 * Deletes an archive.
 *
 * @param key Which.
 * @param source Where it may be, and what to remember.
 * @param options From where.
 */
export async function deleteArchive(
  key: string,
  { backends, ledger }: { readonly backends: readonly Backend[]; readonly ledger: Ledger },
  { everywhere, signal }: DeleteOptions,
): Promise<DeleteOutcome> {
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
  for (const backend of holders) {
    try {
      await backend.delete(key, { signal });
    } catch (error) {
      throw partlyDeleted(key, backend.name, deleted, error);
    }
    for (const entry of ledger.allAt(backend.identity, key)) {
      await ledger.record({ ...entry, state: "deleted" });
    }
    deleted.push(backend.name);
  }
  return { key, backends: names, versions };
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
