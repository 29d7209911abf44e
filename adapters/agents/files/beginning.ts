/**
 * What has to be known of a session before its document begins: where it belongs, and since when it is
 * there.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileFormat, FoundFile } from "./format.ts";
import { chunksIn, linesIn } from "./lines.ts";
import { elementOf } from "./record.ts";

/** How much of a file is searched for it, in bytes. */
const SEARCHED = 4 << 20;

/** A session's beginning. */
export interface Beginning {
  /** The directory it belongs to. */
  readonly projectPath: string;
  /** When it was created, ISO 8601 in UTC. */
  readonly createdAt: string;
}

/**
 * Reads the first records of a file, until they have told it.
 *
 * @param file Open for reading.
 * @param found What is known of it.
 * @param path Its absolute path. What tells no directory belongs to the folder that it lies in.
 * @param format What stands in it.
 */
export async function beginningOf(
  file: Pick<FileHandle, "read">,
  found: FoundFile,
  path: string,
  format: FileFormat,
): Promise<Beginning> {
  const account = format.account(found);
  const lines = linesIn(chunksIn(file, Math.min(found.size, SEARCHED)), false);
  for await (const piece of lines) {
    account.take(elementOf(piece).value);
    if (account.projectPath !== undefined && account.createdAt !== undefined) break;
  }
  return {
    projectPath: account.projectPath ?? dirname(path),
    createdAt: account.createdAt ?? new Date(found.modifiedMs).toISOString(),
  };
}
