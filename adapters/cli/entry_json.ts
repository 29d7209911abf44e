/**
 * An archive as `--json` shows it.
 *
 * @module
 */
import type { ArchiveEntry } from "../../core/listing/listing.ts";

/** One archive in `list --json` and `delete --dry-run --json`. */
export type EntryJson = Omit<ArchiveEntry, "parentId">;

/**
 * A row of a list.
 *
 * @param entry Which archive.
 */
export function entryJson(entry: ArchiveEntry): EntryJson {
  const { key, backends, agent, id, title, projectPath, createdAt, updatedAt, messages, size } =
    entry;
  const { version, problem } = entry;
  return {
    ...{ key, backends, agent, id, title, projectPath, createdAt, updatedAt, messages, size },
    ...(version && { version }),
    ...(problem && { problem }),
  };
}
