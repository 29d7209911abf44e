/**
 * The requests that this backend makes, and what AWS wants allowed for each.
 *
 * @module
 */
import type { S3Settings } from "./settings.ts";

/** A request, by its name in S3. */
export type S3Operation = keyof typeof ACTIONS;

const ACTIONS = {
  PutObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  CopyObject: "s3:GetObject and s3:PutObject",
  UploadPartCopy: "s3:GetObject and s3:PutObject",
  DeleteObject: "s3:DeleteObject",
  ListObjects: "s3:ListBucket",
  ListObjectsV2: "s3:ListBucket",
  HeadBucket: "s3:ListBucket",
} as const;

const ON_BUCKET: ReadonlySet<S3Operation> = new Set(["ListObjects", "ListObjectsV2", "HeadBucket"]);
const READS_ONE: ReadonlySet<S3Operation> = new Set([
  "GetObject",
  "HeadObject",
  "CopyObject",
  "UploadPartCopy",
  "DeleteObject",
]);
const WRITES: ReadonlySet<S3Operation> = new Set([
  "PutObject",
  "CreateMultipartUpload",
  "CopyObject",
]);

/** Whether a 404 to it means that an object, and not its bucket, is missing. */
export function readsOne(operation: S3Operation): boolean {
  return READS_ONE.has(operation);
}

/** Whether it sends along what the user wants of objects: storage class, encryption, tags. */
export function writes(operation: S3Operation): boolean {
  return WRITES.has(operation);
}

/** What must be allowed, as in `allow s3:GetObject on arn:aws:s3:::bucket/*`. */
export function permissionFor(operation: S3Operation, settings: S3Settings): string {
  const { bucket, prefix, tags } = settings;
  const arn = bucket.startsWith("arn:") ? bucket : `arn:aws:s3:::${bucket}`;
  if (ON_BUCKET.has(operation)) return `allow ${ACTIONS[operation]} on ${arn}`;
  const tagging = tags !== undefined && WRITES.has(operation) ? " and s3:PutObjectTagging" : "";
  const allow = `allow ${ACTIONS[operation]}${tagging} on ${arn}/${prefix}*`;
  if (operation !== "HeadObject" && operation !== "GetObject") return allow;
  return `${allow}, and s3:ListBucket on ${arn}, without which S3 denies even that an object is ` +
    "missing";
}
