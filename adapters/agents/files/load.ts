/**
 * Loading a session from its file, which its agent may be writing to: as far as it reached when it was
 * looked at, and up to its last whole line.
 *
 * @module
 */
import type { LoadedSession, SessionId, Summary } from "../../../core/agent.ts";
import { throwIfAborted } from "../../../core/errors.ts";
import { type Beginning, beginningIn, beginningOf } from "./beginning.ts";
import { contentIn } from "./content.ts";
import type { Account, FileFormat, FoundFile } from "./format.ts";
import { type Ending, linesIn, QUIET } from "./lines.ts";
import { nativeLines } from "./native_file.ts";
import { openFile, readingFile } from "./open_file.ts";
import { elementOf, elementOfWhole, type RecordElement } from "./record.ts";
import { checkStill, lookInto, readStill } from "./still.ts";
import { tokenOf } from "./token.ts";

/** What is longer is taken by its lines, however little one of them tells alone, in bytes. */
const LARGEST_WHOLE = 64 << 20;

/** What loading needs. */
export interface LoadSource {
  /** What the agent's files are. */
  readonly format: FileFormat;
  /** The session's file, as it was found. */
  readonly found: FoundFile;
  /** Its absolute path. */
  readonly path: string;
  /** The directory that it belongs to, where that stands elsewhere. */
  readonly directory?: string;
  /** The title that it was given elsewhere. */
  readonly title?: string;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Loads a session.
 *
 * @param session Which.
 * @param source Its file.
 * @param signal Stops it.
 * @throws {ArchiveError} `NotFound` when the file is gone; `NotSupported`, `Corrupt` and `Transient` when it
 * is packed and cannot be unpacked; while `native` is taken, `Transient` when it became shorter, and
 * `Aborted`.
 */
export async function loadFile(
  session: SessionId,
  source: LoadSource,
  signal?: AbortSignal,
): Promise<LoadedSession> {
  const { format, title } = source;
  const { file, beginning, elements } = await contentOf(session, source);
  const account = format.account(file);
  let ending: Ending | undefined;
  const end = () => {
    if (!ending) throw new TypeError(`the native lines of session ${session.id} were not read yet`);
    return ending;
  };
  async function* told(): AsyncGenerator<RecordElement> {
    for (const each = elements();;) {
      throwIfAborted(signal, `reading session ${session.id}`);
      const next = await each.next();
      if (next.done) return void (ending = next.value);
      account.take(next.value.value);
      yield next.value;
    }
  }
  return {
    id: session.id,
    ...beginning,
    get token() {
      return tokenOf(file, end().leftOut);
    },
    native: nativeLines(file.path, told(), () => end().inLineFeed),
    summary: () => summaryOf(account, file, title),
    // Of a file of lines only its end changes, and of what is written anew all of it.
    inPlace: () => [],
    warnings: () => warningsOn(session, end()),
  };
}

/** What a session's file holds. */
interface Content {
  /** The file as it was when it was opened. */
  readonly file: FoundFile;
  readonly beginning: Beginning;
  /** What stands in it, read once. */
  elements(): AsyncGenerator<RecordElement, Ending>;
}

async function contentOf(session: SessionId, source: LoadSource): Promise<Content> {
  const { format, found, path, directory, now } = source;
  if (found.isWhole && found.size <= LARGEST_WHOLE) return await wholeContent(session, source);
  const [file, beginning] = await readingFile(session.id, path, async (handle) => {
    const file = { ...found, ...await lookInto(handle) };
    return [file, await beginningOf(handle, file, path, format, directory)] as const;
  });
  const isQuiet = now - file.modifiedMs > QUIET;
  async function* elements(): AsyncGenerator<RecordElement, Ending> {
    const handle = await openFile(session.id, path);
    try {
      // A packed one is never gone on with: another one has taken its place.
      if (file.packed !== undefined) await checkStill(handle, path, file);
      const lines = linesIn(contentIn(handle, file, path), isQuiet);
      for (;;) {
        const next = await lines.next();
        if (next.done) return next.value;
        yield elementOf(next.value);
      }
    } finally {
      await handle.close();
    }
  }
  return { file, beginning, elements };
}

async function wholeContent(
  session: SessionId,
  { format, found, path, directory }: LoadSource,
): Promise<Content> {
  const { bytes, ...looked } = await readStill(session.id, path);
  const file = { ...found, ...looked };
  const element = elementOfWhole(bytes);
  return {
    file,
    beginning: beginningIn([element.value], file, path, format, directory),
    async *elements() {
      yield element;
      return { inLineFeed: false, leftOut: 0 };
    },
  };
}

function summaryOf(account: Account, file: FoundFile, title?: string): Summary {
  const summary = account.summary();
  const updatedAt = summary.updatedAt ?? new Date(file.modifiedMs).toISOString();
  const parentId = summary.parentId ?? file.parentId ?? null;
  return { ...summary, updatedAt, parentId, ...(title && { title }) };
}

function warningsOn({ id }: SessionId, { leftOut }: Ending): string[] {
  if (leftOut === 0) return [];
  return [
    `the last line of session ${id} is not whole yet (${leftOut} bytes); it is archived once it is, ` +
    "or after 10 minutes as it stands",
  ];
}
