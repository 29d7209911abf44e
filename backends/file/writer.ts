/**
 * How a file comes to be, whole and to stay: written in the root under a name that no key has,
 * synced, moved to its place, and the move synced.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { sha256Hex } from "../../core/hash.ts";
import { quoteKey } from "../../core/keys/object_key.ts";
import { callError, failIfStopped, type KeyCall } from "../support/call.ts";
import { disk, paths } from "./builtins.ts";
import { errnoOf } from "./errors.ts";
import { type FileFolders, refuseOtherCase, syncFolder } from "./folders.ts";
import { etagOf } from "./info.ts";
import { TEMPORARY } from "./names.ts";
import { type FileRoot, statOf } from "./root.ts";

/** How long an unfinished file may lie untouched before it is taken for a dead writer's. */
const LEFT_BEHIND_MS = 60 * 60 * 1000;

/** How often a write meets a folder that somebody else has just removed before it gives up. */
const MAX_TRIES = 20;

/** Writes the files of one root. */
export class FileWriter {
  readonly #root: FileRoot;
  readonly #folders: FileFolders;
  #swept: Promise<void> | undefined;

  /**
   * @param root Where.
   * @param folders Its folders.
   */
  constructor(root: FileRoot, folders: FileFolders) {
    this.#root = root;
    this.#folders = folders;
  }

  /**
   * Writes a file, all or nothing.
   *
   * @param key Its key.
   * @param parts Its bytes.
   * @param createOnly Whether to fail with `AlreadyExists` when there is one.
   * @param call The call that stores it.
   * @returns The new etag.
   */
  async write(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    createOnly: boolean,
    call: KeyCall,
  ): Promise<{ etag: string }> {
    await (this.#swept ??= trySweep(this.#root.path));
    const name = `${TEMPORARY}${process.pid}-${crypto.randomUUID()}`;
    const temporary = paths().join(this.#root.path, name);
    try {
      const etag = await this.#fill(temporary, parts, call);
      failIfStopped(call);
      await this.#place(temporary, this.#root.pathOf(key), createOnly, call);
      return { etag };
    } catch (error) {
      await discard(temporary);
      throw error;
    }
  }

  async #fill(path: string, parts: AsyncIterable<Uint8Array>, call: KeyCall): Promise<string> {
    const handle = await this.#openNew(path, call);
    try {
      let at = 0;
      for await (const part of parts) at = await append(handle, part, at);
      await handle.sync();
      return etagOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  }

  async #openNew(path: string, call: KeyCall): Promise<FileHandle> {
    const open = () => disk().open(path, "wx", 0o600);
    try {
      return await open();
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      await this.#folders.ensure(this.#root.path, call);
      return await open();
    }
  }

  async #place(from: string, to: string, createOnly: boolean, call: KeyCall): Promise<void> {
    const folder = paths().dirname(to);
    for (let tries = 1;; tries++) {
      try {
        await this.#folders.ensure(folder, call);
        await this.#checkPlace(to, createOnly, call);
        await (createOnly ? this.#create(from, to, call) : disk().rename(from, to));
        return await syncFolder(folder);
      } catch (error) {
        if (tries === MAX_TRIES || !isPassing(error)) throw error;
        if (process.platform === "win32") await pause(tries * 10);
      }
    }
  }

  async #checkPlace(path: string, createOnly: boolean, call: KeyCall): Promise<void> {
    const stat = await statOf(path);
    if (stat === undefined) return;
    if (stat.isSymbolicLink()) await this.#root.refuseLinks(path, call);
    await refuseOtherCase(this.#root, path, call);
    if (stat.isDirectory()) {
      throw callError(
        call,
        "Invalid",
        `the key ${quoteKey(call.key)} cannot be a file: ${JSON.stringify(path)} is a ` +
          "folder, which holds the keys that go on from there; use another key",
      );
    }
    if (createOnly) throw alreadyExists(call);
  }

  async #create(from: string, to: string, call: KeyCall): Promise<void> {
    try {
      await disk().link(from, to);
      await discard(from);
    } catch (error) {
      const code = errnoOf(error) ?? "";
      if (code === "EEXIST") throw alreadyExists(call, error);
      if (!NO_HARD_LINKS.has(code)) throw error;
      await this.#createClaimed(from, to, call);
    }
  }

  /** Creates where there are no hard links: whoever holds the claim may look and then move. */
  async #createClaimed(from: string, to: string, call: KeyCall): Promise<void> {
    const claim = paths().join(this.#root.path, `${TEMPORARY}claim-${sha256Hex(to)}`);
    for (let tries = 1; !await makeClaim(claim); tries++) {
      await this.#checkPlace(to, true, call); // the other one may be done
      if (tries === MAX_TRIES) {
        const message = `another writer is just creating ${quoteKey(call.key)}; try again`;
        throw callError(call, "Transient", message);
      }
      await pause(tries);
    }
    try {
      await this.#checkPlace(to, true, call);
      await disk().rename(from, to);
    } finally {
      await discard(claim);
    }
  }
}

/** What `link` fails with on file systems that have no hard links; the last one on Windows. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EISDIR",
]);

async function makeClaim(path: string): Promise<boolean> {
  try {
    const handle = await disk().open(path, "wx", 0o600);
    await handle.close();
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

function alreadyExists(call: KeyCall, cause?: unknown) {
  const message = `the object ${quoteKey(call.key)} in the backend ${
    JSON.stringify(call.backend)
  } exists already; delete it first`;
  return callError(call, "AlreadyExists", message, cause);
}

async function append(handle: FileHandle, part: Uint8Array, at: number): Promise<number> {
  for (let done = 0; done < part.byteLength;) {
    const { bytesWritten } = await handle.write(part, done, part.byteLength - done, at + done);
    done += bytesWritten;
  }
  return at + part.byteLength;
}

/** Somebody removed the folder just now, or (on Windows) holds the file open for a moment. */
function isPassing(error: unknown): boolean {
  const code = errnoOf(error);
  if (code === "ENOENT") return true;
  return process.platform === "win32" &&
    (code === "EPERM" || code === "EACCES" || code === "EBUSY");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Removes unfinished files that dead writers left. */
async function sweep(root: string): Promise<void> {
  const now = Date.now();
  for (const name of await disk().readdir(root)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = paths().join(root, name);
    const stat = await statOf(path);
    if (stat?.isFile() && now - Number(stat.mtimeMs) > LEFT_BEHIND_MS) await discard(path);
  }
}

/** Sweeping is a courtesy: a root that is missing or closed to us is for the write to report. */
async function trySweep(root: string): Promise<void> {
  await sweep(root).catch(() => undefined);
}

async function discard(path: string): Promise<void> {
  // It may have been moved already; and what cannot be removed now is swept later.
  await disk().unlink(path).catch(() => undefined);
}
