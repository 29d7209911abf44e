/**
 * The copies that Claude Code keeps of files before it edits them, under the hashes of their paths.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { Copies } from "../files/format.ts";
import { textOf } from "../files/values.ts";
import { HISTORY, isCopy } from "./paths.ts";

/** What records of the types `file-history-snapshot` and `file-history-delta` tell. */
export const COPIES: Copies = {
  isOne: isCopy,
  marker: '"file-history-',
  *toldBy(value, session) {
    for (const backups of backupsIn(value)) {
      for (const [original, backup] of Object.entries(backups)) {
        const name = textOf(fieldsOf(backup).backupFileName);
        if (name !== "") yield [`${HISTORY}/${session}/${name}`, original];
      }
    }
  },
};

/** A delta tells of one file, a snapshot of all: either by the files' paths. */
function backupsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  const { snapshot, trackedFileBackups, trackingPath, backup } = fieldsOf(value);
  return [
    fieldsOf(fieldsOf(snapshot).trackedFileBackups),
    fieldsOf(trackedFileBackups),
    ...typeof trackingPath === "string" ? [{ [trackingPath]: backup }] : [],
  ];
}
