/**
 * The folder of a file backend: which key is which file, and that nothing outside it is ever
 * reached, whatever links it holds.
 *
 * @module
 */
import type { BigIntStats } from "node:fs";
import { quoteKey } from "../../core/keys/object_key.ts";
import { type Call, callError } from "../support/call.ts";
import { disk, diskSync, paths } from "./builtins.ts";
import { errnoOf, isMissing } from "./errors.ts";

/** Something that is in the root. */
export interface Found {
  /** Where. */
  readonly path: string;
  /** What. */
  readonly stat: BigIntStats;
}

/** A root folder, which need not exist yet. */
export class FileRoot {
  /** Its real path: the same one under whatever name it was given. */
  readonly path: string;
  /** Known to tell names that differ only by case apart. */
  #tellsCase = false;

  /** @param path The folder, absolute. */
  constructor(path: string) {
    this.path = realPathOf(path);
  }

  /** The file of a key, or the folder of a prefix that ends in a slash. */
  pathOf(key: string): string {
    return paths().join(this.path, ...key.split("/"));
  }

  /**
   * What is there for a key.
   *
   * @param key Which.
   * @param call The call that asks.
   * @returns Its path and state; nothing when there is nothing.
   * @throws ArchiveError `Unauthorized` when a link is in the way.
   */
  async find(key: string, call: Call): Promise<Found | undefined> {
    const path = this.pathOf(key);
    // Of the folder, not the file: Bun's real path of a file that is just being replaced is wrong.
    const stat = await this.isReal(paths().dirname(path)) ? await statOf(path) : undefined;
    if (stat === undefined || stat.isSymbolicLink()) await this.refuseLinks(path, call);
    return stat !== undefined && await this.isSpelledSo(path) ? { path, stat } : undefined;
  }

  /**
   * Whether a folder is at `path`, with no link on the way.
   *
   * @param path The root, or a place inside it.
   */
  async isReal(path: string): Promise<boolean> {
    const { realpath } = disk();
    try {
      const real = await realpath(path);
      if (real === path) return true;
      // The root may have been moved since, and a link put in its place.
      return real === await realpath(this.path) + path.slice(this.path.length);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /**
   * Fails when a link is on the way to `path`, or is there.
   *
   * @param path A place inside the root.
   * @param call The call that asks.
   */
  async refuseLinks(path: string, call: Call): Promise<void> {
    for (const step of this.#stepsTo(path)) {
      if (!(await statOf(step))?.isSymbolicLink()) continue;
      throw callError(
        call,
        "Unauthorized",
        `the key ${quoteKey(call.key ?? "")} leads through the symbolic link ` +
          `${JSON.stringify(step)}, and no link below the backend's root is followed; ` +
          "put a real file or folder there",
      );
    }
  }

  /**
   * Whether what is at `path` has exactly that name. Where case does not count, the system opens
   * `a.json` for `A.json`; those are two keys, and one must not stand for the other.
   *
   * @param path A place inside the root. When nothing is there, nothing is there in another case.
   */
  async isSpelledSo(path: string): Promise<boolean> {
    if (this.#tellsCase) return true;
    const other = this.path + swapCase(path.slice(this.path.length));
    if (other === path || await statOf(path) === undefined) return true;
    // Inodes would not tell: some file systems number them by the name that was asked for.
    this.#tellsCase = await statOf(other) === undefined;
    return this.#tellsCase || await this.#isListed(path);
  }

  async #isListed(path: string): Promise<boolean> {
    try {
      for (const step of this.#stepsTo(path)) {
        const { dir, base } = paths().parse(step);
        if (!(await disk().readdir(dir)).includes(base)) return false;
      }
    } catch (error) {
      if (!isMissing(error)) throw error; // gone meanwhile: as if nothing had been there
    }
    return true;
  }

  /** Every folder below the root on the way to `path`, and `path` itself. */
  #stepsTo(path: string): string[] {
    const { relative, sep, join } = paths();
    const names = relative(this.path, path).split(sep).filter((name) => name !== "");
    return names.map((_, i) => join(this.path, ...names.slice(0, i + 1)));
  }
}

/** What is at `path`, without following a link; nothing when nothing is. */
export async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await disk().lstat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The real path of the nearest folder that exists, and the rest as it was given. */
function realPathOf(path: string): string {
  const { dirname, basename, join, resolve } = paths();
  try {
    return diskSync().realpathSync.native(path);
  } catch (error) {
    const parent = dirname(path);
    // What may not be looked at fails when it is used, where the error can name a key.
    if (errnoOf(error) !== "ENOENT" || parent === path) return path;
    const real = join(realPathOf(parent), basename(path));
    const target = targetOf(real);
    // A link to nowhere: its disk may be unplugged, and will be the same place when it is back.
    return target === undefined ? real : realPathOf(resolve(dirname(real), target));
  }
}

function targetOf(path: string): string | undefined {
  const { lstatSync, readlinkSync } = diskSync();
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function swapCase(text: string): string {
  return text.replace(/\p{L}/gu, (letter) => {
    const lower = letter.toLowerCase();
    return lower === letter ? letter.toUpperCase() : lower;
  });
}
