/**
 * Keeping what an overwrite would lose: the stored object is read, found to be what it was judged to
 * be, and written beside itself under a name that holds its hash. Nothing is ever written over a
 * version.
 *
 * A copy inside the store would be cheaper, but copies whatever stands there at that moment: another
 * writer's state under this one's name, and this one's is lost.
 *
 * @module
 */
import { contentType } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import { heldBody, partsOf } from "../document/held_body.ts";
import { readMetadata } from "../document/metadata.ts";
import type { Spool } from "../document/spool.ts";
import { chunksOf, streamOf } from "../streams.ts";
import { isOfHash } from "../verify/version_hash.ts";

/** What is to be kept. */
export interface VersionToKeep {
  /** Where it is. */
  readonly backend: Backend;
  /** Under which key. */
  readonly key: string;
  /** The key it gets. */
  readonly version: string;
  /** SHA-256 of its document, or of its bytes where they are none. */
  readonly sha256: string;
  /** Holds a large one. */
  readonly spool: Spool;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Keeps a version, unless it is kept already.
 *
 * @param wanted What.
 * @returns Whether it is kept; when not, something else stands at the key by now.
 * @throws {ArchiveError} `Corrupt` when something else has the version's name.
 */
export async function keepVersion(wanted: VersionToKeep): Promise<boolean> {
  if (await isKept(wanted)) return true;
  const { backend, key, version, spool, signal } = wanted;
  const stored = await found(() => backend.get(key, { signal }));
  if (stored === undefined) return false;
  const { body, dispose } = await heldBody(chunksOf(stored.body), spool);
  try {
    if (!await isOfHash(wanted.sha256, () => Promise.resolve(streamOf(partsOf(body))), key)) {
      return false;
    }
    await backend.put(version, body, {
      mode: backend.capabilities.createOnly ? "create" : "overwrite",
      contentType: contentType(version),
      metadata: stored.info.metadata,
      signal,
    });
    return true;
  } catch (error) {
    // Another writer keeps the same state at the same time.
    if (isArchiveError(error, "AlreadyExists")) return await isKept(wanted);
    throw error;
  } finally {
    await dispose();
  }
}

async function isKept({ backend, key, version, sha256, signal }: VersionToKeep): Promise<boolean> {
  const info = await found(() => backend.head(version, { signal }));
  if (info === undefined) return false;
  if (readMetadata(info.metadata)?.sha256 === sha256) return true;
  const open = async () => (await backend.get(version, { signal })).body;
  if (await isOfHash(sha256, open, version)) return true;
  throw new ArchiveError(
    "Corrupt",
    `${version} on ${backend.name} is not what its name says, so what ${key} holds cannot be kept ` +
      "there, and is not overwritten; move that object away",
    { backend: backend.name, key: version },
  );
}

async function found<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return undefined;
    throw error;
  }
}
