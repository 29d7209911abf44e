/**
 * Lists of archives: newest first by the day of creation, within a day by last change (the session's
 * where the ledger knows it, else the object's); one row a key, naming every backend that holds it.
 *
 * @module
 */
import { type ArchiveKey, parseArchiveKey } from "../keys/archive_key.ts";
import { sessionOfFiles } from "../keys/files_of.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { byDateDescending, daysToRead, projectDays, readDays } from "./calendar.ts";
import { describe, type Description } from "./description.ts";
import { type Held, holdersOf, noArchive } from "./holders.ts";
import { Failures } from "../failures.ts";
import { grouped } from "../grouped.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { inParallel } from "../parallel.ts";
import { projectPrefixes } from "../keys/project_prefixes.ts";
import { type PathRules, projectMatcher } from "../routing.ts";

/**
 * Which archives to list.
 *
 * @since 0.1.0
 */
export interface ListFilter {
  /**
   * Globs or plain paths of projects; all when left out. A plain path, or one with a `**` behind
   * it, is looked for where sessions that began there lie, and where the ledger knows of sessions
   * that moved there.
   */
  readonly project?: readonly string[];
  /** Only below these project segments of keys. */
  readonly segments?: readonly string[];
  /** Only sessions created on this day or later, `2026-11-22` in UTC. */
  readonly since?: string;
  /** Only sessions created on this day or earlier. */
  readonly until?: string;
  /** Only sessions of these agents, by name. */
  readonly agents?: readonly string[];
  /** Leaves out the files that lie beside sessions, which are archives of their own. */
  readonly withoutFiles?: boolean;
  /** Only titles that hold this text, in whatever case. */
  readonly title?: string;
  /** Stops after this many; all when left out. */
  readonly limit?: number;
  /** Lists the kept versions too, each after what replaced it. */
  readonly versions?: boolean;
  /** Stops the listing. */
  readonly signal?: AbortSignal;
}

/**
 * One row of a list.
 *
 * @since 0.1.0
 */
export interface ArchiveEntry extends Description {
  /** Where it is, without a backend's prefix. */
  readonly key: string;
  /** The names of all backends that hold it. */
  readonly backends: readonly string[];
  /** Size in bytes, as the first of them stores it. */
  readonly size: number;
  /** For a kept version: the first 8 hex digits of its SHA-256. */
  readonly version?: string;
}

/** What lists are made from. */
export interface ListSource {
  /** The backends to look at. */
  readonly backends: readonly Backend[];
  /** Knows some rows without reading. */
  readonly ledger: Ledger;
  /** How project paths are compared. */
  readonly paths?: PathRules;
}

/** One key, and who holds it. */
interface Row {
  readonly key: string;
  readonly parts: ArchiveKey;
  readonly held: readonly Held[];
  readonly modified: number;
}

/** Rows described at once, and so the most that are described in vain. */
const BATCH = 16;

/**
 * Lists archives, newest first. What one backend cannot tell is thrown at the end, after what the
 * others told.
 *
 * @param source Where to look.
 * @param filter Which.
 */
export async function* listArchives(
  source: ListSource,
  filter: ListFilter = {},
): AsyncGenerator<ArchiveEntry> {
  const failures = new Failures();
  yield* entries(source, filter, failures);
  failures.throwAny();
}

async function* entries(
  source: ListSource,
  filter: ListFilter,
  failures: Failures,
): AsyncGenerator<ArchiveEntry> {
  let left = filter.limit ?? Infinity;
  if (left <= 0) return;
  const isWanted = await wantedEntries(filter, source.paths);
  const dropsRows = (filter.project ?? filter.title ?? filter.agents) !== undefined;
  for await (const all of rowsByRounds(source, filter, () => left, failures)) {
    const rows = filter.withoutFiles
      ? all.filter(({ parts }) => sessionOfFiles(parts.id) === undefined)
      : all;
    for (let at = 0; at < rows.length;) {
      const batch = rows.slice(at, at + (dropsRows ? BATCH : Math.min(BATCH, left)));
      at += batch.length;
      const complete = (row: Row) =>
        failures.attempt(() => completed(row, source, filter), undefined);
      for (const entry of await inParallel(batch, BATCH, complete)) {
        if (!entry || !isWanted(entry)) continue;
        yield entry;
        if (--left <= 0) return;
      }
    }
  }
}

/** Yields rows in the list's order, reading no more days than the wanted number asks for. */
async function* rowsByRounds(
  source: ListSource,
  filter: ListFilter,
  want: () => number,
  failures: Failures,
): AsyncGenerator<Row[]> {
  const { backends } = source;
  const { since, until, signal } = filter;
  const prefixes = filter.segments?.map((segment) => `${segment}/`) ??
    projectPrefixes(filter.project, source);
  const days = (await Promise.all(
    backends.map((backend) =>
      failures.attempt(() => projectDays(backend, { prefixes, since, until, signal }), [])
    ),
  )).flat().sort(byDateDescending);
  for (let round = 0, at = 0; at < days.length; round++) {
    const rest = days.slice(at);
    // Rows that a filter drops call for ever larger rounds.
    const count = daysToRead(rest, want() * 2 ** Math.max(0, round - 1), round === 0);
    const objects = await readDays(rest.slice(0, count), failures, signal);
    yield rowsOf(objects, source, filter.versions ?? false);
    at += count;
  }
}

function rowsOf(
  objects: readonly Held[],
  { ledger }: ListSource,
  versions: boolean,
): Row[] {
  const rows: Row[] = [];
  for (const [key, held] of grouped(objects, ({ object }) => object.key)) {
    const parts = parseArchiveKey(key);
    if (!parts || (parts.version && !versions)) continue;
    rows.push({ key, parts, held, modified: lastChange(held, ledger) });
  }
  return rows.sort((a, b) =>
    byDateDescending(a.parts, b.parts) || b.modified - a.modified || (a.key < b.key ? -1 : 1)
  );
}

/** When a session last changed, as the ledger knows; else when a store last wrote it. */
function lastChange(held: readonly Held[], ledger: Ledger): number {
  return Math.max(...held.map(({ backend, object }) => {
    const known = ledger.at(backend.identity, object.key)?.facts.updatedAt;
    return known === undefined ? object.modified.getTime() : Date.parse(known);
  }));
}

/** A row with what is known of it, from the first of its backends that can tell. */
async function completed(
  { key, parts, held }: Row,
  { ledger }: ListSource,
  { signal }: ListFilter,
): Promise<ArchiveEntry> {
  const failures = new Failures();
  for (const { backend, object } of held) {
    const description = await failures.attempt(
      () => describe(object, { backend, ledger, signal }),
      undefined,
    );
    if (description) return entryOf({ key, parts, held }, object, description);
  }
  failures.throwAny();
  throw new TypeError(`${key} is a row that nothing holds`);
}

function entryOf(
  { key, parts, held }: Omit<Row, "modified">,
  object: ObjectInfo,
  description: Description,
): ArchiveEntry {
  return {
    ...description,
    key,
    backends: held.map(({ backend }) => backend.name),
    size: object.size,
    ...(parts.version && { version: parts.version }),
  };
}

async function wantedEntries(
  { title, project, agents }: ListFilter,
  paths?: PathRules,
): Promise<(entry: ArchiveEntry) => boolean> {
  const matches = project && await projectMatcher(project, paths);
  const text = title?.toLowerCase();
  return (entry) =>
    (agents === undefined || agents.includes(entry.agent)) &&
    (text === undefined || entry.title.toLowerCase().includes(text)) &&
    (matches === undefined || matches([entry.projectPath]));
}

/**
 * The row of one archive.
 *
 * @param key Which.
 * @param source Where to look.
 * @param signal Stops it.
 */
export async function findEntry(
  key: string,
  source: ListSource,
  signal?: AbortSignal,
): Promise<ArchiveEntry> {
  const parts = parseArchiveKey(key);
  const held = await holdersOf(key, source.backends, signal);
  if (parts && held.length > 0) {
    const modified = lastChange(held, source.ledger);
    return await completed({ key, parts, held, modified }, source, { signal });
  }
  throw noArchive(key, source.backends);
}
