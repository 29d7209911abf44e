/**
 * Pointing a reader of a damaged copy to another backend's.
 *
 * @module
 */
import type { Archiver } from "../../core/archiver.ts";
import type { Backend } from "../../core/backend.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import type { Call } from "./call.ts";

/**
 * Reads an archive. When its copy is damaged and another backend has one too, the error says so.
 *
 * @param call Who reads.
 * @param archiver Where from.
 * @param key The archive's key.
 * @param read Reads it.
 */
export async function namingOtherCopies<T>(
  { signal }: Call,
  archiver: Archiver,
  key: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isArchiveError(error, "Corrupt") || signal.aborted) throw error;
    const subject = { backend: error.backend, key: error.key ?? key, session: error.session };
    const others = await otherHolders(archiver, subject, signal);
    if (others.length === 0) throw error;
    const has = others.length > 1 ? "have copies" : "has a copy";
    throw new ArchiveError(
      "Corrupt",
      `${error.message}; ${others.join(" and ")} ${has} too: try --backend ${others[0]}`,
      { ...subject, cause: error },
    );
  }
}

/** The names of the backends that have an archive, but for the one whose copy is damaged. */
async function otherHolders(
  { backends }: Archiver,
  { backend: damaged, key }: { readonly backend?: string; readonly key: string },
  signal: AbortSignal,
): Promise<string[]> {
  const holders: string[] = [];
  for (const backend of backends) if (await holds(backend, key, signal)) holders.push(backend.name);
  // Archives are read from the first that has them.
  return holders.filter((name) => name !== (damaged ?? holders[0]));
}

/** Whether a backend has an archive; one that cannot tell is no help. */
async function holds(backend: Backend, key: string, signal: AbortSignal): Promise<boolean> {
  return await backend.head(key, { signal }).then(() => true, () => false);
}
