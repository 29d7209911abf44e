/**
 * The operations on single objects: put, get, head, copy, delete and their tags.
 *
 * @module
 */
import {
  type Call,
  checkConditions,
  checkKey,
  checkLength,
  encryptionHeaders,
  failed,
  findObject,
  keptHeaders,
  metadataOf,
  noSuchKey,
  sameEtag,
} from "./call.ts";
import { checkDigests, checksumHeaders } from "./checksums.ts";
import { refusal } from "./errors.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import { decode } from "./request.ts";
import { makeObject, type StoredObject } from "./store.ts";
import { document, leaf, node, parseXml, textOf } from "./xml.ts";

const MAX_DELETES = 1000;

/** Kept with an object, and not told with it. */
const UNTOLD = new Set(["x-amz-tagging", "x-amz-acl"]);

/**
 * Stores an object, whole or not at all.
 *
 * @param call The call.
 */
export function putObject(call: Call): Reply {
  const { store, request: { bucket, key }, body: bytes, now: modified } = call;
  const objects = store.bucket(bucket);
  checkKey(call);
  checkLength(call);
  const checksums = checkDigests(bytes, call.headers);
  const [metadata, headers] = [metadataOf(call), { ...keptHeaders(call), ...checksums }];
  checkConditions(call, objects.get(key));
  const object = makeObject({ bytes, metadata, headers, modified });
  objects.set(key, object);
  return emptyReply(200, { etag: object.etag, ...encryptionHeaders(headers), ...checksums });
}

/**
 * Gives an object, or a part of it.
 *
 * @param call The call.
 */
export function getObject(call: Call): Reply {
  const object = findObject(call);
  const { range, "if-match": match, "if-none-match": none } = call.headers;
  if (match !== undefined && !sameEtag(match, object.etag)) throw failed("If-Match");
  if (none !== undefined && sameEtag(none, object.etag)) {
    return emptyReply(304, { etag: object.etag });
  }
  const span = range === undefined ? undefined : spanOf(range, object.bytes.length);
  const headers = objectHeaders(call, object, span === undefined);
  if (span === undefined) return { status: 200, headers, body: object.bytes };
  const [start, end] = span;
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${object.bytes.length}` },
    body: object.bytes.subarray(start, end),
  };
}

/** The bytes that a range means; undefined for what S3 does not take for a range. */
function spanOf(range: string, size: number): [start: number, end: number] | undefined {
  const [whole, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (whole === undefined || first + last === "") return undefined;
  if (first !== "" && last !== "" && Number(first) > Number(last)) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (start < end) return [start, end];
  throw refusal("InvalidRange", {
    details: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: { "content-range": `bytes */${size}` },
  });
}

function objectHeaders(call: Call, object: StoredObject, whole: boolean): Record<string, string> {
  const wanted = whole && call.headers["x-amz-checksum-mode"]?.toUpperCase() === "ENABLED";
  const told = Object.entries(object.headers).filter(([name, value]) =>
    !UNTOLD.has(name) && (wanted || !name.startsWith("x-amz-checksum-")) &&
    !(name === "x-amz-storage-class" && value === "STANDARD")
  );
  const metadata = Object.entries(object.metadata)
    .map(([name, value]) => [`x-amz-meta-${name}`, value]);
  const tags = [...new URLSearchParams(object.headers["x-amz-tagging"])].length;
  return {
    "content-type": "binary/octet-stream",
    ...Object.fromEntries(told),
    ...Object.fromEntries(metadata),
    ...(tags > 0 ? { "x-amz-tagging-count": String(tags) } : {}),
    "accept-ranges": "bytes",
    etag: object.etag,
    "last-modified": object.modified.toUTCString(),
  };
}

/**
 * Deletes an object; one that is not there is fine, unless a condition says otherwise.
 *
 * @param call The call.
 */
export function deleteObject(call: Call): Reply {
  const { store, request: { bucket, key } } = call;
  const objects = store.bucket(bucket);
  checkConditions(call, objects.get(key));
  objects.delete(key);
  return emptyReply(204);
}

/**
 * Deletes up to 1,000 objects.
 *
 * @param call The call.
 */
export function deleteObjects(call: Call): Reply {
  const objects = call.store.bucket(call.request.bucket);
  if (!("content-md5" in call.headers) && Object.keys(checksumHeaders(call.headers)).length === 0) {
    const message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
    throw refusal("InvalidRequest", { message });
  }
  checkDigests(call.body, call.headers);
  const root = parseXml(new TextDecoder().decode(call.body));
  const keys = root.children.filter(({ name }) => name === "Object")
    .map((object) => textOf(object, "Key"));
  if (keys.length === 0 || keys.length > MAX_DELETES) throw refusal("MalformedXML");
  const deleted = keys.map((key) => {
    if (key === undefined) throw refusal("MalformedXML");
    objects.delete(key);
    return node("Deleted", leaf("Key", key));
  });
  return xmlReply(document("DeleteResult", textOf(root, "Quiet") === "true" ? [] : deleted));
}

/**
 * Copies an object within the store.
 *
 * @param call The call.
 */
export function copyObject(call: Call): Reply {
  const { store, request: { bucket, key }, headers, now: modified } = call;
  const objects = store.bucket(bucket);
  checkKey(call);
  const source = copySource(call);
  const replaced = headers["x-amz-metadata-directive"]?.toUpperCase() === "REPLACE";
  const given = keptHeaders(call);
  if (source === objects.get(key) && !replaced && !("x-amz-storage-class" in given)) {
    const message = "This copy request is illegal because it is trying to copy an object to " +
      "itself without changing the object's metadata, storage class, website redirect location " +
      "or encryption attributes.";
    throw refusal("InvalidRequest", { message });
  }
  checkConditions(call, objects.get(key));
  const object = makeObject({
    bytes: source.bytes,
    metadata: replaced ? metadataOf(call) : source.metadata,
    headers: copiedHeaders(source.headers, given, call),
    modified,
  });
  objects.set(key, object);
  const result = [
    leaf("LastModified", object.modified.toISOString()),
    leaf("ETag", object.etag),
  ];
  return xmlReply(document("CopyObjectResult", result), encryptionHeaders(given));
}

/** Storage class and encryption are always those of the request, as AWS does it. */
function copiedHeaders(
  source: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  { headers }: Call,
): Record<string, string> {
  const replaced = headers["x-amz-metadata-directive"]?.toUpperCase() === "REPLACE";
  const { "x-amz-tagging": oldTags, ...old } = source;
  const { "x-amz-tagging": newTags, ...own } = given;
  const kept = Object.fromEntries(
    Object.entries(old).filter(([name]) =>
      name in checksumHeaders(old) || (!replaced && !name.startsWith("x-amz-"))
    ),
  );
  const asked = replaced ? own : Object.fromEntries(
    Object.entries(own).filter(([name]) => name.startsWith("x-amz-")),
  );
  const tags = headers["x-amz-tagging-directive"]?.toUpperCase() === "REPLACE" ? newTags : oldTags;
  return { ...kept, ...asked, ...(tags === undefined ? {} : { "x-amz-tagging": tags }) };
}

/**
 * Finds what a copy is made of.
 *
 * @param call A call with `x-amz-copy-source`.
 * @throws S3Error `NoSuchKey`, `NoSuchBucket`, `PreconditionFailed`, `InvalidArgument`.
 */
export function copySource(call: Call): StoredObject {
  const written = call.headers["x-amz-copy-source"].replace(/\?versionId=.*$/, "");
  const [, bucket, key] = /^\/?([^/]+)\/([^]+)$/.exec(decode(written)) ?? [];
  if (key === undefined) {
    throw refusal("InvalidArgument", {
      message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      details: { ArgumentName: "x-amz-copy-source", ArgumentValue: written },
    });
  }
  const source = call.store.bucket(bucket).get(key);
  if (source === undefined) throw noSuchKey(call, { details: { Key: key } });
  const { personality: { ignores }, request: { operation } } = call;
  if (ignores.partSourceMatch && operation === "UploadPartCopy") return source;
  const match = call.headers["x-amz-copy-source-if-match"];
  if (match !== undefined && !sameEtag(match, source.etag)) {
    throw failed("x-amz-copy-source-If-Match");
  }
  return source;
}

/**
 * Gives an object's tags.
 *
 * @param call The call.
 */
export function getTagging(call: Call): Reply {
  const tags = [...new URLSearchParams(findObject(call).headers["x-amz-tagging"])];
  const set = tags.map(([key, value]) => node("Tag", leaf("Key", key), leaf("Value", value)));
  return xmlReply(document("Tagging", [node("TagSet", ...set)]));
}

/**
 * Replaces an object's tags.
 *
 * @param call The call.
 */
export function putTagging(call: Call): Reply {
  checkDigests(call.body, call.headers);
  const set = parseXml(new TextDecoder().decode(call.body)).children
    .find(({ name }) => name === "TagSet");
  const tags = new URLSearchParams(
    set?.children.map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""]),
  );
  replaceTags(call, { "x-amz-tagging": tags.toString() });
  return emptyReply(200);
}

/**
 * Removes an object's tags.
 *
 * @param call The call.
 */
export function deleteTagging(call: Call): Reply {
  replaceTags(call, {});
  return emptyReply(204);
}

function replaceTags(call: Call, tags: Readonly<Record<string, string>>): void {
  const { bytes, etag, metadata, headers, modified } = findObject(call);
  const { "x-amz-tagging": _, ...others } = headers;
  const object = makeObject({ bytes, etag, metadata, headers: { ...others, ...tags }, modified });
  call.store.bucket(call.request.bucket).set(call.request.key, object);
}
