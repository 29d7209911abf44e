/**
 * Loading the files beside a session, which its agent may be writing to. Each is taken as it was at one
 * moment; one that does not hold still is left out for now.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedSession, SessionId } from "../../../core/agent.ts";
import { isArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { NO_TOKENS } from "../../../core/transcript.ts";
import type { Beginning } from "./beginning.ts";
import { tokenOfFiles } from "./beside.ts";
import { copiedFiles } from "./copied_files.ts";
import type { FileBeside, FileFormat, FoundFile } from "./format.ts";
import { type FilePiece, filesLines } from "./native_files.ts";
import { openFile } from "./open_file.ts";
import { changedMeanwhile, checkStill, lookInto, readStill } from "./still.ts";

/** How much of a file stands in one element, in bytes. */
const PIECE = 1 << 20;
/** A file up to this size is held, and read again when it changed meanwhile, in bytes. */
const HELD = 8 << 20;

/** What loading needs. */
export interface BesideSource {
  /** What the agent's files are. */
  readonly format: FileFormat;
  /** The agent's folder. */
  readonly store: string;
  /** The session's own file. */
  readonly session: FoundFile;
  /** What lies beside it. */
  readonly files: readonly FileBeside[];
  /** Where it belongs. */
  readonly beginning: Beginning;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Loads the files beside a session.
 *
 * @param id The id that they are archived under.
 * @param source The files.
 * @param signal Stops it.
 */
export function loadBeside(
  id: SessionId,
  source: BesideSource,
  signal?: AbortSignal,
): LoadedSession {
  const { session, beginning } = source;
  const taken = new Taken();
  return {
    id: id.id,
    ...beginning,
    get token() {
      return tokenOfFiles(taken.seen, taken.leftOut.length);
    },
    native: filesLines(piecesOf(source, taken, signal)),
    summary: () => ({
      title: `files beside ${session.id}`,
      updatedAt: new Date(Math.max(session.modifiedMs, taken.latestMs)).toISOString(),
      parentId: session.id,
      agentVersion: null,
      messages: 0,
      models: [],
      tokens: NO_TOKENS,
      cost: 0,
    }),
    inPlace: () => [],
    warnings: () => taken.leftOut.map((path) => warningOn(path, session)),
  };
}

/** What became of each file. */
class Taken {
  /** As they were when they were read, or looked at. */
  readonly seen: FileBeside[] = [];
  /** Paths of those that did not hold still, or of which no record tells yet. */
  readonly leftOut: string[] = [];
  latestMs = 0;

  take(file: FileBeside): void {
    this.seen.push(file);
    this.latestMs = Math.max(this.latestMs, file.modifiedMs);
  }

  leave(file: FileBeside): void {
    this.seen.push(file);
    this.leftOut.push(file.path);
  }
}

async function* piecesOf(
  source: BesideSource,
  taken: Taken,
  signal: AbortSignal | undefined,
): AsyncGenerator<FilePiece> {
  const { store, files } = source;
  const copies = await copiedFiles(source);
  for (const file of files) {
    throwIfAborted(signal, `reading the files beside session ${source.session.id}`);
    const may = copies.may(file);
    if (may === "not yet") taken.leave(file);
    // Its name alone counts, as in a look.
    else if (may === "never") taken.seen.push(file);
    else if (file.size > HELD) yield* largeFile(join(store, file.path), file, taken);
    else {
      const piece = await smallFile(join(store, file.path), file, taken);
      if (piece) yield piece;
    }
  }
}

/** A file as it was at one moment; undefined when it does not hold still, or is gone. */
async function smallFile(
  path: string,
  file: FileBeside,
  taken: Taken,
): Promise<FilePiece | undefined> {
  try {
    const { bytes, ...looked } = await readStill(file.path, path);
    taken.take({ path: file.path, ...looked });
    return { path: file.path, bytes, goesOn: false };
  } catch (error) {
    if (!isArchiveError(error, "NotFound") && !isArchiveError(error, "Transient")) throw error;
    taken.leave(file);
  }
}

/** Too large to be held. That it changed is only seen when it is written down already. */
async function* largeFile(path: string, file: FileBeside, taken: Taken): AsyncGenerator<FilePiece> {
  const handle = await openFile(file.path, path);
  try {
    const before = await lookInto(handle);
    for (let at = 0; at < before.size; at += PIECE) {
      const size = Math.min(PIECE, before.size - at);
      const bytes = await readAt(handle, at, size, file.path);
      yield { path: file.path, bytes, goesOn: at + size < before.size };
    }
    await checkStill(handle, file.path, before);
    taken.take({ path: file.path, ...before });
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, at: number, size: number, path: string) {
  const bytes = new Uint8Array(size);
  for (let filled = 0; filled < size;) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, at + filled);
    if (bytesRead === 0) throw changedMeanwhile(path);
    filled += bytesRead;
  }
  return bytes;
}

function warningOn(path: string, { id }: FoundFile): string {
  return `${path}, beside session ${id}, is left out for now: it is being written, or no record ` +
    "tells yet what it is; it is archived once it holds still";
}
