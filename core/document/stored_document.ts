/**
 * An archive that is stored somewhere, on its way to another place: read whole and checked, then
 * treated as a document that was just written.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import { bodySize } from "../backend.ts";
import { readDocument } from "./document_reader.ts";
import { ArchiveError } from "../errors.ts";
import { plainBytes } from "../gzip.ts";
import { heldBody } from "./held_body.ts";
import type { ObjectAt } from "../verify/look.ts";
import { heldDocument, type PreparedDocument } from "./prepared_document.ts";
import { checkJson } from "../verify/read_object.ts";
import { checkHash, expectedHash } from "../restore/retrieval.ts";
import type { Spool } from "./spool.ts";
import { strayOf } from "./stray.ts";

/**
 * Reads an archive for storing it elsewhere: it may have gone bad since it was last found good. Its
 * token is that of no session, so that the next run
 * compares it with the session, where that is still there.
 *
 * @param stored Where it is; a kept version, too.
 * @param spool Takes it when it is large.
 * @throws {ArchiveError} `NotFound`; `Corrupt` when it is not what was archived there, whole; what the
 * backend throws.
 */
export async function prepareStored(
  { backend, key, ledger, signal }: ObjectAt,
  spool: Spool,
): Promise<PreparedDocument> {
  const { info, body: packed } = await backend.get(key, { signal });
  const held = await heldBody((await plainBytes(packed, key)).chunks, spool);
  const bytes = heldDocument(held, spool);
  try {
    const document = await readDocument(bytes.open(), key);
    await checkJson(document.native, key);
    const { header } = document;
    const [size, sha256] = [bodySize(bytes.body), document.sha256()];
    const version = parseArchiveKey(key)?.version;
    if (!version) checkHash(sha256, expectedHash(backend, info, ledger), key, backend);
    else if (!sha256.startsWith(version)) throw misnamed(key);
    // What of it only grows at its end is not known: only what begins with all of it continues it.
    const extent = { length: size, sha256, shape: [] };
    return {
      ...bytes,
      digest: { size, sha256, extent, header, summary: document.summary(), prefixes: new Map() },
      where: header,
      token: "",
      warnings: [],
    };
  } catch (error) {
    await bytes.dispose();
    throw error;
  }
}

/**
 * What is wrong with a kept version that is not what it was when it was kept.
 *
 * @param key Its key.
 */
export function misnamed(key: string): ArchiveError {
  const message = `${key} is damaged: its SHA-256 is not the one in its name`;
  return new ArchiveError("Corrupt", message, { key });
}

/**
 * Makes sure that a stored archive is of the session that its key says.
 *
 * @param document The archive.
 * @param key Where it lies; that of a kept version, too.
 * @throws {ArchiveError} `Corrupt` when it is another one's.
 */
export function checkNoStray({ digest: { header } }: PreparedDocument, key: string): void {
  const stray = strayOf(header, key, undefined);
  if (stray !== undefined) {
    throw new ArchiveError("Corrupt", `${key} is damaged: ${stray}`, { key });
  }
}
