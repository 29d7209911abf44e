/**
 * The files of agents' settings, which are their users' own: a link stays one, and whoever may read
 * one may do so afterwards.
 *
 * @module
 */
import { open, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ArchiveError } from "../../core/errors.ts";
import { realPathOf } from "../paths/project_paths.ts";
import { errorCode, fileError } from "../state/file_error.ts";
import { makePrivateFolder } from "../state/folder.ts";

/**
 * Reads settings.
 *
 * @param path Where they are.
 * @returns Undefined when there are none.
 * @throws {ArchiveError} When they cannot be read.
 */
export async function readSettings(path: string): Promise<string | undefined> {
  const bytes = await bytesIn(path).catch((error) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw fileError(error, "cannot read", path);
  });
  // What says nothing is none, as agents take it.
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `${path} is left as it is, since it is not UTF-8; correct it and try again`;
    throw new ArchiveError("Invalid", message, { cause });
  }
}

/** Of a file only: a pipe may never end. */
async function bytesIn(path: string): Promise<Uint8Array> {
  if ((await stat(path)).isFile()) return await readFile(path);
  throw new ArchiveError("Invalid", `${path} is no file; move it away, and try again`);
}

/**
 * Puts settings in place of those before, or makes the file for this user alone. Whoever reads them
 * meanwhile sees one or the other.
 *
 * @param path Where.
 * @param text The whole content.
 * @throws {ArchiveError} Naming the path; the old file is as it was then.
 */
export async function writeSettings(path: string, text: string): Promise<void> {
  const real = realPathOf(path);
  const temporary = `${real}.${crypto.randomUUID()}.tmp`;
  try {
    await makePrivateFolder(dirname(real));
    const mode = await modeOf(real);
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, real);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, "cannot write", path);
  }
}

/**
 * Removes settings that hold nothing any more, and the folder, where it was made for them alone.
 *
 * @param path Where they are.
 * @param isFolderToo Whether the folder goes too when it is empty.
 * @throws {ArchiveError} When they cannot be removed.
 */
export async function removeSettings(path: string, isFolderToo: boolean): Promise<void> {
  try {
    await rm(realPathOf(path), { force: true });
    if (isFolderToo) await rmdir(dirname(path));
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errorCode(error))) return;
    throw fileError(error, "cannot remove", path);
  }
}

async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0o600;
    throw error;
  }
}
