/**
 * The folders of a file backend: made when a key needs one, gone when the last key is.
 *
 * @module
 */
import { quoteKey } from "../../core/keys/object_key.ts";
import { type Call, callError } from "../support/call.ts";
import { disk, paths } from "./builtins.ts";
import { errnoOf } from "./errors.ts";
import type { FileRoot } from "./root.ts";

/** Makes and removes folders, safe against others that do the same at the same time. */
export class FileFolders {
  readonly #root: FileRoot;
  /** Folders that are there already but may not survive a power cut yet. */
  readonly #making = new Map<string, Promise<void>>();

  /** @param root The folder that holds them all. */
  constructor(root: FileRoot) {
    this.#root = root;
  }

  /**
   * Makes a folder and those above it, on disk when this returns.
   *
   * @param folder The root, or a folder inside it.
   * @param call The call that needs it.
   */
  async ensure(folder: string, call: Call): Promise<void> {
    if (await this.#root.isReal(folder)) {
      await this.#making.get(folder);
      await refuseOtherCase(this.#root, folder, call);
    } else {
      await (this.#making.get(folder) ?? this.#begin(folder, call));
    }
  }

  #begin(folder: string, call: Call): Promise<void> {
    const making = this.#make(folder, call).finally(() => this.#making.delete(folder));
    this.#making.set(folder, making);
    return making;
  }

  async #make(folder: string, call: Call): Promise<void> {
    const parent = paths().dirname(folder);
    if (parent !== folder) await this.ensure(parent, call);
    try {
      await disk().mkdir(folder, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      await this.#root.refuseLinks(folder, call);
      await refuseOtherCase(this.#root, folder, call);
    }
    await syncFolder(parent);
  }

  /**
   * Removes a folder and those above it as far as they are empty; never the root.
   *
   * @param folder Where something was deleted.
   */
  async prune(folder: string): Promise<void> {
    let left = folder;
    while (left !== this.#root.path && await removeEmpty(left)) left = paths().dirname(left);
    await syncFolder(left);
  }
}

/**
 * Fails when what is at `path` is there under a name in another case.
 *
 * @param root The root folder.
 * @param path Where a file or folder is wanted.
 * @param call The call that wants it.
 */
export async function refuseOtherCase(root: FileRoot, path: string, call: Call): Promise<void> {
  if (await root.isSpelledSo(path)) return;
  throw callError(
    call,
    "Invalid",
    `the key ${quoteKey(call.key ?? "")} differs only by case from what ${JSON.stringify(path)} ` +
      "is called already, and this file system takes them for the same; use another key",
  );
}

/**
 * Makes the names in a folder durable, as far as its file system can.
 *
 * @param folder Which; one that has gone meanwhile has no names to keep.
 */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await disk().open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!UNSYNCABLE.has(errnoOf(error) ?? "")) throw error;
  }
}

/** Windows and some network disks sync no folders; all others do, and their failures count. */
const UNSYNCABLE: ReadonlySet<string> = new Set([
  "EPERM",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EISDIR",
  "ENOENT",
]);

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await disk().rmdir(folder);
    return true;
  } catch (error) {
    // Mostly ENOTEMPTY. An empty folder that cannot be removed is in nobody's way.
    return errnoOf(error) === "ENOENT";
  }
}
