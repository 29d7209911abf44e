/**
 * Putting files back, byte for byte, where their agent will find them. What is there stays as it is.
 *
 * @module
 */
import { link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import type { RestorableArchive, RestoreOptions, RestoreOutcome } from "../../../core/agent.ts";
import { ArchiveError, asArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { sha256 } from "../../../core/hash.ts";
import { isThere } from "../../state/is_there.ts";
import type { FileFormat } from "./format.ts";
import { fileBytes, nativePieces } from "./native_file.ts";

/** What restoring needs. */
export interface RestoreSource {
  /** What the agent's files are. */
  readonly format: FileFormat;
  /** The folder to put them into. */
  readonly store: string;
}

/**
 * Restores sessions.
 *
 * @param archives The sessions.
 * @param options Where to.
 * @param source The agent.
 * @returns One outcome an archive, in order.
 * @throws {ArchiveError} `NotFound` when the directory that was named is not there; `NotSupported` for new ids, which
 * would have to be written into records; `Aborted`.
 */
export async function restoreFiles(
  archives: readonly RestorableArchive[],
  options: RestoreOptions,
  source: RestoreSource,
): Promise<readonly RestoreOutcome[]> {
  if (options.newId) throw noNewId(source.format);
  const outcomes: RestoreOutcome[] = [];
  for (const archive of archives) {
    throwIfAborted(options.signal, `restoring session ${archive.id}`);
    const directory = options.directory ?? archive.projectPath;
    if (options.directory !== undefined) await checkDirectory(directory);
    outcomes.push(await restoreOne({ archive, directory, ...source }, options.dryRun === true));
  }
  return outcomes;
}

/** One session on its way back. */
interface Target extends RestoreSource {
  readonly archive: RestorableArchive;
  readonly directory: string;
}

async function restoreOne(target: Target, dryRun: boolean): Promise<RestoreOutcome> {
  const { archive: { id }, directory } = target;
  const outcome = { archivedId: id, id, directory, differences: [], notes: [] };
  try {
    const path = join(target.store, await placeOf(target));
    if (await isThere(path)) return { ...outcome, status: "existing" };
    if (dryRun) return { ...outcome, status: "would restore" };
    return { ...outcome, status: await putBack(target, path) ? "restored" : "existing" };
  } catch (thrown) {
    return { ...outcome, status: "failed", error: asArchiveError(thrown, { session: id }) };
  }
}

/** Where its file belongs, from the store's folder. An archive may say anything. */
async function placeOf({ archive, directory, format }: Target): Promise<string> {
  const { id } = archive;
  for await (const piece of nativePieces(archive.native())) {
    if (piece.kind !== "file") break;
    const place = format.placeFor(piece.path, directory);
    if (format.nameOf(piece.path)?.id === id && format.nameOf(place)?.id === id) return place;
    const message = `the archive of session ${id} names ${JSON.stringify(piece.path)}, where ` +
      `${format.title} keeps no such session; nothing was written`;
    throw new ArchiveError("Invalid", message, { session: id });
  }
  throw new ArchiveError("Corrupt", `the archive of session ${id} names no file`, { session: id });
}

/**
 * Writes the file beside its place, and moves it there when it is whole.
 *
 * @returns Whether it is there now; not when somebody else's came first.
 */
async function putBack({ archive }: Target, path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const written = await writeDraft(draft, fileBytes(archive.native()));
    if (await hashOf(draft) !== written) throw unlike(archive.id, draft);
    return await moveUnlessThere(draft, path);
  } finally {
    await rm(draft, { force: true });
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

/** A link never takes the place of what is there; a file system without links has to be looked at. */
async function moveUnlessThere(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
  }
  if (await isThere(path)) return false;
  await rename(draft, path);
  return true;
}

async function checkDirectory(directory: string): Promise<void> {
  const isFolder = await stat(directory).then((stats) => stats.isDirectory(), () => false);
  if (isFolder) return;
  const message = `the directory ${directory} is not there; make it, or name another one with ` +
    "--directory";
  throw new ArchiveError("NotFound", message);
}

function noNewId({ title }: FileFormat): ArchiveError {
  const message =
    `a session of ${title} cannot be given a new id, since its records would have to be ` +
    "changed; move the one that is there out of the way";
  return new ArchiveError("NotSupported", message);
}

function unlike(id: string, path: string): ArchiveError {
  const message =
    `session ${id} did not arrive whole on the disk: ${path} reads otherwise than it ` +
    "was written; nothing was changed";
  return new ArchiveError("Corrupt", message, { session: id });
}
