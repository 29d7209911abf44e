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
import { ArchiveError, isArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { beginningOf } from "./beginning.ts";
import type { FileFormat, FoundFile } from "./format.ts";
import type { RestoringAgent } from "./late_agent.ts";
import { loadFile, readingFile } from "./load.ts";
import { nativePieces } from "./native_file.ts";
import type { FileAgentOptions } from "./options.ts";
import { valueIn } from "./record.ts";
import { restoreFiles } from "./restore.ts";
import { tokenOf } from "./token.ts";
import { unitsOf } from "./units.ts";

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
  readonly #format: FileFormat;
  readonly #options: FileAgentOptions;
  /** Where each session belongs, as long as its file stays as it is. */
  readonly #projects = new Map<string, { readonly token: string; readonly path: string }>();

  constructor(format: FileFormat, options: FileAgentOptions) {
    this.name = format.name;
    this.#format = format;
    this.#options = options;
  }

  detect(): Promise<Detection> {
    const looked = this.#stores();
    return Promise.resolve({ stores: looked.filter(existsSync), looked, notes: [] });
  }

  async *sessions(filter: SessionFilter = {}): AsyncGenerator<SessionRef> {
    const ids = filter.ids && new Set(filter.ids);
    const since = filter.since === undefined ? -Infinity : Date.parse(filter.since);
    const failures: unknown[] = [];
    for (const store of filter.stores ?? this.#stores().filter(existsSync)) {
      for await (const found of this.#format.find(store, filter.signal)) {
        throwIfAborted(filter.signal, `looking for sessions of ${this.#format.title}`);
        if (found.modifiedMs < since || ids?.has(found.id) === false) continue;
        try {
          yield await this.#refOf(store, found);
        } catch (error) {
          // It may be deleted while they are looked through.
          if (!isArchiveError(error, "NotFound")) failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async load(
    session: SessionId,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<LoadedSession> {
    throwIfAborted(signal, `reading session ${session.id}`);
    for await (const found of this.#format.find(session.store, signal)) {
      if (found.id !== session.id) continue;
      const path = join(session.store, found.path);
      const now = (this.#options.now ?? Date.now)();
      return await loadFile(session, { format: this.#format, found, path, now }, signal);
    }
    const message = `${this.#format.title} has no session ${session.id} in ${session.store}`;
    throw new ArchiveError("NotFound", message, { session: session.id });
  }

  units(native: AsyncIterable<string>): AsyncGenerator<Unit> {
    return unitsOf(native);
  }

  transcript(native: AsyncIterable<string>): ReturnType<FileFormat["transcript"]> {
    return this.#format.transcript(recordsIn(native));
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

  #stores(): readonly string[] {
    const { store, env } = this.#options;
    return store === undefined ? this.#format.stores(env ?? process.env) : [store].flat();
  }

  async #refOf(store: string, found: FoundFile): Promise<SessionRef> {
    const { id, parentId, modifiedMs } = found;
    const token = tokenOf(found);
    return {
      ...{ agent: this.name, store, id, token },
      projectPath: await this.#projectOf(store, found, token),
      updatedAt: new Date(modifiedMs).toISOString(),
      ...(parentId !== undefined && { parentId }),
    };
  }

  async #projectOf(store: string, found: FoundFile, token: string): Promise<string> {
    const path = join(store, found.path);
    const known = this.#projects.get(path);
    if (known?.token === token) return known.path;
    const { projectPath } = await readingFile(
      found.id,
      path,
      (file) => beginningOf(file, found, path, this.#format),
    );
    this.#projects.set(path, { token, path: projectPath });
    return projectPath;
  }
}

/** What each record of a document says; undefined where it is no JSON. */
async function* recordsIn(native: AsyncIterable<string>): AsyncGenerator<unknown> {
  for await (const piece of nativePieces(native)) {
    if (piece.kind === "record") yield valueIn(piece.json);
  }
}
