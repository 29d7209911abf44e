/**
 * Reading one archive from the first backend that has it, checking its hash on the way.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend, ObjectInfo } from "../backend.ts";
import type { ArchiveHeader } from "../document/document.ts";
import { readDocument } from "../document/document_reader.ts";
import { ArchiveError, isArchiveError } from "../errors.ts";
import type { Summary } from "../agent.ts";
import { plainBytes } from "../gzip.ts";
import { sha256 } from "../hash.ts";
import { noArchive } from "../listing/holders.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { readMetadata } from "../document/metadata.ts";

/**
 * Options of reading an archive.
 *
 * @since 0.1.0
 */
export interface RetrieveOptions {
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/**
 * An archive that was found.
 *
 * @since 0.1.0
 */
export interface RetrievedArchive {
  /** Its key. */
  readonly key: string;
  /** The name of the backend it comes from. */
  readonly backend: string;
  /** What the store says of it. */
  readonly info: ObjectInfo;
  /** The document's first line. */
  readonly header: ArchiveHeader;
  /**
   * The native JSON text in lines; repeatable, each time from the store. Fails with `Corrupt` at
   * its end when the hash is not the one that was archived.
   */
  native(): AsyncGenerator<string>;
  /** The summary. Once `native` was taken to its end. */
  summary(): Summary;
  /** The document's bytes, unpacked where it is stored packed; repeatable. Checked as `native` is. */
  bytes(): AsyncGenerator<Uint8Array>;
}

/** Where archives are read from. */
export interface RetrievalSource {
  /** In order of preference. */
  readonly backends: readonly Backend[];
  /** Knows the hash of what was archived. */
  readonly ledger: Ledger;
}

/**
 * Finds an archive and reads its first line.
 *
 * @param key Which.
 * @param source Where to look.
 * @param options Signal.
 */
export async function retrieveArchive(
  key: string,
  source: RetrievalSource,
  { signal }: RetrieveOptions = {},
): Promise<RetrievedArchive> {
  const { backend, info } = await findHolder(key, source.backends, signal);
  const expected = expectedHash(backend, info, source.ledger);
  const open = async () => await readDocument((await backend.get(key, { signal })).body, key);
  const first = await open();
  await first.close();
  checkOwner(key, first.header.id);
  let summary: Summary | undefined;
  return {
    key,
    backend: backend.name,
    info,
    header: first.header,
    async *native() {
      const document = await open();
      try {
        yield* document.native;
        checkHash(document.sha256(), expected, key, backend);
        summary = document.summary();
      } finally {
        await document.close();
      }
    },
    summary() {
      if (!summary) throw new TypeError(`${key}: its native lines were not read yet`);
      return summary;
    },
    async *bytes() {
      const hash = sha256();
      const { chunks } = await plainBytes((await backend.get(key, { signal })).body, key);
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
      checkHash(hash.digest("hex"), expected, key, backend);
    },
  };
}

/**
 * SHA-256 that an object's plain bytes should have, as far as anyone knows.
 *
 * @param backend Who holds it.
 * @param info What `head` said.
 * @param ledger Remembers what was archived.
 */
export function expectedHash(
  backend: Backend,
  info: ObjectInfo,
  ledger: Ledger,
): string | undefined {
  const entry = ledger.at(backend.identity, info.key);
  return readMetadata(info.metadata)?.sha256 ??
    (entry && entry.state !== "deleted" ? entry.sha256 : undefined);
}

/** A kept version may be whatever lay there; an archive is what its key says. */
function checkOwner(key: string, id: string): void {
  const parts = parseArchiveKey(key);
  if (!parts || parts.version || parts.id === id) return;
  throw new ArchiveError(
    "Corrupt",
    `${key} holds the session ${id} instead of ${parts.id}; verify it, then archive its session again`,
    { key },
  );
}

/**
 * Checks that an object's plain bytes are those that were archived.
 *
 * @param found Their SHA-256.
 * @param expected What {@linkcode expectedHash} knows.
 * @param key The object.
 * @param backend Who holds it.
 * @throws {ArchiveError} `Corrupt` when they are not.
 */
export function checkHash(
  found: string,
  expected: string | undefined,
  key: string,
  backend: Backend,
): void {
  if (expected === undefined || found === expected) return;
  throw new ArchiveError(
    "Corrupt",
    `${key} on ${backend.name} is damaged: its SHA-256 is ${found.slice(0, 12)}…, what was ` +
      `archived had ${expected.slice(0, 12)}…; verify it, then archive its session again`,
    { backend: backend.name, key },
  );
}

/** Asks one backend after the other; one that fails does not hide that the next has it. */
async function findHolder(
  key: string,
  backends: readonly Backend[],
  signal: AbortSignal | undefined,
): Promise<{ backend: Backend; info: ObjectInfo }> {
  let failure: unknown;
  for (const backend of backends) {
    try {
      return { backend, info: await backend.head(key, { signal }) };
    } catch (error) {
      if (!isArchiveError(error, "NotFound")) failure ??= error;
    }
  }
  if (failure) throw failure;
  throw noArchive(key, backends);
}
