/**
 * An agent that keeps each session in a file of lines, put together from what it tells of its files.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type {
  Detection,
  LoadedSession,
  RestorableArchive,
  RestoreOptions,
  RestoreOutcome,
  SessionFilter,
  SessionId,
  SessionRef,
  Unit,
} from "../../../core/agent.ts";
import {
  ArchiveError,
  asArchiveError,
  isArchiveError,
  throwIfAborted,
} from "../../../core/errors.ts";
import { beginningOf } from "./beginning.ts";
import type { AgentLayout } from "../../../core/plain/layout.ts";
import { filesOf, sessionOfFiles } from "../../../core/keys/files_of.ts";
import { besideOf, tokenOfFiles } from "./beside.ts";
import { firstAndRest } from "./first_line.ts";
import { foundFiles } from "./found_files.ts";
import { lookAt } from "./folder.ts";
import type { FileFormat, FoundFile } from "./format.ts";
import type { RestoringAgent } from "./late_agent.ts";
import { loadBeside } from "./load_beside.ts";
import { loadFile } from "./load.ts";
import { nativePieces } from "./native_file.ts";
import { areFiles } from "./native_files.ts";
import { agentLayout } from "./plain_files.ts";
import { readingFile } from "./open_file.ts";
import type { FileAgentOptions } from "./options.ts";
import { valueIn } from "./record.ts";
import { restoreFiles } from "./restore.ts";
import { tokenOf } from "./token.ts";
import { inTurns } from "./turns.ts";
import { unitsOf } from "./units.ts";
import { throwFirst } from "./walk.ts";

/**
 * Makes the agent. Nothing is opened before it is asked something.
 *
 * @param format What it tells of its files.
 * @param options Where they are, when not in the usual places.
 */
export function fileAgent(format: FileFormat, options: FileAgentOptions): RestoringAgent {
  return new FileAgent(format, options);
}

class FileAgent implements RestoringAgent {
  readonly name: string;
  readonly deletesByItself: boolean;
  readonly layouts: readonly string[];
  readonly #format: FileFormat;
  readonly #options: FileAgentOptions;
  /** Where each session's file was found last. */
  readonly #known = new Map<string, FoundFile>();
  /** Where each session belongs, as long as its file stays as it is. */
  readonly #projects = new Map<string, { readonly token: string; readonly path: string }>();

  constructor(format: FileFormat, options: FileAgentOptions) {
    this.name = format.name;
    this.deletesByItself = format.deadlines !== undefined;
    this.layouts = Object.keys(format.layouts ?? {});
    this.#format = format;
    this.#options = options;
  }

  detect(): Promise<Detection> {
    const looked = this.#stores();
    const changing = looked.flatMap((store) =>
      this.#format.changing.map((folder) => ({ path: join(store, folder), isTree: true }))
    );
    return Promise.resolve({ stores: looked.filter(existsSync), looked, changing, notes: [] });
  }

  async *sessions(filter: SessionFilter = {}): AsyncGenerator<SessionRef> {
    const failures: ArchiveError[] = [];
    const asked = filter.ids && new Set(filter.ids);
    for (const store of filter.stores ?? this.#stores().filter(existsSync)) {
      try {
        for await (const session of this.#sessionsIn(store, filter, failures)) {
          yield session;
          asked?.delete(session.id);
        }
      } catch (error) {
        throwIfAborted(filter.signal, `looking for sessions of ${this.#format.title}`);
        failures.push(asArchiveError(error));
      }
    }
    // Who has all that was asked for misses nothing elsewhere.
    if (asked?.size !== 0) throwFirst(failures);
  }

  async load(
    session: SessionId,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<LoadedSession> {
    throwIfAborted(signal, `reading session ${session.id}`);
    const file = await this.#fileOf(session, signal);
    const format = this.#format;
    const { store } = session;
    const path = pathOf(store, file);
    const now = (this.#options.now ?? Date.now)();
    const directory = format.directoryOf?.(store, file);
    if (sessionOfFiles(session.id) === undefined) {
      const title = await format.titleOf?.(store, file);
      const source = { format, found: file, path, title, directory, now };
      return await loadFile(session, source, signal);
    }
    const files = besideOf(store, file, format);
    if (files.length === 0) throw this.#gone(session);
    const beginning = await readingFile(
      file.id,
      path,
      (handle) => beginningOf(handle, file, path, format, directory),
    );
    return loadBeside(session, { format, store, session: file, files, beginning, now }, signal);
  }

  units(native: AsyncIterable<string>): AsyncGenerator<Unit> {
    return unitsOf(native, this.#format);
  }

  transcript(native: AsyncIterable<string>): ReturnType<FileFormat["transcript"]> {
    return inTurns(this.#format.transcript(recordsIn(native)));
  }

  async restore(
    archives: readonly RestorableArchive[],
    options: RestoreOptions = {},
  ): Promise<readonly RestoreOutcome[]> {
    return await restoreFiles(archives, options, {
      format: this.#format,
      store: this.#stores()[0],
    });
  }

  layout(name: string): Promise<AgentLayout> {
    const layout = this.#format.layouts?.[name];
    if (layout) return Promise.resolve(agentLayout(layout));
    const message = `${this.#format.title} has no layout ${name}; it has: ${
      this.layouts.join(", ") || "none"
    }`;
    return Promise.reject(new ArchiveError("NotSupported", message));
  }

  #stores(): readonly string[] {
    const { store, env } = this.#options;
    return store === undefined ? this.#format.stores(env ?? process.env) : [store].flat();
  }

  async *#sessionsIn(
    store: string,
    filter: SessionFilter,
    failures: ArchiveError[],
  ): AsyncGenerator<SessionRef> {
    const ids = filter.ids && new Set(filter.ids);
    const since = filter.since === undefined ? -Infinity : Date.parse(filter.since);
    const deadlineOf = this.#format.deadlines?.(store);
    for await (const file of foundFiles(this.#format, store, filter.signal)) {
      throwIfAborted(filter.signal, `looking for sessions of ${this.#format.title}`);
      this.#known.set(`${store}\n${file.id}`, file);
      try {
        for (const found of this.#foundWith(store, file, deadlineOf?.(file))) {
          if (found.modifiedMs < since || ids?.has(found.id) === false) continue;
          yield await this.#refOf(store, found, filter);
        }
      } catch (error) {
        // It may be deleted while they are looked through.
        if (!isArchiveError(error, "NotFound")) failures.push(asArchiveError(error));
      }
    }
  }

  /** A session, and what lies beside it. */
  *#foundWith(store: string, file: FoundFile, deletedMs: number | undefined): Generator<Found> {
    yield { file, id: file.id, modifiedMs: file.modifiedMs, token: tokenOf(file), deletedMs };
    const files = besideOf(store, file, this.#format);
    if (files.length === 0) return;
    const modifiedMs = Math.max(...files.map((one) => one.modifiedMs));
    const [id, token] = [filesOf(file.id), tokenOfFiles(files)];
    yield { file, id, parentId: file.id, modifiedMs, token, deletedMs };
  }

  /** The file of a session, or of the one that an id's files lie beside. */
  async #fileOf(session: SessionId, signal?: AbortSignal): Promise<FoundFile> {
    const { store } = session;
    const id = sessionOfFiles(session.id) ?? session.id;
    const known = this.#known.get(`${store}\n${id}`);
    // Mostly it lies where it was found a moment ago, among tens of thousands.
    const looked = known && lookAt(pathOf(store, known));
    if (looked && !isPlainToo(store, known)) return { ...known, ...looked };
    for await (const file of foundFiles(this.#format, store, signal)) {
      if (file.id === id) return file;
    }
    throw this.#gone(session);
  }

  #gone({ id, store }: SessionId): ArchiveError {
    const message = `${this.#format.title} has no session ${id} in ${store}`;
    return new ArchiveError("NotFound", message, { session: id });
  }

  async #refOf(store: string, found: Found, { remembered }: SessionFilter): Promise<SessionRef> {
    const { id, token, modifiedMs, deletedMs, file } = found;
    const parentId = found.parentId ?? file.parentId;
    const session = { agent: this.name, store, id };
    return {
      ...session,
      token,
      projectPath: remembered?.({ ...session, token })?.projectPath ??
        await this.#projectOf(store, file),
      updatedAt: new Date(modifiedMs).toISOString(),
      ...(parentId !== undefined && { parentId }),
      ...(deletedMs !== undefined && { deletedAt: new Date(deletedMs).toISOString() }),
    };
  }

  async #projectOf(store: string, file: FoundFile): Promise<string> {
    const told = this.#format.directoryOf?.(store, file);
    if (told !== undefined) return told;
    const path = pathOf(store, file);
    const token = tokenOf(file);
    const known = this.#projects.get(path);
    if (known?.token === token) return known.path;
    const beginning = await readingFile(
      file.id,
      path,
      (handle) => beginningOf(handle, file, path, this.#format),
    ).catch((error: unknown) => {
      // One that cannot be unpacked is found all the same; loading it tells why it cannot be.
      if (file.packed === undefined || isArchiveError(error, "NotFound")) throw error;
    });
    if (beginning === undefined) return dirname(path);
    const { projectPath } = beginning;
    this.#projects.set(path, { token, path: projectPath });
    return projectPath;
  }
}

/** The absolute path of the file to read. */
function pathOf(store: string, { path, packed }: FoundFile): string {
  return join(store, packed ?? path);
}

/** Whether a packed file's session lies beside it as it is, which is newer. */
function isPlainToo(store: string, { path, packed }: FoundFile): boolean {
  return packed !== undefined && lookAt(join(store, path)) !== undefined;
}

/** What is found: a session, or the files beside one. */
interface Found {
  /** The session's own file. */
  readonly file: FoundFile;
  readonly id: string;
  readonly parentId?: string;
  readonly token: string;
  readonly modifiedMs: number;
  /** When the agent deletes it by itself, at the earliest. */
  readonly deletedMs: number | undefined;
}

/** What each record of a document says; undefined where it is no JSON. */
async function* recordsIn(native: AsyncIterable<string>): AsyncGenerator<unknown> {
  const [first, lines] = await firstAndRest(native);
  if (areFiles(first)) return;
  for await (const piece of nativePieces(lines)) {
    if (piece.kind === "record") yield valueIn(piece.json);
  }
}
