/**
 * What is known of the copies that an agent keeps of the user's files: the session's records, or a
 * document beside them, tell which file each is of, and so whether it may be archived.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Copies, FileBeside, FileFormat, FoundFile } from "./format.ts";
import { chunksIn, linesIn, QUIET } from "./lines.ts";
import { isNeverCaptured } from "./never.ts";
import { openFile } from "./open_file.ts";
import { elementOf } from "./record.ts";
import { readStill } from "./still.ts";

/** A session, and the files beside it. */
export interface CopiesSource {
  /** How copies are told apart. */
  readonly format: Pick<FileFormat, "copies">;
  /** The agent's folder. */
  readonly store: string;
  /** The session's own file. */
  readonly session: FoundFile;
  /** What lies beside it. */
  readonly files: readonly FileBeside[];
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Says of a file beside a session's whether it is archived. */
export interface CopiedFiles {
  /**
   * Asks.
   *
   * @param file Which.
   * @returns `not yet` when nothing tells of it, but something may soon.
   */
  may(file: FileBeside): "now" | "not yet" | "never";
}

/**
 * Reads what is told of copies; nothing when there are none.
 *
 * @param source The session, and the files beside it.
 */
export async function copiedFiles(
  { format: { copies }, store, session, files, now }: CopiesSource,
): Promise<CopiedFiles> {
  if (!copies || !files.some(({ path }) => copies.isOne(path))) return { may: () => "now" };
  const originals = new Map<string, string>();
  for await (const value of tellers({ store, session, files }, copies)) {
    for (const [copy, original] of copies.toldBy(value, session.id)) {
      // One copy may be of several files that are alike.
      if (!isNeverCaptured(originals.get(copy) ?? "")) originals.set(copy, original);
    }
  }
  return {
    may({ path, modifiedMs }) {
      if (!copies.isOne(path)) return "now";
      const original = originals.get(path);
      if (original === undefined) return now - modifiedMs > QUIET ? "never" : "not yet";
      return isNeverCaptured(original) ? "never" : "now";
    },
  };
}

/** What tells of copies: records of the session, or a document beside it. */
async function* tellers(
  { store, session, files }: Pick<CopiesSource, "store" | "session" | "files">,
  copies: Copies,
): AsyncGenerator<unknown> {
  const document = copies.toldIn?.(session.id);
  if (document === undefined) yield* records(join(store, session.path), session, copies.marker);
  else if (files.some(({ path }) => path === document)) {
    const { bytes } = await readStill(session.id, join(store, document));
    yield elementOf({ bytes, goesOn: false }).value;
  }
}

async function* records(path: string, session: FoundFile, marker: string): AsyncGenerator<unknown> {
  const handle = await openFile(session.id, path);
  try {
    for await (const piece of linesIn(chunksIn(handle, session.size), false)) {
      if (holds(piece.bytes, marker)) yield elementOf(piece).value;
    }
  } finally {
    await handle.close();
  }
}

/** Asked of every line, most of which are not parsed then. */
function holds({ buffer, byteOffset, length }: Uint8Array, text: string): boolean {
  return Buffer.from(buffer, byteOffset, length).includes(text);
}
