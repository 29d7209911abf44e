/**
 * What a reader is told of a copy that is not what was archived: it may have been replaced while it
 * was read; else another backend's may be good.
 *
 * @module
 */
import type { Archiver } from "../../core/archiver.ts";
import type { Backend } from "../../core/backend.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import type { Call } from "./call.ts";

/**
 * Reads an archive. Where its copy is damaged and another backend has one too, the error says so.
 *
 * @param call Who reads.
 * @param archiver Where from.
 * @param key The archive's key.
 * @param read Reads it.
 * @throws {ArchiveError} `Transient` when the archive was replaced meanwhile, and is good.
 */
export async function explainingDamage<T>(
  call: Call,
  archiver: Archiver,
  key: string,
  read: () => Promise<T>,
): Promise<T> {
  const { signal } = call;
  try {
    return await read();
  } catch (error) {
    if (!isArchiveError(error, "Corrupt") || signal.aborted) throw error;
    const subject = { backend: error.backend, key: error.key ?? key, session: error.session };
    if (await isGoodNow(call, subject)) {
      const message = `${subject.key} was archived anew while it was read; try again`;
      throw new ArchiveError("Transient", message, { ...subject, cause: error });
    }
    const others = await otherHolders(archiver, subject, signal);
    if (others.length === 0) throw error;
    const has = others.length > 1 ? "have copies" : "has a copy";
    throw new ArchiveError(
      "Corrupt",
      `${error.message}; ${others.join(" and ")} ${has} too (in the terminal: --backend ${
        others[0]
      })`,
      { ...subject, cause: error },
    );
  }
}

/**
 * Whether reading ended because the archive was replaced meanwhile.
 *
 * @param error What {@linkcode explainingDamage} threw.
 */
export function isReplaced(error: unknown): boolean {
  return isArchiveError(error, "Transient") && isArchiveError(error.cause, "Corrupt");
}

/** Whether a copy is what the ledger now says was archived last: the reader knows an older one. */
async function isGoodNow(
  call: Call,
  { backend, key }: { readonly backend?: string; readonly key: string },
): Promise<boolean> {
  if (backend === undefined) return false;
  const { openToRead } = await import("./open_archive.ts");
  const { archiver, close } = await openToRead(call);
  try {
    const outcomes = archiver.verify([key], { backend, signal: call.signal });
    for await (const { status } of outcomes) return status === "ok";
    return false;
  } finally {
    await close();
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
