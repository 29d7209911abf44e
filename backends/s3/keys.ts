/**
 * From the keys of this library to the keys of a bucket and back: the prefix, and the few spellings
 * that S3 wants.
 *
 * @module
 */
import { MAX_KEY_BYTES, quoteKey, utf8Length } from "../../core/keys/object_key.ts";
import { refusedOption } from "./refusal.ts";
import { plainPrefix, prefixFault } from "./values.ts";

/**
 * The prefix as it stands before every key: nothing, or names that each end in a slash.
 *
 * @param prefix As the user wrote it; slashes around it and doubled ones do not count.
 * @param backend The backend's name, for the error.
 * @throws ArchiveError `Invalid` for `.` and `..` segments, control characters and half an excess.
 */
export function normalPrefix(prefix: string, backend: string): string {
  const fault = prefixFault(prefix);
  if (fault !== undefined) throw refusedOption(backend, `the prefix ${quoteKey(prefix)}`, fault);
  const plain = plainPrefix(prefix);
  return plain === undefined ? "" : `${plain}/`;
}

/** How long a key may be after this prefix, in UTF-8 bytes. */
export function roomAfter(prefix: string): number {
  return MAX_KEY_BYTES - utf8Length(prefix);
}

/**
 * The object to copy, as the header wants it: percent-encoded, slashes kept. The SDK sends it as it
 * gets it.
 *
 * @param bucket A bucket's name, or an access point's ARN.
 * @param key The whole key.
 */
export function copySource(bucket: string, key: string): string {
  const place = bucket.startsWith("arn:") ? `${bucket}/object` : bucket;
  return `${place}/${key}`.split("/").map(encodeSegment).join("/");
}

/** An etag without the quotes, and the weakness, that some stores and proxies put around it. */
export function plainEtag(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "").replace(/^"(.*)"$/, "$1") || undefined;
}

/** An etag as `If-Match` wants it. */
export function quotedEtag(etag: string): string {
  return `"${plainEtag(etag) ?? ""}"`;
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
