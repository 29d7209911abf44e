/**
 * Writing one plain file to a backend. What is there already is not written again: whoever reads such
 * files goes by size, time and etag, and would read it anew.
 *
 * @module
 */
import {
  type Backend,
  type Beginning,
  bodySize,
  type ObjectInfo,
  type PutMode,
} from "../backend.ts";
import { heldBody } from "../document/held_body.ts";
import { FIRST_MARK, PrefixHash } from "../document/prefix_hash.ts";
import type { Spool } from "../document/spool.ts";

/** Where a file goes. */
export interface PlainPlace {
  /** Its key. */
  readonly key: string;
  /** What stands there, as a listing or a HEAD tells. */
  readonly there?: ObjectInfo;
  /** Where to. */
  readonly backend: Backend;
  /** Holds a large one. */
  readonly spool: Spool;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a file.
 *
 * @param chunks Its bytes.
 * @param place Where it goes.
 * @returns How many bytes were sent.
 */
export async function putPlain(
  chunks: AsyncIterable<Uint8Array>,
  { key, there, backend, spool, signal }: PlainPlace,
): Promise<number> {
  // A listing tells no metadata.
  const isUntold = there !== undefined && there.metadata === undefined;
  const info = isUntold && backend.capabilities.metadata
    ? await backend.head(key, { signal })
    : there;
  const hash = new PrefixHash(info && info.size >= FIRST_MARK ? [info.size] : []);
  const { body, dispose } = await heldBody(hashed(chunks, hash), spool);
  try {
    const { sha256 } = hash;
    const known = info?.metadata?.sha256;
    if (known === sha256 && info?.size === hash.size) return 0;
    const { copied = 0 } = await backend.put(key, body, {
      mode: modeFor(info, backend),
      continues: info && continued(info, hash),
      metadata: { sha256 },
      sha256,
      signal,
    });
    return bodySize(body) - copied;
  } finally {
    await dispose();
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: PrefixHash,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.add(chunk);
    yield chunk;
  }
}

/** A write that was given up on must not land over a newer one, where the store can see to that. */
function modeFor(
  info: ObjectInfo | undefined,
  { capabilities: { createOnly, ifMatch } }: Backend,
): PutMode {
  if (info === undefined) return createOnly ? "create" : "overwrite";
  return ifMatch && info.etag !== undefined ? { ifMatch: info.etag } : "overwrite";
}

/** A session's file only grows: what is there need not be sent again. */
function continued({ etag, size, metadata }: ObjectInfo, hash: PrefixHash): Beginning | undefined {
  const isBeginning = metadata?.sha256 !== undefined && hash.prefixes.get(size) === metadata.sha256;
  return isBeginning && etag !== undefined ? { etag, length: size } : undefined;
}
