/**
 * A backend that keeps objects as plain files in a folder: any disk, share or stick.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import type {
  Backend,
  Body,
  ByteRange,
  CallOptions,
  Capabilities,
  Finding,
  ListOptions,
  ListPage,
  ObjectInfo,
  PutOptions,
} from "../core/backend.ts";
import { PART_SIZE } from "../core/backend.ts";
import { ArchiveError } from "../core/errors.ts";
import { MAX_KEY_BYTES } from "../core/keys/object_key.ts";
import { bodyParts } from "./support/body_parts.ts";
import { fitRange } from "./support/byte_range.ts";
import { type ByteSource, byteStream } from "./support/byte_stream.ts";
import { type Call, callError, failIfStopped, type KeyCall, notFound } from "./support/call.ts";
import { Calls } from "./support/calls.ts";
import { disk, diskSync, paths } from "./file/builtins.ts";
import { fileError, isMissing } from "./file/errors.ts";
import { FileFolders } from "./file/folders.ts";
import { infoOf } from "./file/info.ts";
import { checkFileKey } from "./file/names.ts";
import { FileRoot, statOf } from "./file/root.ts";
import { walk } from "./file/walk.ts";
import { FileWriter } from "./file/writer.ts";
import { checkListOptions, listPages, PAGE_SIZE } from "./support/list_pages.ts";

/**
 * Options of {@linkcode FileBackend}.
 *
 * @since 0.1.0
 */
export interface FileBackendOptions {
  /**
   * The root folder: an absolute path, or one relative to the working directory. It may be a
   * symbolic link. It is made with the first object, for this user only (mode 0700).
   */
  path: string;
  /** What errors and listings call it; `file` by default. */
  name?: string;
}

/**
 * Keeps each object as a file whose path below the root is its key.
 *
 * - A write is whole and durable when `put` returns: temporary file, fsync, rename, fsync of the
 *   folder. Files have mode 0600, new folders 0700. Other processes may write at the same time.
 * - Nothing outside the root is reached. Symbolic links below the root are not followed, wherever
 *   they lead: a key through one fails with `Unauthorized`, and listings pass over them. The root
 *   itself may be a link.
 * - A segment of a key has at most 255 bytes, the first one may not begin with `.tmp-` (unfinished
 *   files; those untouched for an hour are removed with the first write), and names that Windows
 *   forbids are `Invalid` there. `a` and `a/b` cannot both exist; nor, where the file system
 *   ignores case, can `a` and `A`. The second one fails with `Invalid` and nothing is lost.
 * - No metadata is kept, and `ifMatch` is not supported: plain files have no compare-and-swap that
 *   holds between processes.
 *
 * @example
 * ```ts
 * import { FileBackend } from "@session-archiver/archiver";
 *
 * const backend = new FileBackend({ path: "/mnt/backup/sessions" });
 * for await (const page of backend.list({ prefix: "home_me_app/" })) {
 *   for (const { key, size } of page.objects) console.log(key, size);
 * }
 * ```
 *
 * @since 0.1.0
 */
export class FileBackend implements Backend {
  /** What the user calls it. */
  readonly name: string;
  /** No metadata, no `ifMatch`, no late writes; keys of up to 1,024 bytes, a segment of up to 255. */
  readonly capabilities: Capabilities = {
    createOnly: true,
    ifMatch: false,
    metadata: false,
    maxKeyBytes: MAX_KEY_BYTES,
    lateWrites: false,
  };

  readonly #path: string;
  readonly #calls: Calls;
  #opened: { root: FileRoot; folders: FileFolders; writer: FileWriter } | undefined;

  /**
   * Makes a backend. The disk is not touched yet.
   *
   * @param options Path and name.
   * @throws ArchiveError `Invalid` for an empty path, or one with a NUL character.
   */
  constructor(options: FileBackendOptions) {
    this.name = options.name ?? "file";
    this.#calls = new Calls(this.name, (key, call) => checkFileKey(key, call, process.platform));
    if (options.path === "" || options.path.includes("\0")) {
      const message = `the path ${JSON.stringify(options.path)} of the backend ${
        JSON.stringify(this.name)
      } is not a folder's; give the folder that shall hold the archives`;
      throw new ArchiveError("Invalid", message, { backend: this.name });
    }
    this.#path = paths().resolve(options.path);
  }

  /** `file:` and the real path of the root: the same for one folder under several names. */
  get identity(): string {
    return `file:${this.#open().root.path}`;
  }

  /**
   * Stores a file; on disk, whole, when this returns.
   *
   * @param key Where.
   * @param body What.
   * @param options Mode (not `ifMatch`) and signal; metadata and content type are not kept.
   * @returns The new etag.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<{ etag: string }> {
    const call = this.#calls.begin("storing", key, options.signal);
    const mode = options.mode ?? "overwrite";
    if (typeof mode === "object") {
      const message = `the backend ${JSON.stringify(this.name)} cannot replace an object only if ` +
        'its etag matches: plain files cannot do that safely; use "overwrite" or "create"';
      throw callError(call, "NotSupported", message);
    }
    return await this.#try(
      call,
      () => this.#open().writer.write(key, bodyParts(body, call), mode === "create", call),
    );
  }

  /**
   * Reads a file or a part of it. What comes is the version that was there at this moment, even
   * when it is replaced or deleted before the stream ends. Read the stream to its end or cancel
   * it: it holds the file open.
   *
   * @param key Which.
   * @param options Range and signal.
   */
  async get(
    key: string,
    options: CallOptions & { range?: ByteRange } = {},
  ): Promise<{ info: ObjectInfo; body: ReadableStream<Uint8Array> }> {
    const call = this.#calls.begin("reading", key, options.signal);
    const { handle, info } = await this.#try(call, () => this.#openFile(call));
    try {
      failIfStopped(call);
      const span = fitRange(options.range, info.size, call);
      return { info, body: byteStream(fileSource(handle, call), span, call) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Tells size, time and etag of a file.
   *
   * @param key Which.
   * @param options Signal.
   */
  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const call = this.#calls.begin("looking up", key, options.signal);
    return await this.#try(call, async () => {
      const found = await this.#open().root.find(key, call);
      if (!found?.stat.isFile()) throw notFound(call);
      return infoOf(key, found.stat);
    });
  }

  /**
   * Copies a file, as whole and durable as `put`.
   *
   * @param from The object that stays.
   * @param to Its copy; overwritten when it exists.
   * @param options Signal.
   */
  async copy(from: string, to: string, options: CallOptions = {}): Promise<{ etag: string }> {
    const reading = this.#calls.begin("copying", from, options.signal);
    const storing = this.#calls.begin("storing", to, options.signal);
    const { handle, info } = await this.#try(reading, () => this.#openFile(reading));
    try {
      const parts = fileParts(fileSource(handle, reading), info.size, storing);
      return await this.#try(storing, () => this.#open().writer.write(to, parts, false, storing));
    } finally {
      await handle.close();
    }
  }

  /**
   * Lists keys in UTF-8 byte order, reading only the folders that the asked-for keys are in, each
   * when its turn comes. A root that does not exist yet is empty.
   *
   * @param options What to list.
   */
  async *list(options: ListOptions = {}): AsyncGenerator<ListPage> {
    const call = this.#calls.beginWithoutKey("listing", options.signal);
    checkListOptions(options, call);
    const { root } = this.#open();
    const look = async (key: string) => {
      const stat = await statOf(root.pathOf(key));
      return stat?.isFile() ? infoOf(key, stat) : undefined;
    };
    const listing = { entries: walk(root, options), look };
    try {
      yield* listPages(listing, options.limit ?? Infinity, PAGE_SIZE, call);
    } catch (error) {
      throw fileError(error, call, root.path);
    }
  }

  /**
   * Deletes a file, and the folders that it leaves empty; one that is not there is fine.
   *
   * @param key Which.
   * @param options Signal.
   */
  async delete(key: string, options: CallOptions = {}): Promise<void> {
    const call = this.#calls.begin("deleting", key, options.signal);
    const { root, folders } = this.#open();
    await this.#try(call, async () => {
      const found = await root.find(key, call);
      if (!found?.stat.isFile()) return;
      await disk().unlink(found.path).catch(ignoreMissing);
      await folders.prune(paths().dirname(found.path));
    });
  }

  /**
   * Tries everything that the archive needs, with files below `.session-archiver-probe/` that are
   * removed again.
   *
   * @param options Signal.
   */
  async *probe(options: CallOptions = {}): AsyncGenerator<Finding> {
    const { tryBackend } = await import("./support/trial.ts");
    yield* tryBackend(this, options);
  }

  /** Ends all streams and writes that are under way; further calls fail. */
  close(): Promise<void> {
    this.#calls.close();
    return Promise.resolve();
  }

  #open() {
    if (this.#opened === undefined) {
      const root = new FileRoot(this.#path);
      const folders = new FileFolders(root);
      this.#opened = { root, folders, writer: new FileWriter(root, folders) };
    }
    return this.#opened;
  }

  async #try<T>(call: KeyCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(error, call, this.#open().root.pathOf(call.key));
    }
  }

  async #openFile(call: KeyCall): Promise<{ handle: FileHandle; info: ObjectInfo }> {
    const { key } = call;
    const found = await this.#open().root.find(key, call);
    if (!found?.stat.isFile()) throw notFound(call);
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = diskSync().constants;
    // Not following a link that was put there just now, nor waiting for the writer of a pipe.
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const handle = await disk().open(found.path, flags).catch((error) => {
      throw isMissing(error) ? notFound(call, error) : error;
    });
    try {
      const stat = await handle.stat({ bigint: true });
      if (!stat.isFile()) throw notFound(call);
      return { handle, info: infoOf(key, stat) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function fileSource(handle: FileHandle, call: KeyCall): ByteSource {
  return {
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.byteLength;) {
        const { bytesRead } = await handle.read(bytes, at, bytes.byteLength - at, start + at)
          .catch((error) => {
            throw fileError(error, call, call.key);
          });
        if (bytesRead === 0) throw cutShort(start + at, call);
        at += bytesRead;
      }
      return bytes;
    },
    // Nothing is lost when a file that was only read does not close well.
    close: () => handle.close().catch(() => undefined),
  };
}

function cutShort(at: number, call: KeyCall): ArchiveError {
  const message =
    `the file of ${JSON.stringify(call.key)} ended at byte ${at} while it was read: ` +
    "another program cut it; read it again";
  return callError(call, "Corrupt", message);
}

async function* fileParts(
  source: ByteSource,
  size: number,
  call: Call,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += PART_SIZE) {
    failIfStopped(call);
    yield await source.read(at, Math.min(at + PART_SIZE, size));
  }
}
