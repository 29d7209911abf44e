/**
 * Listings of keys, in both versions of the operation.
 *
 * @module
 */
import { type Call, countOf } from "./call.ts";
import { refusal } from "./errors.ts";
import { type Reply, xmlReply } from "./reply.ts";
import { type Bucket, compareBytes, firstIndex } from "./store.ts";
import { document, leaf, node } from "./xml.ts";

/** The most names that a page has. */
export const MAX_KEYS = 1000;

/** Which names to give. */
export interface PageOptions {
  /** What keys begin with. */
  readonly prefix: string;
  /** Where keys are cut; an empty text cuts none. */
  readonly delimiter: string;
  /** Names up to this one are left out. */
  readonly after: string;
  /** How many names to give, keys and prefixes together. */
  readonly max: number;
}

/** A page of names. */
export interface Page {
  /** Whole keys. */
  readonly keys: readonly string[];
  /** What keys were cut to. */
  readonly prefixes: readonly string[];
  /** The last name of either kind; empty on an empty page. */
  readonly last: string;
  /** Whether there are more. */
  readonly truncated: boolean;
}

/**
 * Cuts a page out of sorted keys. A prefix that all of its keys share is one name, and found
 * without a look at each of them.
 *
 * @param all All keys, in byte order.
 * @param options Which names to give.
 */
export function pageOf(all: readonly string[], options: PageOptions): Page {
  const { prefix, delimiter, after, max } = options;
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last = "";
  let i = firstIndex(all, (key) => compareBytes(key, prefix) >= 0 && compareBytes(key, after) > 0);
  while (i < all.length && all[i].startsWith(prefix)) {
    const cut = delimiter === "" ? -1 : all[i].indexOf(delimiter, prefix.length);
    const name = cut < 0 ? all[i] : all[i].slice(0, cut + delimiter.length);
    const counts = cut < 0 || compareBytes(name, after) > 0;
    if (counts && keys.length + prefixes.length === max) {
      return { keys, prefixes, last, truncated: max > 0 };
    }
    if (counts) (cut < 0 ? keys : prefixes).push(last = name);
    i = cut < 0 ? i + 1 : firstIndex(all, (key) => !key.startsWith(name), i);
  }
  return { keys, prefixes, last, truncated: false };
}

/**
 * `ListObjectsV2`.
 *
 * @param call The call.
 */
export function listObjectsV2(call: Call): Reply {
  const { query } = call.request;
  const token = query["continuation-token"];
  const after = token === undefined ? query["start-after"] ?? "" : fromToken(token);
  const listing = readListing(call, after);
  const { page, written } = listing;
  const next = page.truncated && !call.losesToken ? toToken(page.last) : undefined;
  return listReply(call, listing, [
    leaf("KeyCount", page.keys.length + page.prefixes.length),
    leaf("ContinuationToken", token),
    leaf("NextContinuationToken", next),
    leaf("StartAfter", written(query["start-after"])),
  ], query["fetch-owner"] === "true");
}

/**
 * `ListObjects`, the first version.
 *
 * @param call The call.
 */
export function listObjects(call: Call): Reply {
  const { marker = "", delimiter = "" } = call.request.query;
  const listing = readListing(call, marker);
  const { page, written } = listing;
  // Without a delimiter, clients go on behind the last key.
  const next = page.truncated && delimiter !== "" && !call.losesToken ? page.last : undefined;
  const own = [leaf("Marker", written(marker)), leaf("NextMarker", written(next))];
  return listReply(call, listing, own, true);
}

interface Listing {
  readonly bucket: Bucket;
  readonly page: Page;
  readonly max: number;
  readonly written: (name: string | undefined) => string | undefined;
}

function readListing(call: Call, after: string): Listing {
  const { request: { bucket: name, query }, losesToken } = call;
  const { prefix = "", delimiter = "", "encoding-type": encoding } = query;
  if (encoding !== undefined && encoding !== "url") {
    const message = "Invalid Encoding Method specified in Request";
    throw refusal("InvalidArgument", { message });
  }
  const bucket = call.store.bucket(name);
  const max = Math.min(countOf(call, "max-keys", MAX_KEYS), call.pageSize);
  const whole = pageOf(bucket.keys(), { prefix, delimiter, after, max });
  const page = losesToken ? firstHalf(bucket, whole, { prefix, delimiter, after, max }) : whole;
  return { bucket, page, max, written: encoding === "url" ? urlEncode : (name) => name };
}

/** What a page looks like that says that there is more: half of the names, so that there is. */
function firstHalf(bucket: Bucket, { keys, prefixes }: Page, options: PageOptions): Page {
  const max = Math.max(1, Math.floor((keys.length + prefixes.length) / 2));
  return { ...pageOf(bucket.keys(), { ...options, max }), truncated: true };
}

function listReply(
  call: Call,
  { bucket, page, max, written }: Listing,
  own: readonly string[],
  withOwner: boolean,
): Reply {
  const { prefix = "", delimiter, "encoding-type": encoding } = call.request.query;
  const owner = withOwner ? node("Owner", leaf("ID", OWNER), leaf("DisplayName", OWNER)) : "";
  const contents = page.keys.map((key) => {
    const object = bucket.get(key);
    return object === undefined ? "" : node(
      "Contents",
      leaf("Key", written(key)),
      leaf("LastModified", object.modified.toISOString()),
      leaf("ETag", object.etag),
      leaf("Size", object.bytes.length),
      owner,
      leaf("StorageClass", object.headers["x-amz-storage-class"] ?? "STANDARD"),
    );
  });
  return xmlReply(document("ListBucketResult", [
    leaf("Name", call.request.bucket),
    leaf("Prefix", written(prefix)),
    leaf("Delimiter", written(delimiter)),
    leaf("MaxKeys", max),
    leaf("EncodingType", encoding),
    leaf("IsTruncated", page.truncated),
    ...own,
    ...contents,
    ...page.prefixes.map((name) => node("CommonPrefixes", leaf("Prefix", written(name)))),
  ]));
}

/** Who owns everything here. */
export const OWNER = "fake-owner";

/** As AWS encodes names: like a form, but with the slashes left in. */
function urlEncode(name: string | undefined): string | undefined {
  return name === undefined ? undefined : encodeURIComponent(name)
    .replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}

/** Tokens are opaque: not the name, so that no client gets away with making one up. */
function toToken(name: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`after:${name}`)));
}

function fromToken(token: string): string {
  const bytes = /^[A-Za-z0-9+/]+=*$/.test(token) && token.length % 4 === 0
    ? Uint8Array.from(atob(token), (one) => one.charCodeAt(0))
    : new Uint8Array();
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw refusal("InvalidArgument", {
    message: "The continuation token provided is incorrect",
    details: { ArgumentName: "continuation-token" },
  });
}
