/**
 * Finding the kept versions in a store, with the archives that they are versions of.
 *
 * @module
 */
import { type ArchiveKey, parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import { ArchiveError } from "../errors.ts";
import { grouped } from "../grouped.ts";

/** A session of which versions were kept. */
export interface Versioned {
  /** Its archive, where there is one. */
  readonly archive: ObjectInfo | undefined;
  /** At least one, the one that was kept last first. */
  readonly versions: readonly [ObjectInfo, ...ObjectInfo[]];
}

/** Which sessions to look for. */
export interface VersionedFilter {
  /** Only those with these keys. */
  readonly keys?: readonly string[];
  /** Only those whose keys begin with one of these, of which none begins with another. */
  readonly prefixes?: readonly string[];
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/**
 * Finds the sessions of which a backend holds versions. Of those that are named, nothing else is
 * listed; else one day of one project is held at a time.
 *
 * @param backend Where to look.
 * @param filter Which.
 * @throws {ArchiveError} `Invalid` for a key that is no archive's.
 */
export async function* sessionsWithVersions(
  backend: Backend,
  { keys, prefixes = [""], signal }: VersionedFilter,
): AsyncGenerator<Versioned> {
  if (keys !== undefined) {
    for (const key of new Set(keys)) yield* versionedAt(key, backend, signal);
    return;
  }
  for (const prefix of prefixes) {
    for await (const day of days(backend, prefix, signal)) yield* versionedOf(day);
  }
}

async function* versionedAt(
  key: string,
  backend: Backend,
  signal?: AbortSignal,
): AsyncGenerator<Versioned> {
  const parts = parseArchiveKey(key);
  if (!parts || parts.version) {
    const message = `${JSON.stringify(key)} is no archive's key; name the archive itself`;
    throw new ArchiveError("Invalid", message, { key });
  }
  const name = `${parts.project}/${parts.date}/${parts.id}`;
  const versions = await listed(backend, `${name}~`, signal);
  if (versions.length > 0) {
    yield* versionedOf([...versions, ...await listed(backend, `${name}.json`, signal)]);
  }
}

async function listed(
  backend: Backend,
  prefix: string,
  signal?: AbortSignal,
): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const page of backend.list({ prefix, signal })) objects.push(...page.objects);
  return objects;
}

/** All objects, one day of one project at a time. */
async function* days(
  backend: Backend,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<ObjectInfo[]> {
  let folder = "";
  let day: ObjectInfo[] = [];
  for await (const page of backend.list({ prefix, signal })) {
    for (const object of page.objects) {
      const at = object.key.slice(0, object.key.lastIndexOf("/"));
      if (at !== folder && day.length > 0) {
        yield day;
        day = [];
      }
      folder = at;
      day.push(object);
    }
  }
  if (day.length > 0) yield day;
}

/** The sessions with versions among the objects of one day. */
function* versionedOf(objects: readonly ObjectInfo[]): Generator<Versioned> {
  const known = objects.flatMap((object) => {
    const parts = parseArchiveKey(object.key);
    return parts ? [{ object, parts }] : [];
  });
  for (const group of grouped(known, ({ parts: { id } }) => id).values()) {
    const [first, ...rest] = group.filter(({ parts }) => parts.version).sort(byNewest);
    if (!first) continue;
    const archives = group.filter(({ parts }) => !parts.version);
    const archive = archives.find(({ parts }) => parts.gzip === first.parts.gzip) ?? archives[0];
    const versions: Versioned["versions"] = [first.object, ...rest.map(({ object }) => object)];
    yield { archive: archive?.object, versions };
  }
}

interface Known {
  readonly object: ObjectInfo;
  readonly parts: ArchiveKey;
}

function byNewest({ object: a }: Known, { object: b }: Known): number {
  return b.modified.getTime() - a.modified.getTime() || (a.key < b.key ? -1 : 1);
}
