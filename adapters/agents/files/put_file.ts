/**
 * Putting a file into its place, whole or not at all. What is there stays as it is.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArchiveError } from "../../../core/errors.ts";
import { sha256 } from "../../../core/hash.ts";
import { errorCode, fileError } from "../../state/file_error.ts";
import { moveUnlessThere } from "../../state/move_new.ts";

/**
 * Writes a file beside its place, reads it again, and moves it there.
 *
 * @param id The session's id, for errors.
 * @param path The file's absolute path. Its folders are made.
 * @param chunks What is in it.
 * @returns Whether it is there now; not when something else was, or came first.
 * @throws {ArchiveError} `Corrupt` when it reads otherwise than it was written; what the disk says.
 */
export async function putFile(
  id: string,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const written = await writeDraft(draft, chunks);
    if (await hashOf(draft) !== written) throw unlike(id, draft);
    return await moveUnlessThere(draft, path);
  } catch (error) {
    throw errorCode(error) === "" ? error : fileError(error, "cannot write", path);
  } finally {
    // What kept the file from its place says more than what keeps a draft in its own.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function writeDraft(path: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const file = await open(path, "wx", 0o600);
  const hash = sha256();
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

async function hashOf(path: string): Promise<string> {
  const file = await open(path, "r");
  const hash = sha256();
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

function unlike(id: string, path: string): ArchiveError {
  const message =
    `session ${id} did not arrive whole on the disk: ${path} reads otherwise than it ` +
    "was written; nothing was changed";
  return new ArchiveError("Corrupt", message, { session: id });
}
