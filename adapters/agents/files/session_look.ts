/**
 * Looking at the sessions of an agent's folder: which there are, where each belongs, and where its file
 * lies. Of a session that was seen before, no file is opened.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { SessionFilter, SessionId, SessionRef } from "../../../core/agent.ts";
import {
  ArchiveError,
  asArchiveError,
  isArchiveError,
  throwIfAborted,
} from "../../../core/errors.ts";
import { filesOf, sessionOfFiles } from "../../../core/keys/files_of.ts";
import { beginningOf } from "./beginning.ts";
import { besideOf, tokenOfFiles } from "./beside.ts";
import { lookAt } from "./folder.ts";
import type { FileFormat, FoundFile } from "./format.ts";
import { foundFiles } from "./found_files.ts";
import { readingFile } from "./open_file.ts";
import { tokenOf } from "./token.ts";

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

/** Looks, and remembers what it has seen. */
export class SessionLook {
  readonly #format: FileFormat;
  /** Where each session's file was found last. */
  readonly #known = new Map<string, FoundFile>();
  /** Where each session belongs, as long as its file stays as it is. */
  readonly #projects = new Map<string, { readonly token: string; readonly path: string }>();

  /** @param format Whose sessions. */
  constructor(format: FileFormat) {
    this.#format = format;
  }

  /**
   * Looks at all sessions of a folder.
   *
   * @param store The folder.
   * @param filter Which.
   * @param failures Gets what kept sessions from being looked at, or from being archived.
   */
  async *sessionsIn(
    store: string,
    filter: SessionFilter,
    failures: ArchiveError[],
  ): AsyncGenerator<SessionRef> {
    const ids = filter.ids && new Set(filter.ids);
    const since = filter.since === undefined ? -Infinity : Date.parse(filter.since);
    const deadlineOf = this.#format.deadlines?.(store);
    const how = { signal: filter.signal, failures, doubles: failures };
    for await (const file of foundFiles(this.#format, store, how)) {
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

  /**
   * The file of a session, or of the one that an id's files lie beside.
   *
   * @param session Which.
   * @param signal Stops it.
   * @throws {ArchiveError} `NotFound` when it is gone.
   */
  async fileOf(session: SessionId, signal?: AbortSignal): Promise<FoundFile> {
    const { store } = session;
    const id = sessionOfFiles(session.id) ?? session.id;
    const known = this.#known.get(`${store}\n${id}`);
    // Mostly it lies where it was found a moment ago, among tens of thousands.
    const looked = known && lookAt(pathOf(store, known));
    if (looked && !isPlainToo(store, known)) return { ...known, ...looked };
    for await (const file of foundFiles(this.#format, store, { signal })) {
      if (file.id === id) return file;
    }
    throw gone(this.#format, session);
  }

  async #refOf(store: string, found: Found, { remembered }: SessionFilter): Promise<SessionRef> {
    const { id, token, modifiedMs, deletedMs, file } = found;
    const parentId = found.parentId ?? file.parentId;
    const session = { agent: this.#format.name, store, id };
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

/**
 * What to throw of a session that is gone.
 *
 * @param format Whose.
 * @param session Which.
 */
export function gone({ title }: FileFormat, { id, store }: SessionId): ArchiveError {
  return new ArchiveError("NotFound", `${title} has no session ${id} in ${store}`, { session: id });
}

/**
 * The absolute path of the file to read.
 *
 * @param store The agent's folder.
 * @param file Of a session's.
 */
export function pathOf(store: string, { path, packed }: FoundFile): string {
  return join(store, packed ?? path);
}

/** Whether a packed file's session lies beside it as it is, which is newer. */
function isPlainToo(store: string, { path, packed }: FoundFile): boolean {
  return packed !== undefined && lookAt(join(store, path)) !== undefined;
}
