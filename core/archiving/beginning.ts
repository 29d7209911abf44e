/**
 * How much of a document stands in a backend already, as far as the ledger can tell: what need not be
 * sent again.
 *
 * @module
 */
import type { Beginning } from "../backend.ts";
import type { DocumentDigest } from "../document/document.ts";
import type { LedgerEntry } from "../ledger/ledger.ts";
import { commonLength, FIRST_MARK } from "../document/prefix_hash.ts";

/**
 * What an object has of a document. Nothing unless the ledger remembers the object, by its etag, and
 * enough of it to be worth a copy.
 *
 * @param digest The document's, written with the entry's length among the watched ones.
 * @param etag The etag of what stands there.
 * @param entry What is remembered of the session's copy there.
 */
export function knownBeginning(
  { prefixes, extent: { marks = [] } }: DocumentDigest,
  etag: string | undefined,
  entry: LedgerEntry | undefined,
): Beginning | undefined {
  if (etag === undefined || entry?.state !== "stored" || entry.etag !== etag) return undefined;
  const { extent } = entry;
  // All that only grows is still there; or it changed somewhere, and what comes before that is.
  const length = prefixes.get(extent.length) === extent.sha256 && extent.length >= FIRST_MARK
    ? extent.length
    : commonLength(marks, extent.marks ?? []);
  return length === 0 ? undefined : { etag, length };
}
