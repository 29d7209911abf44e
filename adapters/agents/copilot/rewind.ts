/**
 * The copies that Copilot keeps of files before it edits them, so that `/rewind` can bring them back. One
 * is called by the hash of what stands in it; an index beside them tells which file it is of.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { Copies } from "../files/format.ts";
import { SESSIONS } from "./files.ts";
import { textOf } from "../files/values.ts";

const FOLDER = "rewind-file-snapshots";
/** In their folders, also in those of earlier versions. */
const IN_FOLDER = /^session-state\/[^/]+\/rewind-(?:file-)?snapshots\//;
/** What else is there. */
const NO_COPY = /\/(?:index|tracking)\.json$/;

/** How copies are told apart. */
export const COPIES: Copies = {
  isOne: (path) => IN_FOLDER.test(path) && !NO_COPY.test(path),
  marker: "",
  toldIn: (session) => `${SESSIONS}/${session}/${FOLDER}/index.json`,
  *toldBy(index, session) {
    for (const snapshot of valuesOf(fieldsOf(index).snapshots)) {
      for (const file of valuesOf(fieldsOf(snapshot).files)) {
        const { path, preimage } = fieldsOf(file);
        const { backupFile, resolvedPath } = fieldsOf(preimage);
        const copy = `${SESSIONS}/${session}/${FOLDER}/backups/${textOf(backupFile)}`;
        // A link may be called otherwise than what it leads to.
        for (const original of [path, resolvedPath].map(textOf)) {
          if (original !== "") yield [copy, original.replaceAll("\\", "/")];
        }
      }
    }
  },
};

/**
 * Whether a file beside a session's says nothing that is worth a version: what is for `/rewind`, what the
 * model notes for itself in a database, and times.
 *
 * @param path From Copilot's folder.
 */
export function isPassing(path: string): boolean {
  return IN_FOLDER.test(path) || /^[^/]+\/[^/]+\/(?:session\.db|workspace\.yaml)/.test(path);
}

function valuesOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}
