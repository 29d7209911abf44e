/**
 * What a request asks for: bucket, key and operation, read from the wire.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { refusal } from "./errors.ts";

/** What a request may ask for; `Unsupported` is any other part of S3. */
export type Operation =
  | "AbortMultipartUpload"
  | "CompleteMultipartUpload"
  | "CopyObject"
  | "CreateBucket"
  | "CreateMultipartUpload"
  | "DeleteBucket"
  | "DeleteObject"
  | "DeleteObjectTagging"
  | "DeleteObjects"
  | "GetBucketLocation"
  | "GetBucketVersioning"
  | "GetCallerIdentity"
  | "GetObject"
  | "GetObjectTagging"
  | "HeadBucket"
  | "HeadObject"
  | "ListBuckets"
  | "ListMultipartUploads"
  | "ListObjects"
  | "ListObjectsV2"
  | "ListParts"
  | "PutObject"
  | "PutObjectTagging"
  | "Unsupported"
  | "UploadPart"
  | "UploadPartCopy";

/** A request as the server saw it, for tests to look at. */
export interface RecordedRequest {
  /** `GET`, `PUT`, … */
  readonly method: string;
  /** The `Host` header, with the port. */
  readonly host: string;
  /** The bucket, from the path or the host; empty when there is none. */
  readonly bucket: string;
  /** The key, decoded; empty when there is none. */
  readonly key: string;
  /** The query, decoded; an empty text where a name has no value. */
  readonly query: Readonly<Record<string, string>>;
  /** All headers, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What it asks for. */
  readonly operation: Operation;
  /** Length of the body as it came over the wire; 0 until all of it has come. */
  bytes: number;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
}

/** A request with what its signature is made of. */
export interface ReceivedRequest extends RecordedRequest {
  /** The path as it came over the wire, without the query. */
  readonly path: string;
  /** The query as pairs, decoded, in the order of the wire. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/** Nothing, a bucket or an object. */
type Scope = "service" | "bucket" | "object";

/** Each way to ask for an operation; the first whose sub-resource is in the query counts. */
const ROUTES: readonly (readonly [string, Scope, string | undefined, Operation])[] = [
  ["GET", "service", undefined, "ListBuckets"],
  ["POST", "service", undefined, "GetCallerIdentity"],
  ["HEAD", "bucket", undefined, "HeadBucket"],
  ["PUT", "bucket", undefined, "CreateBucket"],
  ["DELETE", "bucket", undefined, "DeleteBucket"],
  ["POST", "bucket", "delete", "DeleteObjects"],
  ["GET", "bucket", "location", "GetBucketLocation"],
  ["GET", "bucket", "versioning", "GetBucketVersioning"],
  ["GET", "bucket", "uploads", "ListMultipartUploads"],
  ["GET", "bucket", "list-type", "ListObjectsV2"],
  ["GET", "bucket", undefined, "ListObjects"],
  ["GET", "object", "uploadId", "ListParts"],
  ["GET", "object", "tagging", "GetObjectTagging"],
  ["GET", "object", undefined, "GetObject"],
  ["HEAD", "object", undefined, "HeadObject"],
  ["PUT", "object", "uploadId", "UploadPart"],
  ["PUT", "object", "tagging", "PutObjectTagging"],
  ["PUT", "object", undefined, "PutObject"],
  ["POST", "object", "uploads", "CreateMultipartUpload"],
  ["POST", "object", "uploadId", "CompleteMultipartUpload"],
  ["DELETE", "object", "uploadId", "AbortMultipartUpload"],
  ["DELETE", "object", "tagging", "DeleteObjectTagging"],
  ["DELETE", "object", undefined, "DeleteObject"],
];

/** Parts of S3 that are told by their name in the query, and are not here. */
const UNSUPPORTED = new Set(
  ("accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold " +
    "lifecycle logging metrics notification object-lock ownershipControls policy policyStatus " +
    "publicAccessBlock replication requestPayment restore retention select torrent versionId " +
    "versions website").split(" "),
);

const COPIES: Readonly<Partial<Record<Operation, Operation>>> = {
  PutObject: "CopyObject",
  UploadPart: "UploadPartCopy",
};

/**
 * Reads the head of a request.
 *
 * @param message The request; its body is not touched.
 * @throws S3Error `InvalidURI` when its address cannot be decoded.
 */
export function readRequest(message: IncomingMessage): ReceivedRequest {
  const { method = "GET", url = "/" } = message;
  const headers = flatHeaders(message);
  const host = headers.host ?? "";
  const cut = url.indexOf("?");
  const path = cut < 0 ? url : url.slice(0, cut);
  const pairs = cut < 0 ? [] : queryPairs(url.slice(cut + 1));
  const query: Record<string, string> = Object.assign(Object.create(null), {
    ...Object.fromEntries(pairs),
  });
  const { bucket, key } = placeOf(host, path);
  const operation = operationOf(method, bucket, key, query, headers);
  const at = Date.now();
  return { method, host, bucket, key, query, headers, operation, bytes: 0, at, path, pairs };
}

function flatHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function queryPairs(text: string): [string, string][] {
  return text.split("&").filter((pair) => pair !== "").map((pair) => {
    const cut = pair.indexOf("=");
    const [name, value] = cut < 0 ? [pair, ""] : [pair.slice(0, cut), pair.slice(cut + 1)];
    return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))];
  });
}

/** Path style, unless the host is `bucket.localhost`. */
function placeOf(host: string, path: string): { bucket: string; key: string } {
  const virtual = /^(.+)\.localhost(?::\d+)?$/.exec(host)?.[1];
  if (virtual !== undefined) return { bucket: virtual, key: decode(path.slice(1)) };
  const cut = path.indexOf("/", 1);
  if (cut < 0) return { bucket: decode(path.slice(1)), key: "" };
  return { bucket: decode(path.slice(1, cut)), key: decode(path.slice(cut + 1)) };
}

/**
 * Takes percent-encoding away.
 *
 * @param text A part of an address.
 * @throws S3Error `InvalidURI`.
 */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw Object.assign(refusal("InvalidURI"), { cause });
  }
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Operation {
  const scope = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  if (Object.keys(query).some((name) => UNSUPPORTED.has(name))) return "Unsupported";
  const found =
    ROUTES.find(([verb, place, part]) =>
      verb === method && place === scope && (part === undefined || part in query)
    )?.[3] ?? "Unsupported";
  return "x-amz-copy-source" in headers ? COPIES[found] ?? found : found;
}
