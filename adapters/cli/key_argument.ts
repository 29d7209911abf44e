/**
 * The argument `KEY`: an archive's key, what is left of one that was shortened, or the id of its
 * session.
 *
 * @module
 */
import { parseArchiveKey } from "../../core/keys/archive_key.ts";
import type { Archiver } from "../../core/archiver.ts";
import { isArchiveError } from "../../core/errors.ts";
import { checkShortKey } from "../../core/keys/short_key.ts";
import type { Call } from "./call.ts";
import { UsageError } from "./exit.ts";

/**
 * Checks one.
 *
 * @param text What the user gave.
 * @returns The same.
 */
export function keyOrId(text: string): string {
  try {
    return checkShortKey(text);
  } catch (error) {
    if (!isArchiveError(error, "Invalid")) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/**
 * Checks one of several.
 *
 * @param text What the user gave.
 * @param before Those before it.
 */
export function keysOrIds(text: string, before: readonly string[] = []): string[] {
  return [...before, keyOrId(text)];
}

/**
 * Checks one of several, which must be archives and no versions of them.
 *
 * @param text What the user gave.
 * @param before Those before it.
 */
export function archiveKeysOrIds(text: string, before: readonly string[] = []): string[] {
  if (parseArchiveKey(text)?.version) {
    throw new UsageError(
      `${JSON.stringify(text)} is a version itself; name its archive, or have it deleted by delete`,
    );
  }
  return keysOrIds(text, before);
}

/**
 * Checks that archives are named, or all of them are meant.
 *
 * @param texts What the user named.
 * @param all Whether `--all` was given.
 * @param what What is to be done with them, as the command is called.
 */
export function checkNamed(texts: readonly string[], all: boolean | undefined, what: string): void {
  if (all ? texts.length === 0 : texts.length > 0) return;
  throw new UsageError(
    `name the archives to ${what} by key or session id, or all of them by --all`,
  );
}

/**
 * What several stand for.
 *
 * @param call Who asks.
 * @param archiver Where to look.
 * @param texts What the user gave.
 * @returns The keys, each once.
 * @throws {ArchiveError} As `Archiver.resolve` does.
 */
export async function resolveAll(
  { signal }: Call,
  archiver: Archiver,
  texts: readonly string[],
): Promise<string[]> {
  const keys: string[] = [];
  for (const text of texts) keys.push(await archiver.resolve(text, { signal }));
  return [...new Set(keys)];
}
