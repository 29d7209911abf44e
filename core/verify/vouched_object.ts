/**
 * Whether a store vouches for an object: it says that it has what was acknowledged. What it does
 * not settle that way is read, so that nothing is called damaged that was not.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { ObjectInfo } from "../backend.ts";
import { isArchiveError, throwIfAborted } from "../errors.ts";
import type { LedgerEntry } from "../ledger/ledger.ts";
import { isEarlier, type Look, type ObjectAt, rememberedAt } from "./look.ts";
import { type MetadataFacts, readMetadata } from "../document/metadata.ts";
import { readObject } from "./read_object.ts";
import { strayOf } from "../document/stray.ts";

/**
 * Looks at an object without reading it, where that suffices: by what the listing told, else by one
 * HEAD.
 *
 * @param object Which.
 * @param listed What the listing told of it, if it was listed.
 * @throws {ArchiveError} What the backend fails with, but for an object that is not there.
 */
export async function askFor(object: ObjectAt, listed?: ObjectInfo): Promise<Look> {
  throwIfAborted(object.signal, "verifying");
  return (listed && asAcknowledged(listed, rememberedAt(object))) ?? await askStore(object);
}

async function askStore(object: ObjectAt): Promise<Look> {
  const { key, backend, signal } = object;
  try {
    const info = await backend.head(key, { signal });
    const entry = rememberedAt(object);
    return asAcknowledged(info, entry) ?? asDescribed(info, entry) ?? await readObject(object);
  } catch (error) {
    // A HEAD that errs is no proof that something is gone.
    if (isArchiveError(error, "NotFound")) return await readObject(object);
    throw error;
  }
}

/** An object of the etag and size that the backend acknowledged. */
function asAcknowledged({ etag, size }: ObjectInfo, entry?: LedgerEntry): Look | undefined {
  if (entry?.state !== "stored" || entry.etag === undefined) return undefined;
  if (entry.etag !== etag || entry.size !== size) return undefined;
  const { agent, sha256, facts } = entry;
  return { found: "whole", size, content: { agent, sha256, facts } };
}

/** An object whose metadata tell of what was archived, or of a later state of it. */
function asDescribed(info: ObjectInfo, entry?: LedgerEntry): Look | undefined {
  const told = readMetadata(info.metadata);
  const { key, size } = info;
  if (!told || entry?.state === "lost") return undefined;
  const version = parseArchiveKey(key)?.version;
  if (version) return told.sha256.startsWith(version) ? { found: "whole", size } : undefined;
  const { agent, id, facts: { createdAt } } = told;
  if (strayOf({ agent, id, createdAt }, key, entry?.agent) !== undefined) return undefined;
  if (entry && !agrees(told, info, entry)) return undefined;
  const { sha256, facts } = told;
  return { found: "whole", size, content: { agent, sha256, facts } };
}

/** What was acknowledged under another etag is not what was written, whatever its metadata say. */
function agrees(told: MetadataFacts, { size }: ObjectInfo, entry: LedgerEntry): boolean {
  if (told.sha256 !== entry.sha256) return !isEarlier(told.facts, entry.facts);
  return entry.etag === undefined && size === entry.size;
}
