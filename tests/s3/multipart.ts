/**
 * The operations on uploads in parts.
 *
 * @module
 */
import { joined } from "./aws_chunked.ts";
import {
  type Call,
  checkConditions,
  checkKey,
  checkLength,
  countOf,
  encryptionHeaders,
  keptHeaders,
  metadataOf,
} from "./call.ts";
import { checkDigests, checksumHeaders, compositeChecksum, crc32Of } from "./checksums.ts";
import { refusal } from "./errors.ts";
import { copySource } from "./objects.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import {
  compareBytes,
  makeObject,
  md5,
  type StoredObject,
  type StoredPart,
  type Upload,
} from "./store.ts";
import { document, type Element, leaf, node, parseXml, textOf } from "./xml.ts";

/** As AWS limits them. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;
const MAX_LISTED = 1000;

/**
 * Begins an upload.
 *
 * @param call The call.
 */
export function createUpload(call: Call): Reply {
  const { store, request: { bucket, key }, now: initiated } = call;
  const { uploads } = store.bucket(bucket);
  checkKey(call);
  const id = crypto.randomUUID().replaceAll("-", "");
  const [metadata, headers] = [metadataOf(call), keptHeaders(call)];
  const checksum = call.headers["x-amz-checksum-algorithm"];
  uploads.set(id, { id, key, metadata, headers, checksum, initiated, parts: new Map() });
  const result = [leaf("Bucket", bucket), leaf("Key", key), leaf("UploadId", id)];
  return xmlReply(
    document("InitiateMultipartUploadResult", result),
    encryptionHeaders(headers),
  );
}

/**
 * Takes a part.
 *
 * @param call The call.
 */
export function uploadPart(call: Call): Reply {
  const upload = findUpload(call);
  const number = partNumber(call);
  checkLength(call);
  const checksums = checkDigests(call.body, call.headers);
  checkAlgorithm(upload, checksums);
  const part = makePart(upload, call.body, checksums, call.now);
  upload.parts.set(number, part);
  return emptyReply(200, { etag: part.etag, ...checksums });
}

/** A part has the checksum that the upload was begun for, or none where it was begun for none. */
function checkAlgorithm({ checksum }: Upload, given: Readonly<Record<string, string>>): void {
  const name = Object.keys(given)[0]?.replace("x-amz-checksum-", "");
  if (name === checksum?.toLowerCase()) return;
  const message = `Checksum Type mismatch occurred, expected checksum Type: ` +
    `${checksum?.toLowerCase() ?? null}, actual checksum Type: ${name ?? null}`;
  throw refusal("InvalidRequest", { message });
}

/**
 * Takes a part from another object.
 *
 * @param call The call.
 */
export function uploadPartCopy(call: Call): Reply {
  const upload = findUpload(call);
  const number = partNumber(call);
  const bytes = copiedRange(call, copySource(call).bytes);
  const crc32 = upload.checksum === "CRC32" ? crc32Of(bytes) : undefined;
  const checksums: Record<string, string> = crc32 ? { "x-amz-checksum-crc32": crc32 } : {};
  const part = makePart(upload, bytes, checksums, call.now);
  upload.parts.set(number, part);
  return xmlReply(document("CopyPartResult", [
    leaf("LastModified", part.modified.toISOString()),
    leaf("ETag", part.etag),
    leaf("ChecksumCRC32", crc32),
  ]));
}

function copiedRange(call: Call, bytes: Uint8Array): Uint8Array {
  const range = call.headers["x-amz-copy-source-range"];
  if (range === undefined) return bytes;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || Number(first) > Number(last) || Number(last) >= bytes.length) {
    throw refusal("InvalidArgument", {
      message: "The x-amz-copy-source-range value must be of the form bytes=first-last",
      details: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: range },
    });
  }
  return bytes.subarray(Number(first), Number(last) + 1);
}

/** The etag of what is encrypted with a key of KMS is no hash of its content. */
function makePart(
  { headers }: Upload,
  bytes: Uint8Array,
  checksums: Readonly<Record<string, string>>,
  modified: Date,
): StoredPart {
  const isOpaque = headers["x-amz-server-side-encryption"]?.startsWith("aws:kms");
  const etag = isOpaque ? crypto.randomUUID().replaceAll("-", "") : md5(bytes);
  return { bytes, etag: `"${etag}"`, checksums, modified };
}

function partNumber(call: Call): number {
  const number = countOf(call, "partNumber", 0);
  if (number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw refusal("InvalidArgument", {
    message: "Part number must be an integer between 1 and 10000, inclusive",
    details: { ArgumentName: "partNumber", ArgumentValue: String(number) },
  });
}

function findUpload({ store, request: { bucket, key, query } }: Call): Upload {
  const found = store.bucket(bucket).uploads.get(query.uploadId);
  if (found?.key === key) return found;
  throw refusal("NoSuchUpload", { details: { UploadId: query.uploadId } });
}

/**
 * Makes an object of the parts, whole or not at all; an upload that cannot be completed stays.
 *
 * @param call The call.
 */
export function completeUpload(call: Call): Reply {
  const { store, request: { bucket, key, host }, now } = call;
  const objects = store.bucket(bucket);
  const upload = findUpload(call);
  const parts = chosenParts(upload, parseXml(new TextDecoder().decode(call.body)));
  if (call.personality.mistakes.wantsEqualParts) checkEqual(parts);
  checkConditions(call, objects.get(key));
  const object = objectOf(upload, parts, now);
  checkWhole(call, object);
  objects.set(key, object);
  objects.uploads.delete(upload.id);
  return xmlReply(
    document("CompleteMultipartUploadResult", [
      leaf("Location", `http://${host}${call.request.path}`),
      leaf("Bucket", bucket),
      leaf("Key", key),
      leaf("ETag", object.etag),
    ]),
    encryptionHeaders(upload.headers),
  );
}

function chosenParts(upload: Upload, root: Element): StoredPart[] {
  const chosen = root.children.filter(({ name }) => name === "Part");
  if (root.name !== "CompleteMultipartUpload" || chosen.length === 0) throw refusal("MalformedXML");
  const numbers = chosen.map((part) => Number(textOf(part, "PartNumber")));
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1])) {
    throw refusal("InvalidPartOrder");
  }
  const parts = chosen.map((part, i) => chosenPart(upload, part, numbers[i]));
  const small = parts.slice(0, -1).findIndex(({ bytes }) => bytes.length < MIN_PART_BYTES);
  if (small < 0) return parts;
  const details = {
    ProposedSize: String(parts[small].bytes.length),
    MinSizeAllowed: String(MIN_PART_BYTES),
    PartNumber: String(numbers[small]),
    ETag: parts[small].etag,
  };
  throw refusal("EntityTooSmall", { details });
}

function checkEqual(parts: readonly StoredPart[]): void {
  const [first, ...others] = parts.map(({ bytes }) => bytes.length);
  const last = others.pop() ?? 0;
  if (last <= first && others.every((length) => length === first)) return;
  throw refusal("InvalidPart", { message: "All non-trailing parts must have the same length." });
}

function chosenPart(upload: Upload, named: Element, number: number): StoredPart {
  const part = upload.parts.get(number);
  const etag = textOf(named, "ETag")?.replaceAll('"', "");
  const crc32 = textOf(named, "ChecksumCRC32");
  if (upload.checksum === "CRC32" && crc32 === undefined) {
    const message = "The upload was created using a crc32 checksum. The complete request must " +
      `include the checksum for each part. It was missing for part ${number} in the request.`;
    throw refusal("InvalidRequest", { message });
  }
  if (
    part !== undefined && part.etag === `"${etag}"` &&
    part.checksums["x-amz-checksum-crc32"] === crc32
  ) return part;
  const details = { UploadId: upload.id, PartNumber: String(number), ETag: etag ?? "" };
  throw refusal("InvalidPart", { details });
}

function objectOf(upload: Upload, parts: readonly StoredPart[], modified: Date): StoredObject {
  const hashes = parts.flatMap(({ etag }) => etag.slice(1, -1).match(/../g) ?? []);
  const all = Uint8Array.from(hashes, (pair) => parseInt(pair, 16));
  const composite = Object.keys(parts[0].checksums)
    .filter((name) => parts.every(({ checksums }) => name in checksums))
    .map((name) => [name, compositeChecksum(name, parts.map(({ checksums }) => checksums[name]))]);
  const type = composite.length > 0 ? { "x-amz-checksum-type": "COMPOSITE" } : {};
  return makeObject({
    bytes: joined(parts.map(({ bytes }) => bytes)),
    etag: `"${md5(all)}-${parts.length}"`,
    metadata: upload.metadata,
    headers: { ...upload.headers, ...Object.fromEntries(composite), ...type },
    modified,
  });
}

/** Checks what the client says of the whole object: its own checksum, or one over the parts'. */
function checkWhole(call: Call, object: StoredObject): void {
  const said = Object.entries(checksumHeaders(call.headers));
  const composite = said.filter(([, value]) => value.includes("-"));
  const full = said.filter(([, value]) => !value.includes("-"));
  if (call.headers["x-amz-checksum-type"] === "FULL_OBJECT") {
    checkDigests(object.bytes, Object.fromEntries(full));
  }
  for (const [name, value] of composite) {
    if (object.headers[name] !== value) throw refusal("BadDigest");
  }
}

/**
 * Forgets an upload.
 *
 * @param call The call.
 */
export function abortUpload(call: Call): Reply {
  call.store.bucket(call.request.bucket).uploads.delete(findUpload(call).id);
  return emptyReply(204);
}

/**
 * Lists the parts of an upload.
 *
 * @param call The call.
 */
export function listParts(call: Call): Reply {
  const { parts, key, id } = findUpload(call);
  const marker = countOf(call, "part-number-marker", 0);
  const max = Math.min(countOf(call, "max-parts", MAX_LISTED), MAX_LISTED);
  const left = [...parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = left.slice(0, max);
  return xmlReply(document("ListPartsResult", [
    leaf("Bucket", call.request.bucket),
    leaf("Key", key),
    leaf("UploadId", id),
    leaf("PartNumberMarker", marker),
    leaf("NextPartNumberMarker", page.at(-1)?.[0]),
    leaf("MaxParts", max),
    leaf("IsTruncated", left.length > page.length),
    ...page.map(([number, part]) =>
      node(
        "Part",
        leaf("PartNumber", number),
        leaf("LastModified", part.modified.toISOString()),
        leaf("ETag", part.etag),
        leaf("Size", part.bytes.length),
      )
    ),
  ]));
}

/**
 * Lists unfinished uploads.
 *
 * @param call The call.
 */
export function listUploads(call: Call): Reply {
  const { query, bucket } = call.request;
  if (query.delimiter) throw refusal("NotImplemented", { details: { Parameter: "delimiter" } });
  const { prefix = "", "key-marker": keyMarker = "", "upload-id-marker": idMarker = "" } = query;
  const max = Math.min(countOf(call, "max-uploads", MAX_LISTED), call.pageSize);
  const left = [...call.store.bucket(bucket).uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.id, b.id))
    .filter(({ key, id }) =>
      compareBytes(key, keyMarker) > 0 || (key === keyMarker && idMarker !== "" && id > idMarker)
    );
  const page = left.slice(0, max);
  const truncated = left.length > page.length;
  return xmlReply(document("ListMultipartUploadsResult", [
    leaf("Bucket", bucket),
    leaf("KeyMarker", keyMarker),
    leaf("UploadIdMarker", idMarker),
    leaf("NextKeyMarker", truncated ? page.at(-1)?.key : undefined),
    leaf("NextUploadIdMarker", truncated ? page.at(-1)?.id : undefined),
    leaf("Prefix", prefix),
    leaf("MaxUploads", max),
    leaf("IsTruncated", truncated),
    ...page.map(({ key, id, initiated, headers }) =>
      node(
        "Upload",
        leaf("Key", key),
        leaf("UploadId", id),
        leaf("StorageClass", headers["x-amz-storage-class"] ?? "STANDARD"),
        leaf("Initiated", initiated.toISOString()),
      )
    ),
  ]));
}
