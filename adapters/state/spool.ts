/**
 * The spool on disk: large documents on their way to the backends, each in a private file that is
 * removed when it is done with.
 *
 * What killed processes leave behind is swept when the next one opens the spool; a file's name says
 * whose it is. Nothing here has to survive a power cut, so nothing is synced.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArchiveError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import type { Spool, Spooled } from "../../core/document/spool.ts";
import { errorCode, fileError } from "./file_error.ts";
import { makePrivateFolder } from "./folder.ts";
import { unlinkIfThere } from "./lock_file.ts";
import { fateOf, type ProcessIdentity, thisProcess } from "./process_identity.ts";

/** Small chunks are written together in pieces of this size. */
const PIECE_BYTES = 256 << 10;
/** A file of another machine is nobody's any more after this long. */
const FOREIGN_LIMIT_MS = 24 * 60 * 60_000;
const SUFFIX = ".spool";

/**
 * A {@linkcode Spool} in a folder.
 *
 * @example
 * ```ts ignore
 * const spool = await FileSpool.open(spoolFolder(state));
 * const document = await spool.write(chunks);
 * try {
 *   await backend.put(key, document);
 * } finally {
 *   await document.dispose();
 * }
 * ```
 */
export class FileSpool implements Spool {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Opens a spool and removes what processes left there that are gone.
   *
   * @param folder Its folder; made when it is missing. Nothing else should be in it.
   */
  static async open(folder: string): Promise<FileSpool> {
    await makePrivateFolder(folder);
    try {
      await sweep(folder);
    } catch (error) {
      throw fileError(error, "cannot clear the folder for large sessions", folder);
    }
    return new FileSpool(folder);
  }

  /**
   * See {@linkcode Spool.write}.
   *
   * @param chunks The document. A chunk may be reused once the next one is asked for.
   * @throws ArchiveError `Transient` naming the folder, when its disk is full.
   */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<Spooled> {
    const path = join(this.#folder, await newName());
    const handle = await this.#attempt(() => open(path, "wx+", 0o600));
    try {
      const file = new SpoolFile(handle);
      for await (const chunk of chunks) await this.#attempt(() => file.add(chunk));
      await this.#attempt(() => file.flush());
      return spooled(path, handle, file);
    } catch (error) {
      await handle.close();
      await unlinkIfThere(path);
      throw error;
    }
  }

  /** Names the folder in what the disk says; what the document's source says goes on unchanged. */
  async #attempt<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw fileError(error, "cannot keep a large session for a moment in", this.#folder);
    }
  }
}

/** A file that is being filled. */
class SpoolFile {
  readonly #handle: FileHandle;
  readonly #hash = sha256();
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #filled = 0;
  size = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    if (chunk.length > PIECE_BYTES - this.#filled) await this.flush();
    if (chunk.length > PIECE_BYTES) return await this.#write(chunk);
    this.#piece.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  async flush(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    await this.#write(piece);
  }

  digest(): string {
    return this.#hash.digest("hex");
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const left = bytes.length - done;
      const { bytesWritten } = await this.#handle.write(bytes, done, left, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }
}

function spooled(path: string, handle: FileHandle, file: SpoolFile): Spooled {
  const { size } = file;
  let disposing: Promise<void> | undefined;
  return {
    size,
    sha256: file.digest(),
    async read(start, end) {
      if (disposing !== undefined) throw invalid(path, "was disposed of");
      const fits = Number.isSafeInteger(start) && Number.isSafeInteger(end) &&
        0 <= start && start <= end && end <= size;
      if (!fits) throw invalid(path, `has ${size} bytes and none in [${start}, ${end})`);
      try {
        return await readRange(handle, start, end);
      } catch (error) {
        throw fileError(error, "cannot read the spooled session", path);
      }
    },
    dispose() {
      return disposing ??= remove(path, handle);
    },
  };
}

async function remove(path: string, handle: FileHandle): Promise<void> {
  try {
    await handle.close();
    await unlinkIfThere(path);
  } catch (error) {
    throw fileError(error, "cannot remove the spooled session", path);
  }
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) {
      throw new ArchiveError("Corrupt", "a spooled session was cut short by another program");
    }
    done += bytesRead;
  }
  return bytes;
}

function invalid(path: string, why: string): ArchiveError {
  return new ArchiveError("Invalid", `the spooled session ${path} ${why}`);
}

async function newName(): Promise<string> {
  const { host, boot, space, pid, start } = await thisProcess();
  const named = [host, boot, space, `${pid}`, start, randomUUID()].map(encodeURIComponent);
  return named.join("~") + SUFFIX;
}

function ownerOf(name: string): ProcessIdentity | undefined {
  if (!name.endsWith(SUFFIX)) return undefined;
  const parts = name.slice(0, -SUFFIX.length).split("~");
  const [host, boot, space, pid, start, nonce] = parts;
  if (host === undefined || boot === undefined || space === undefined) return undefined;
  if (start === undefined || nonce === undefined || !/^[1-9]\d*$/.test(pid ?? "")) return undefined;
  return { host, boot, space, pid: Number(pid), start: decodeURIComponent(start) };
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = ownerOf(name);
    if (owner === undefined) continue;
    const path = join(folder, name);
    const age = await ageOf(path);
    if (age === undefined) continue;
    const fate = await fateOf(owner, age);
    if (fate === "gone" || (fate === "elsewhere" && age > FOREIGN_LIMIT_MS)) {
      await unlinkIfThere(path);
    }
  }
}

/** For how long nobody wrote a file, in milliseconds; undefined when it is gone meanwhile. */
async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
