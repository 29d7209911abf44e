/**
 * Putting files back, byte for byte, where their agent will find them. What is there stays as it is.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { RestorableArchive, RestoreOptions, RestoreOutcome } from "../../../core/agent.ts";
import { ArchiveError, asArchiveError, throwIfAborted } from "../../../core/errors.ts";
import { isThere } from "../../state/is_there.ts";
import type { FileFormat, FileName } from "./format.ts";
import { eachFile } from "./each_file.ts";
import { firstAndRest } from "./first_line.ts";
import { foundFiles } from "./found_files.ts";
import { fileBytes, nativePieces } from "./native_file.ts";
import { areFiles, fileElements } from "./native_files.ts";
import { isNeverCaptured } from "./never.ts";
import { putFile } from "./put_file.ts";

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
 * @throws {ArchiveError} `NotFound` when the directory that was named is not there; `NotSupported` for
 * new ids, which would have to be written into records; `Aborted`.
 */
export async function restoreFiles(
  archives: readonly RestorableArchive[],
  options: RestoreOptions,
  source: RestoreSource,
): Promise<readonly RestoreOutcome[]> {
  if (options.newId) throw noNewId(source.format);
  const outcomes: RestoreOutcome[] = [];
  let looked: ReturnType<typeof pathsIn> | undefined;
  const present = () => looked ??= pathsIn(source, options.signal);
  for (const archive of archives) {
    throwIfAborted(options.signal, `restoring session ${archive.id}`);
    const directory = options.directory ?? archive.projectPath;
    if (options.directory !== undefined) await checkDirectory(directory);
    const target = { archive, directory, present, ...source };
    outcomes.push(await restoreOne(target, options.dryRun === true));
  }
  return outcomes;
}

/** One session on its way back. */
interface Target extends RestoreSource {
  readonly archive: RestorableArchive;
  readonly directory: string;
  /** The sessions that are there, by id, each with its file's path. */
  present(): Promise<ReadonlyMap<string, string>>;
}

async function pathsIn(
  { format, store }: RestoreSource,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  // What cannot be looked at keeps no session from coming back: its own place is looked at in any case.
  const failures: ArchiveError[] = [];
  for await (const { id, path } of foundFiles(format, store, { signal, failures })) {
    paths.set(id, path);
  }
  return paths;
}

async function restoreOne(target: Target, dryRun: boolean): Promise<RestoreOutcome> {
  const { archive: { id }, directory } = target;
  const outcome = { archivedId: id, id, directory, differences: [], notes: [] };
  try {
    return { ...outcome, ...await broughtBack(target, dryRun) };
  } catch (thrown) {
    return { ...outcome, status: "failed", error: asArchiveError(thrown, { session: id }) };
  }
}

type Fate = Pick<RestoreOutcome, "status"> & Partial<Pick<RestoreOutcome, "id" | "notes">>;

async function broughtBack(target: Target, dryRun: boolean): Promise<Fate> {
  const [first, lines] = await firstAndRest(target.archive.native());
  if (areFiles(first)) return await restoreBeside(target, lines, dryRun);
  return await restoreSession(target, lines, dryRun);
}

/** An id is there once at most, wherever its file lies: some agents find none of two. */
async function restoreSession(
  target: Target,
  lines: AsyncIterable<string>,
  dryRun: boolean,
): Promise<Fate> {
  const { archive, directory, format, store } = target;
  const { id, path: place } = await placeOf(target, await pathIn(lines, archive.id));
  const path = join(store, place);
  if ((await target.present()).has(archive.id)) return { status: "existing" };
  if (await isThere(path)) return { id, status: "existing" };
  if (dryRun) return { id, status: "would restore" };
  if (!await putFile(archive.id, path, fileBytes(archive.native()))) {
    return { id, status: "existing" };
  }
  const notes = await format.afterRestore?.(store, place, directory) ?? [];
  return { id, status: "restored", notes };
}

async function pathIn(lines: AsyncIterable<string>, id: string): Promise<string> {
  for await (const piece of nativePieces(lines)) {
    if (piece.kind === "file") return piece.path;
  }
  throw new ArchiveError("Corrupt", `the archive of session ${id} names no file`, { session: id });
}

/** Each is put where nothing is; before the first, all of their places are known to be good. */
async function restoreBeside(
  target: Target,
  lines: AsyncIterable<string>,
  dryRun: boolean,
): Promise<Fate> {
  const { archive: { id, native }, store } = target;
  const places = new Map<string, string>();
  for await (const { path } of fileElements(lines)) {
    if (!places.has(path)) places.set(path, join(store, (await placeOf(target, path)).path));
  }
  const [missing, there] = await parted(places);
  if (missing.size === 0 && there > 0) return { status: "existing" };
  const notes = there === 0
    ? []
    : [`${there} of the ${places.size} files beside it are there already, and were left alone`];
  if (dryRun) return { status: "would restore", notes };
  for await (const file of eachFile(fileElements(native()))) {
    const path = missing.get(file.path);
    if (path !== undefined) await putFile(id, path, file.chunks);
    else for await (const _ of file.chunks);
  }
  return { status: "restored", notes };
}

/** Those that are missing, and how many are there. */
async function parted(
  places: ReadonlyMap<string, string>,
): Promise<[missing: ReadonlyMap<string, string>, there: number]> {
  const missing = new Map<string, string>();
  for (const [path, place] of places) {
    if (!await isThere(place)) missing.set(path, place);
  }
  return [missing, places.size - missing.size];
}

/** Where a file belongs, from the store's folder. An archive may say anything. */
async function placeOf(
  { archive: { id, projectPath }, directory, format, store, present }: Target,
  path: string,
): Promise<FileName> {
  const name = format.nameOf(path);
  if (name?.id === id && !isNeverCaptured(path)) {
    const beside = name.parentId === undefined ? undefined : (await present()).get(name.parentId);
    const isMoved = directory !== projectPath;
    const to = { directory, store, isMoved, ...(beside !== undefined && { beside }) };
    const place = format.nameOf(format.placeFor(path, to));
    if (place !== undefined) return place;
  }
  const message = `the archive of session ${id} names ${JSON.stringify(path)}, where ` +
    `${format.title} keeps no such file; nothing was written`;
  throw new ArchiveError("Invalid", message, { session: id });
}

async function checkDirectory(directory: string): Promise<void> {
  const isFolder = await stat(directory).then((stats) => stats.isDirectory(), () => false);
  if (isFolder) return;
  const message = `the directory ${directory} is not there; make it, or name another one`;
  throw new ArchiveError("NotFound", message);
}

function noNewId({ title }: FileFormat): ArchiveError {
  const message =
    `a session of ${title} cannot be given a new id, since its records would have to be ` +
    "changed; move the one that is there out of the way";
  return new ArchiveError("NotSupported", message);
}
