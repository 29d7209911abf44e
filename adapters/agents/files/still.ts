/**
 * Reading a file that its agent writes anew as a whole, as it was at one moment.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { ArchiveError, isArchiveError } from "../../../core/errors.ts";
import { chunksIn } from "./lines.ts";
import { readingFile } from "./open_file.ts";
import { type LookedAt, lookedAt } from "./token.ts";

/** So often is it tried. */
const TRIES = 3;

/** A file as it was at one moment. */
export interface StillFile extends LookedAt {
  /** All of it. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a file between two looks that tell the same.
 *
 * @param id What is archived, for errors.
 * @param path The file's absolute path.
 * @throws {ArchiveError} `NotFound` when it is gone; `Unauthorized` when it may not be read;
 * `Transient` when it does not hold still.
 */
export async function readStill(id: string, path: string): Promise<StillFile> {
  for (let n = 1;; n++) {
    try {
      return await readingFile(id, path, (file) => readOnce(file, path));
    } catch (error) {
      if (n === TRIES || !isArchiveError(error, "Transient")) throw error;
    }
  }
}

async function readOnce(file: FileHandle, path: string): Promise<StillFile> {
  const before = await lookInto(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksIn(file, before.size)) chunks.push(chunk);
  await checkStill(file, path, before);
  return { ...before, bytes: Buffer.concat(chunks) };
}

/**
 * What a look at an open file tells.
 *
 * @param file The file.
 */
export async function lookInto(file: FileHandle): Promise<LookedAt> {
  return lookedAt(await file.stat({ bigint: true }));
}

/**
 * Makes sure that a file did not change while it was read.
 *
 * @param file The file.
 * @param path Its path, for the error.
 * @param before What a look told before it was read.
 * @throws {ArchiveError} `Transient` when it did.
 */
export async function checkStill(file: FileHandle, path: string, before: LookedAt): Promise<void> {
  const after = await lookInto(file);
  if (after.size === before.size && after.modifiedMs === before.modifiedMs) return;
  throw changedMeanwhile(path);
}

/**
 * The error of a file that does not hold still.
 *
 * @param path Which.
 */
export function changedMeanwhile(path: string): ArchiveError {
  const message = `${path} changed while it was read; it is read again later`;
  return new ArchiveError("Transient", message);
}
