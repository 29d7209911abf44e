/**
 * Loading a session from its file, which its agent may be writing to: as far as it reached when it was
 * looked at, and up to its last whole line.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import type { LoadedSession, SessionId, Summary } from "../../../core/agent.ts";
import { ArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { beginningOf } from "./beginning.ts";
import type { Account, FileFormat, FoundFile } from "./format.ts";
import { chunksIn, type Ending, linesIn } from "./lines.ts";
import { nativeLines } from "./native_file.ts";
import { elementOf } from "./record.ts";
import { lookedAt, tokenOf } from "./token.ts";

/** A line that was begun so long ago will not be ended any more, in milliseconds. */
const QUIET = 10 * 60_000;

/** What loading needs. */
export interface LoadSource {
  /** What the agent's files are. */
  readonly format: FileFormat;
  /** The session's file, as it was found. */
  readonly found: FoundFile;
  /** Its absolute path. */
  readonly path: string;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Loads a session.
 *
 * @param session Which.
 * @param source Its file.
 * @param signal Stops it.
 * @throws {ArchiveError} `NotFound` when the file is gone; while `native` is taken, `Transient` when it
 * became shorter, and `Aborted`.
 */
export async function loadFile(
  session: SessionId,
  { format, found, path, now }: LoadSource,
  signal?: AbortSignal,
): Promise<LoadedSession> {
  const [file, beginning] = await readingFile(session.id, path, async (handle) => {
    const file = { ...found, ...lookedAt(await handle.stat({ bigint: true })) };
    return [file, await beginningOf(handle, file, path, format)] as const;
  });
  const isQuiet = now - file.modifiedMs > QUIET;
  const account = format.account(file);
  let ending: Ending | undefined;
  const end = () => {
    if (!ending) throw new TypeError(`the native lines of session ${session.id} were not read yet`);
    return ending;
  };
  async function* native(): AsyncGenerator<Uint8Array> {
    const handle = await openFile(session.id, path);
    try {
      const lines = linesIn(chunksIn(handle, file.size), isQuiet);
      const elements = told(lines, account, (how) => ending = how, session, signal);
      yield* nativeLines(file.path, elements, () => end().inLineFeed);
    } finally {
      await handle.close();
    }
  }
  return {
    id: session.id,
    ...beginning,
    get token() {
      return tokenOf(file, end().leftOut);
    },
    native: native(),
    summary: () => summaryOf(account, file),
    // Of a file of lines only its end changes.
    inPlace: () => [],
    warnings: () => warningsOn(session, end()),
  };
}

/** Lines as elements, of which the account is told. */
async function* told(
  lines: ReturnType<typeof linesIn>,
  account: Account,
  tell: (ending: Ending) => void,
  { id }: SessionId,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    throwIfAborted(signal, `reading session ${id}`);
    const next = await lines.next();
    if (next.done) return tell(next.value);
    const { json, value } = elementOf(next.value);
    account.take(value);
    yield json;
  }
}

function summaryOf(account: Account, { modifiedMs }: FoundFile): Summary {
  const summary = account.summary();
  return { ...summary, updatedAt: summary.updatedAt ?? new Date(modifiedMs).toISOString() };
}

function warningsOn({ id }: SessionId, { leftOut }: Ending): string[] {
  if (leftOut === 0) return [];
  return [
    `the last line of session ${id} is not whole yet (${leftOut} bytes); it is archived once it is, ` +
    "or after 10 minutes as it stands",
  ];
}

/**
 * Reads something of a session's file.
 *
 * @param id The session's id.
 * @param path The file's absolute path.
 * @param read What.
 * @throws {ArchiveError} `NotFound` when it is gone; `Unauthorized` when it may not be read.
 */
export async function readingFile<T>(
  id: string,
  path: string,
  read: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await openFile(id, path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

async function openFile(id: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new ArchiveError("NotFound", `session ${id} is gone: there is no ${path}`, {
        session: id,
      });
    }
    const may = code === "EACCES" || code === "EPERM";
    const message = `session ${id} cannot be read: ${(cause as Error).message}`;
    throw new ArchiveError(may ? "Unauthorized" : "Transient", message, { session: id, cause });
  }
}
