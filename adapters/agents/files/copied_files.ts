/**
 * What is known of the copies that an agent keeps of the user's files: the session's records tell which
 * file each is of, and so whether it may be archived.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { FileBeside } from "./format.ts";
import { chunksIn, linesIn, QUIET } from "./lines.ts";
import type { BesideSource } from "./load_beside.ts";
import { isNeverCaptured } from "./never.ts";
import { readingFile } from "./open_file.ts";
import { elementOf } from "./record.ts";

/** Says of a file beside a session's whether it is archived. */
export interface CopiedFiles {
  /**
   * Asks.
   *
   * @param file Which.
   * @returns `not yet` when no record tells of it, but one may soon.
   */
  may(file: FileBeside): "now" | "not yet" | "never";
}

/**
 * Reads what the session's records tell of copies; nothing when there are none.
 *
 * @param source The session, and the files beside it.
 */
export async function copiedFiles(
  { format: { copies }, store, session, files, now }: Omit<BesideSource, "beginning">,
): Promise<CopiedFiles> {
  if (!copies || !files.some(({ path }) => copies.isOne(path))) return { may: () => "now" };
  const originals = new Map<string, string>();
  await readingFile(session.id, join(store, session.path), async (handle) => {
    for await (const piece of linesIn(chunksIn(handle, session.size), false)) {
      if (!holds(piece.bytes, copies.marker)) continue;
      for (const [copy, original] of copies.toldBy(elementOf(piece).value, session.id)) {
        originals.set(copy, original);
      }
    }
  });
  return {
    may({ path, modifiedMs }) {
      if (!copies.isOne(path)) return "now";
      const original = originals.get(path);
      if (original === undefined) return now - modifiedMs > QUIET ? "never" : "not yet";
      return isNeverCaptured(original) ? "never" : "now";
    },
  };
}

/** Asked of every line, most of which are not parsed then. */
function holds({ buffer, byteOffset, length }: Uint8Array, text: string): boolean {
  return Buffer.from(buffer, byteOffset, length).includes(text);
}
