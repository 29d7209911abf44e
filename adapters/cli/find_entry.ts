/**
 * What a list would show of one archive.
 *
 * @module
 */
import { parseArchiveKey } from "../../core/archive_key.ts";
import type { Archiver } from "../../core/archiver.ts";
import type { ArchiveEntry } from "../../core/listing.ts";

/**
 * Finds an archive's row.
 *
 * @param archiver Where.
 * @param key Which.
 * @param signal Stops the look.
 * @returns The row, or undefined when there is no such archive.
 */
export async function findEntry(
  archiver: Archiver,
  key: string,
  signal?: AbortSignal,
): Promise<ArchiveEntry | undefined> {
  const day = parseArchiveKey(key)?.date;
  for await (const entry of archiver.list({ since: day, until: day, versions: true, signal })) {
    if (entry.key === key) return entry;
  }
  return undefined;
}
