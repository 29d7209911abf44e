/**
 * Puts archived sessions back with OpenCode's own `import`, and reads them again afterwards: its
 * exit code says little, what its database holds says all.
 *
 * @module
 */
import type {
  LoadedSession,
  RestorableArchive,
  RestoreOptions,
  RestoreOutcome,
  SessionId,
} from "../../../core/agent.ts";
import {
  ArchiveError,
  asArchiveError,
  isArchiveError,
  throwIfAborted,
} from "../../../core/errors.ts";
import { decodedLines } from "../../../core/streams.ts";
import {
  type Choice,
  importPieces,
  type LeftOut,
  notesOn,
  writeImportFile,
} from "./import_file.ts";
import type { Environment } from "./locations.ts";
import { findProgram, type Program, type Run } from "./program.ts";
import { compareReadBack, type ReadBack } from "./read_back.ts";
import { type IdMap, newIds } from "./remap.ts";
import { AGENT_NAME } from "./sessions.ts";

/** What restoring needs of its surroundings. */
export interface Surroundings {
  /** The `opencode` program; the one in `PATH` by default. */
  readonly command?: string;
  /** The database to restore into; the program's own by default. */
  readonly database?: string;
  /** The environment the program runs in. */
  readonly env: Environment;
  /** Reads a session from a database. */
  load(session: SessionId): Promise<LoadedSession>;
  /** The ids of those sessions that a database has as children of one. */
  childrenOf(store: string, id: string): Promise<readonly string[]>;
}

/**
 * Restores.
 *
 * @param archives The sessions, parents first.
 * @param options Where, and under which ids.
 * @param around What it needs of its surroundings.
 * @throws {ArchiveError} `NotFound` without the directory or the program. What OpenCode does not
 * take is told in its outcome.
 */
export async function restoreSessions(
  archives: readonly RestorableArchive[],
  options: RestoreOptions,
  around: Surroundings,
): Promise<readonly RestoreOutcome[]> {
  const targets = await Promise.all(archives.map((archive) => directoryFor(archive, options)));
  if (archives.length === 0) return [];
  const { program, store } = await programFor(around, targets[0]);
  const ids: IdMap = options.newId ? await newIds(archives) : new Map();
  const outcomes: RestoreOutcome[] = [];
  for (const [index, archive] of archives.entries()) {
    throwIfAborted(options.signal, `restoring session ${archive.id}`);
    const id = ids.get(archive.id) ?? archive.id;
    const session = { agent: AGENT_NAME, store, id };
    const target: Target = { archive, session, ids, directory: targets[index], program, around };
    outcomes.push(await restoreOne(target, options.dryRun === true));
  }
  return outcomes;
}

/** One session on its way back. */
interface Target {
  readonly archive: RestorableArchive;
  readonly session: SessionId;
  readonly ids: IdMap;
  readonly directory: string;
  readonly program: Program;
  readonly around: Surroundings;
}

async function restoreOne(target: Target, dryRun: boolean): Promise<RestoreOutcome> {
  const { archive, session, directory } = target;
  const outcome = { archivedId: archive.id, id: session.id, directory, differences: [] };
  const there = await readNow(target);
  if (there) {
    await there.native[Symbol.asyncIterator]().return?.();
    return { ...outcome, directory: there.projectPath, status: "existing", notes: [] };
  }
  const [leftOut, unknown] = await lookedThrough(target);
  if (dryRun) return { ...outcome, status: "would restore", notes: notesOn(unknown) };
  try {
    return { ...outcome, status: "restored", ...await imported(target, leftOut, unknown) };
  } catch (error) {
    return { ...outcome, status: "failed", error: asArchiveError(error), notes: [] };
  }
}

/** What OpenCode cannot be given at all; and what, too, if it knows no other types of parts. */
async function lookedThrough(target: Target): Promise<[LeftOut, LeftOut]> {
  const counted: LeftOut[] = [];
  for (const choice of ["readable", "known"] as const) {
    const leftOut: LeftOut = new Map();
    for await (const _piece of importPieces(target.archive, target.ids, choice, leftOut));
    counted.push(leftOut);
  }
  return [counted[0], counted[1]];
}

/**
 * A newer OpenCode may take what this program does not know, so all is offered first. Importing
 * again only adds what is missing.
 */
async function imported(
  target: Target,
  leftOut: LeftOut,
  unknown: LeftOut,
): Promise<{ differences: readonly string[]; notes: string[] }> {
  const first = await importAndReadBack(target, "readable");
  if (first.back?.missing === 0 && first.run.code === 0) {
    return { differences: first.back.differences, notes: notesOn(leftOut) };
  }
  const second = unknown.size > leftOut.size ? await importAndReadBack(target, "known") : first;
  if (second.back?.missing === 0 && second.run.code === 0) {
    return { differences: second.back.differences, notes: notesOn(unknown) };
  }
  throw await refusal(target, second.run, second.back);
}

async function importAndReadBack(
  target: Target,
  choice: Choice,
): Promise<{ run: Run; back?: ReadBack }> {
  const run = await importOnce(target, choice);
  const loaded = await readNow(target);
  if (!loaded) return { run };
  const given = importPieces(target.archive, target.ids, choice);
  return { run, back: await compareReadBack(given, decodedLines(loaded.native)) };
}

async function importOnce(target: Target, choice: Choice): Promise<Run> {
  const [{ mkdtemp, rm }, { join }, { tmpdir }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("node:os"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "session-archiver-restore-"));
  try {
    const file = join(folder, "session.json");
    await writeImportFile(file, importPieces(target.archive, target.ids, choice));
    return await target.program(["import", file], target.directory);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes back what a failed import left, unless something else hangs on it; says how it went. */
async function refusal(target: Target, run: Run, back?: ReadBack): Promise<ArchiveError> {
  const { session, around, archive } = target;
  const taken = back ? `${back.messages - back.missing} of ${back.messages} messages` : "nothing";
  const said = run.complaint ? `; it said: ${run.complaint}` : "";
  const hint = run.code === 0
    ? "; another session may hold messages of the same ids: restore it with new ids (in the terminal: --new-id)"
    : "";
  let left = "";
  if (back) {
    const alone = (await around.childrenOf(session.store, session.id)).length === 0;
    const deleted = alone
      ? (await target.program(["session", "delete", session.id], target.directory)).code === 0
      : false;
    left = deleted
      ? "; what it took was removed again"
      : `; what it took is still there as session ${session.id}`;
  }
  return new ArchiveError(
    "NotSupported",
    `session ${archive.id} was not restored: OpenCode took ${taken}${said}${hint}${left}`,
    { session: archive.id },
  );
}

async function readNow({ session, around }: Target): Promise<LoadedSession | undefined> {
  try {
    return await around.load(session);
  } catch (error) {
    // Neither a missing session nor a database that OpenCode has still to make is a fault here.
    if (isArchiveError(error, "NotFound")) return undefined;
    throw error;
  }
}

async function directoryFor(archive: RestorableArchive, options: RestoreOptions): Promise<string> {
  const [{ stat }, { resolve }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
  ]);
  const directory = resolve(options.directory ?? archive.projectPath);
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return directory;
  throw new ArchiveError(
    "NotFound",
    `session ${archive.id} cannot be put into the directory ${directory}, which does not exist here; ` +
      "make it, or choose another one (in the terminal: --into DIR)",
    { session: archive.id },
  );
}

/** The program, and the database that it writes to. */
async function programFor(
  { command, database, env }: Surroundings,
  directory: string,
): Promise<{ program: Program; store: string }> {
  const { isAbsolute, resolve } = await import("node:path");
  if (database !== undefined) {
    const store = resolve(database);
    return { program: await findProgram(command, { ...env, OPENCODE_DB: store }), store };
  }
  const program = await findProgram(command, env);
  const { out, complaint } = await program(["db", "path"], directory);
  if (isAbsolute(out)) return { program, store: out };
  throw new ArchiveError(
    "NotSupported",
    `OpenCode does not say where its database is: "opencode db path" gave ${JSON.stringify(out)}` +
      (complaint ? ` and ${complaint}` : ""),
  );
}
