/**
 * A private file of lines that only grows at its end, durably, and that can be replaced as a whole.
 * What the lines say is not known here.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ArchiveError } from "../../core/errors.ts";
import { fileError } from "./file_error.ts";
import { syncFolder } from "./folder.ts";

/** What is needed of an open file. */
export type OpenedFile = Pick<FileHandle, "datasync" | "sync" | "truncate" | "close"> & {
  /** Writes some of the bytes at least. */
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  /** Tells its size in bytes. */
  stat(): Promise<{ size: number }>;
};

/** Opens a file, as `open` of `node:fs/promises` does. */
export type OpenFile = (path: string, flags: string, mode: number) => Promise<OpenedFile>;

/**
 * One writer's hold on the file. It is opened, and made, by the first write. Calls must not overlap.
 */
export class AppendFile {
  readonly #path: string;
  readonly #open: OpenFile;
  #handle: OpenedFile | undefined;
  /** Where the file's good part ends, in bytes. */
  #size: number;
  /** Whether that part ends inside a line. */
  #midLine: boolean;
  /** Whether bytes of a failed write may stand behind the good part. */
  #dirty = false;

  /**
   * @param path Where it is or will be.
   * @param found What reading it has shown: its size in bytes, and whether it ends inside a line.
   * @param openFile How to open it.
   */
  constructor(
    path: string,
    found: { readonly size: number; readonly midLine: boolean },
    openFile: OpenFile = open,
  ) {
    this.#path = path;
    this.#size = found.size;
    this.#midLine = found.midLine;
    this.#open = openFile;
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds lines; they are durable once the promise resolves, and gone when it fails.
   *
   * @param lines ASCII text that ends in a line feed.
   */
  async append(lines: string): Promise<void> {
    try {
      const handle = this.#handle ??= await this.#openForAppending();
      if (this.#dirty) await this.#cutBack(handle);
      const bytes = Buffer.from(this.#midLine ? `\n${lines}` : lines, "latin1");
      this.#dirty = true;
      await writeAll(handle, bytes);
      await handle.datasync();
      this.#dirty = false;
      this.#midLine = false;
      this.#size += bytes.length;
    } catch (error) {
      await this.#tidy();
      throw fileError(error, "cannot write", this.#path);
    }
  }

  /**
   * Puts a new content in place of the old one, which stays valid until all of the new is durable.
   *
   * @param chunks ASCII text, whole lines.
   */
  async replace(chunks: Iterable<string>): Promise<void> {
    const temporary = this.#temporary;
    try {
      await rm(temporary, { force: true });
      const size = await this.#writeNew(temporary, chunks);
      await this.#letGo();
      await rename(temporary, this.#path);
      this.#size = size;
      this.#midLine = false;
      this.#dirty = false;
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw fileError(error, "cannot rewrite", this.#path);
    }
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    try {
      await this.#letGo();
    } catch (error) {
      throw fileError(error, "cannot close", this.#path);
    }
  }

  get #temporary(): string {
    return `${this.#path}.new`;
  }

  async #openForAppending(): Promise<OpenedFile> {
    // One that a killed process could not finish.
    await rm(this.#temporary, { force: true });
    const handle = await this.#open(this.#path, "a", 0o600);
    const { size } = await handle.stat();
    if (size === 0) await syncFolder(dirname(this.#path));
    // It is not as it was read, so nothing is known of its end.
    if (size !== this.#size) this.#midLine = size > 0;
    this.#size = size;
    return handle;
  }

  async #writeNew(path: string, chunks: Iterable<string>): Promise<number> {
    const handle = await this.#open(path, "wx", 0o600);
    let size = 0;
    try {
      for (const chunk of chunks) {
        const bytes = Buffer.from(chunk, "latin1");
        await writeAll(handle, bytes);
        size += bytes.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return size;
  }

  async #letGo(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #cutBack(handle: OpenedFile): Promise<void> {
    await handle.truncate(this.#size);
    this.#dirty = false;
  }

  /** Removes what a failed write left. When that fails too, the next write begins with it. */
  async #tidy(): Promise<void> {
    if (this.#handle === undefined || !this.#dirty) return;
    await this.#cutBack(this.#handle).catch(() => undefined);
  }
}

async function writeAll(handle: OpenedFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw new ArchiveError("Transient", "nothing could be written");
    done += bytesWritten;
  }
}
