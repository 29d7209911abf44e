/**
 * A file that the user asked for: there whole, or not at all.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArchiveError } from "../../core/errors.ts";
import { errorCode, fileError } from "../state/file_error.ts";
import { moveUnlessThere } from "../state/move_new.ts";
import { UsageError } from "./exit.ts";

/**
 * Writes a file for this user only (0600): beside its place first, and into it once all of it is
 * written.
 *
 * @param path Its absolute path; the folder must exist.
 * @param chunks What is in it. When they fail, no file comes into being.
 * @param options Whether a file that exists is replaced.
 * @returns How many bytes it has.
 * @throws {ArchiveError} `AlreadyExists` when there is one and it is not to be replaced.
 */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<number> {
  const place = await placeOf(path, replace);
  const draft = join(dirname(place), `.${basename(place).slice(0, 100)}.${randomUUID()}.tmp`);
  const handle = await named(path, () => open(draft, "wx", 0o600));
  try {
    const size = await fill(path, handle, chunks);
    await named(path, () => moveTo(draft, place, replace));
    return size;
  } finally {
    await unlinkIfThere(draft);
  }
}

/** Where the file goes: links are followed, and nothing but a plain file is replaced. */
async function placeOf(path: string, replace: boolean): Promise<string> {
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return path;
    throw fileError(error, "cannot look at", path);
  }
  if (!found.isFile()) {
    throw new UsageError(
      `-o ${path} is there and is no plain file; name a file, or - for standard output`,
    );
  }
  if (!replace) throw exists(path);
  return await realpath(path);
}

async function fill(
  path: string,
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  let size = 0;
  try {
    for await (const chunk of chunks) {
      await named(path, () => handle.writeFile(chunk));
      size += chunk.length;
    }
    await named(path, () => handle.sync());
  } finally {
    await handle.close();
  }
  return size;
}

/** A file that came meanwhile is not replaced either. */
async function moveTo(draft: string, place: string, replace: boolean): Promise<void> {
  if (replace) await rename(draft, place);
  else if (!await moveUnlessThere(draft, place)) throw exists(place);
}

function exists(path: string): ArchiveError {
  return new ArchiveError("AlreadyExists", `${path} exists and is left alone; --force replaces it`);
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw fileError(error, "cannot remove", path);
  }
}

/** Names the file in what the disk says. */
async function named<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw fileError(error, "cannot write", path);
  }
}
