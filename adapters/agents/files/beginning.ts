/**
 * What has to be known of a session before its document begins: where it belongs, and since when it is
 * there.
 *
 * @module
 */
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { contentIn } from "./content.ts";
import type { Account, FileFormat, FoundFile } from "./format.ts";
import { linesIn } from "./lines.ts";
import { elementOf, elementOfWhole } from "./record.ts";
import { readStill } from "./still.ts";

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
 * @param directory Where it belongs, if that is known already.
 */
export async function beginningOf(
  file: Pick<FileHandle, "read">,
  found: FoundFile,
  path: string,
  format: FileFormat,
  directory?: string,
): Promise<Beginning> {
  if (found.isWhole) {
    const { bytes } = await readStill(found.id, path);
    return beginningIn([elementOfWhole(bytes).value], found, path, format, directory);
  }
  const account = format.account(found);
  const lines = linesIn(contentIn(file, found, path, SEARCHED), false);
  for await (const piece of lines) {
    account.take(elementOf(piece).value);
    if ((directory ?? account.projectPath) !== undefined && account.createdAt !== undefined) break;
  }
  return toldBy(account, found, path, directory);
}

/**
 * Looks through records that were read already.
 *
 * @param records What each says.
 * @param found What is known of their file.
 * @param path Its absolute path.
 * @param format What stands in it.
 * @param directory Where it belongs, if that is known already.
 */
export function beginningIn(
  records: readonly unknown[],
  found: FoundFile,
  path: string,
  format: FileFormat,
  directory?: string,
): Beginning {
  const account = format.account(found);
  for (const record of records) account.take(record);
  return toldBy(account, found, path, directory);
}

function toldBy(
  account: Account,
  { modifiedMs }: FoundFile,
  path: string,
  directory = account.projectPath ?? dirname(path),
): Beginning {
  const createdAt = account.createdAt ?? new Date(modifiedMs).toISOString();
  return { projectPath: directory, createdAt };
}
