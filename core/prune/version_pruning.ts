/**
 * Which kept versions of sessions may go, and deleting them.
 *
 * A version is what an overwrite would have lost, so pruning is careful: of each session, in each
 * store, the version with the most in it and the newest ones stay beside the archive itself. A
 * version that cannot be read stays, and all of a session do whose archive is missing or cannot be
 * read. What stays is read back before the first one goes.
 *
 * @module
 */
import { parseArchiveKey, versionedKey } from "../keys/archive_key.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { describe, type Description } from "../listing/description.ts";
import { ArchiveError, type ErrorCode, throwIfAborted } from "../errors.ts";
import { Failures } from "../failures.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { inParallel } from "../parallel.ts";
import { projectPrefixes } from "../keys/project_prefixes.ts";
import { type PathRules, projectMatcher } from "../routing.ts";
import { verifyArchives } from "../verify/verification.ts";
import type { VerifyStatus } from "../verify/verify_outcome.ts";
import { sessionsWithVersions, type Versioned } from "./versioned_sessions.ts";

/**
 * Which versions may go.
 *
 * @since 0.1.0
 */
export interface PruneFilter {
  /** Only versions of the archives with these keys; of all archives when left out. */
  readonly keys?: readonly string[];
  /** Globs or plain paths of projects; all when left out. */
  readonly project?: readonly string[];
  /** How many of the newest versions of a session stay, at least 1; 1 when left out. */
  readonly keep?: number;
  /** Only versions that were kept before this moment; whenever they were when left out. */
  readonly keptBefore?: Date;
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/**
 * A kept version that may go.
 *
 * @since 0.1.0
 */
export interface PrunableVersion {
  /** Its key, with the first 8 hex digits of its SHA-256. */
  readonly key: string;
  /** Size in bytes, as it is stored. */
  readonly size: number;
  /** When it was kept, as the store tells; ISO 8601 in UTC. */
  readonly keptAt: string;
  /** How many messages it has. */
  readonly messages: number;
}

/**
 * What pruning would do with the versions of one session in one backend.
 *
 * @since 0.1.0
 */
export interface PrunePlan {
  /** The backend's name. */
  readonly backend: string;
  /** The key of the archive that they are versions of, whether it is there or not. */
  readonly archive: string;
  /** Those that may go, the newest first. */
  readonly goes: readonly PrunableVersion[];
  /** The keys of those that stay, the newest first. */
  readonly stays: readonly string[];
  /** Why some or all stay that the filter would let go, in one line. */
  readonly problem?: string;
  /** What must be good before anything goes: the archive, and the versions that stay by rule. */
  readonly relies: readonly string[];
}

/** Where versions are. */
export interface PruningSource {
  /** The stores. */
  readonly backends: readonly Backend[];
  /** Knows this machine's archives without a look. */
  readonly ledger: Ledger;
  /** How project paths are compared. */
  readonly paths?: PathRules;
}

/** Versions that are looked at side by side. */
const WIDTH = 16;

/**
 * Finds what may go, and deletes nothing. Of an archive that is named, its versions alone are
 * listed; of a project that is a plain path, its folder. Only where some might go are they looked at.
 *
 * @param source Where to look.
 * @param filter Which.
 * @returns One plan for each session and backend that has versions. What a backend fails with is
 * thrown at the end, after the plans for the others.
 * @throws {ArchiveError} `Invalid` for a key that is no archive's.
 */
export async function* planPruning(
  source: PruningSource,
  filter: PruneFilter = {},
): AsyncGenerator<PrunePlan> {
  const matches = filter.project && await projectMatcher(filter.project, source.paths);
  const prefixes = projectPrefixes(filter.project, source);
  const failures = new Failures();
  const { keys, signal } = filter;
  for (const backend of source.backends) {
    const job = { backend, ledger: source.ledger, signal };
    try {
      for await (const session of sessionsWithVersions(backend, { keys, prefixes, signal })) {
        const plan = await failures.attempt(
          () => planFor(session, job, filter, matches),
          undefined,
        );
        if (plan) yield plan;
      }
    } catch (error) {
      failures.add(error);
    }
  }
  failures.throwAny();
}

/**
 * Deletes the versions that a plan lets go, once what stays was read back and found good.
 *
 * @param plan From {@linkcode planPruning}.
 * @param source Where they are. The ledger takes note of an archive that turns out to be damaged.
 * @param signal Stops it between two of them.
 * @returns Each when it is gone.
 * @throws {ArchiveError} `Corrupt` or `NotFound` when what should stay is not good; nothing was
 * deleted then. What the backend throws.
 */
export async function* pruneVersions(
  { backend: name, archive, goes, relies }: PrunePlan,
  { backends, ledger }: PruningSource,
  signal?: AbortSignal,
): AsyncGenerator<PrunableVersion> {
  const backend = backends.find((one) => one.name === name);
  if (backend === undefined) throw invalid(`there is no backend ${name} to delete from`, archive);
  const strange = goes.find(({ key }) => !isVersionOf(key, archive));
  if (strange) throw invalid(`${strange.key} is no version of ${archive}`, strange.key);
  if (goes.length === 0) return;
  await readBack(relies, archive, backend, ledger, signal);
  for (const version of goes) {
    throwIfAborted(signal, `deleting ${version.key}`);
    await backend.delete(version.key, { signal });
    yield version;
  }
}

interface Job {
  readonly backend: Backend;
  readonly ledger: Ledger;
  readonly signal?: AbortSignal;
}

async function planFor(
  { archive, versions }: Versioned,
  job: Job,
  { keep: wanted = 1, keptBefore }: PruneFilter,
  matches: ((paths: readonly string[]) => boolean) | undefined,
): Promise<PrunePlan | undefined> {
  const keep = Math.max(1, wanted);
  const isOld = ({ modified }: ObjectInfo) => keptBefore === undefined || modified < keptBefore;
  const mayGo = versions.slice(keep).some(isOld);
  const described = archive && (mayGo || matches) ? await describe(archive, job) : undefined;
  if (matches) {
    const { projectPath } = described ?? await describe(versions[0], job);
    if (!matches([projectPath])) return undefined;
  }
  const common = {
    backend: job.backend.name,
    archive: archive?.key ?? versionedKey(versions[0].key),
  };
  if (!mayGo) return { ...common, ...staying(versions) };
  const id = parseArchiveKey(versions[0].key)?.id;
  const fault = described ? faultOf(described, id) : "there is no such archive";
  if (!archive || fault !== undefined) {
    return { ...common, ...staying(versions), problem: `all versions stay: ${fault}` };
  }
  const looked = await inParallel(versions, WIDTH, async (object) => ({
    object,
    description: await describe(object, job),
  }));
  return { ...common, ...chosen(looked, archive, { id, keep, isOld }) };
}

function staying(versions: readonly ObjectInfo[]): Pick<PrunePlan, "goes" | "stays" | "relies"> {
  return { goes: [], stays: versions.map(({ key }) => key), relies: [] };
}

interface Looked {
  readonly object: ObjectInfo;
  readonly description: Description;
}

/** Splits the versions of a session whose archive can be read. */
function chosen(
  looked: readonly Looked[],
  archive: ObjectInfo,
  { id, keep, isOld }: {
    readonly id: string | undefined;
    readonly keep: number;
    readonly isOld: (object: ObjectInfo) => boolean;
  },
): Pick<PrunePlan, "goes" | "stays" | "relies" | "problem"> {
  // A version is whatever lay there, even a ruin or another session's archive.
  const sound = looked.filter(({ description }) => faultOf(description, id) === undefined);
  const byRule = new Set([...sound.slice(0, keep), ...[...sound].sort(byRichest).slice(0, 1)]);
  const goes = new Set(sound.filter((one) => !byRule.has(one) && isOld(one.object)));
  const unsound = looked.find((one) => !sound.includes(one));
  return {
    goes: [...goes].map(prunable),
    stays: looked.filter((one) => !goes.has(one)).map(({ object: { key } }) => key),
    relies: [archive.key, ...[...byRule].map(({ object: { key } }) => key)],
    ...(unsound && {
      problem: `${unsound.object.key} stays: ${faultOf(unsound.description, id)}`,
    }),
  };
}

/** What is wrong with an object that should be of a session. */
function faultOf(description: Description, id: string | undefined): string | undefined {
  if (description.problem !== undefined) return description.problem;
  return description.id === id ? undefined : `it holds the session ${description.id}`;
}

/** The most messages, then the largest; of two alike the one that was kept last. */
function byRichest(a: Looked, b: Looked): number {
  return b.description.messages - a.description.messages || b.object.size - a.object.size;
}

function prunable({ object: { key, size, modified }, description }: Looked): PrunableVersion {
  return { key, size, keptAt: modified.toISOString(), messages: description.messages };
}

async function readBack(
  keys: readonly string[],
  archive: string,
  backend: Backend,
  ledger: Ledger,
  signal?: AbortSignal,
): Promise<void> {
  for await (const one of verifyArchives(keys, { backends: [backend], ledger }, { signal })) {
    if (one.status === "ok") continue;
    const code = CODES[one.status];
    throw new ArchiveError(
      code,
      `no version of ${archive} on ${backend.name} was deleted, since ${one.key} is ` +
        `${STATES[one.status]}: ${one.problem}`,
      { backend: backend.name, key: one.key },
    );
  }
}

type Wrong = Exclude<VerifyStatus, "ok">;

const CODES: Readonly<Record<Wrong, ErrorCode>> = {
  missing: "NotFound",
  damaged: "Corrupt",
  foreign: "Corrupt",
  differs: "Corrupt",
  undecodable: "NotSupported",
  failed: "Transient",
};
const STATES: Readonly<Record<Wrong, string>> = {
  missing: "missing",
  damaged: "damaged",
  foreign: "another session's",
  differs: "another one elsewhere",
  undecodable: "of a later format",
  failed: "not readable now",
};

function isVersionOf(key: string, archive: string): boolean {
  const [one, other] = [parseArchiveKey(key), parseArchiveKey(archive)];
  return one?.version !== undefined && other !== undefined && other.version === undefined &&
    one.project === other.project && one.date === other.date && one.id === other.id;
}

function invalid(message: string, key: string): ArchiveError {
  return new ArchiveError("Invalid", message, { key });
}
