/**
 * An agent that keeps each session in a file of lines, put together from what it tells of its files.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
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
import { ArchiveError, asArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { beginningOf } from "./beginning.ts";
import type { AgentLayout } from "../../../core/plain/layout.ts";
import { sessionOfFiles } from "../../../core/keys/files_of.ts";
import { besideOf } from "./beside.ts";
import { firstAndRest } from "./first_line.ts";
import type { FileFormat } from "./format.ts";
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
import { gone, pathOf, SessionLook } from "./session_look.ts";
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
  readonly #look: SessionLook;

  constructor(format: FileFormat, options: FileAgentOptions) {
    this.name = format.name;
    this.deletesByItself = format.deadlines !== undefined;
    this.layouts = Object.keys(format.layouts ?? {});
    this.#format = format;
    this.#options = options;
    this.#look = new SessionLook(format);
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
        for await (const session of this.#look.sessionsIn(store, filter, failures)) {
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
    const file = await this.#look.fileOf(session, signal);
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
    if (files.length === 0) throw gone(format, session);
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
}

/** What each record of a document says; undefined where it is no JSON. */
async function* recordsIn(native: AsyncIterable<string>): AsyncGenerator<unknown> {
  const [first, lines] = await firstAndRest(native);
  if (areFiles(first)) return;
  for await (const piece of nativePieces(lines)) {
    if (piece.kind === "record") yield valueIn(piece.json);
  }
}
