/**
 * The requests that this backend makes: what AWS wants allowed for each, and what each is about.
 *
 * @module
 */
import type { S3Settings } from "./settings.ts";

/** A request, by its name in S3. */
export type S3Operation = keyof typeof OPERATIONS;

/** What is to be known of a request. */
interface Facts {
  /** What AWS wants allowed. */
  readonly actions: string;
  /** What it is about. An answer to all but the last kind shows that the bucket is there. */
  readonly on: "object" | "bucket" | "account";
  /** A 404 means that an object, and not its bucket, is missing. */
  readonly readsOne?: true;
  /** It sends along what the user wants of objects: storage class, encryption, tags. */
  readonly writes?: true;
}

const OPERATIONS = {
  PutObject: { actions: "s3:PutObject", on: "object", writes: true },
  CreateMultipartUpload: { actions: "s3:PutObject", on: "object", writes: true },
  UploadPart: { actions: "s3:PutObject", on: "object" },
  CompleteMultipartUpload: { actions: "s3:PutObject", on: "object" },
  AbortMultipartUpload: { actions: "s3:AbortMultipartUpload", on: "object" },
  GetObject: { actions: "s3:GetObject", on: "object", readsOne: true },
  HeadObject: { actions: "s3:GetObject", on: "object", readsOne: true },
  CopyObject: {
    actions: "s3:GetObject and s3:PutObject",
    on: "object",
    readsOne: true,
    writes: true,
  },
  UploadPartCopy: { actions: "s3:GetObject and s3:PutObject", on: "object", readsOne: true },
  DeleteObject: { actions: "s3:DeleteObject", on: "object", readsOne: true },
  ListObjects: { actions: "s3:ListBucket", on: "bucket" },
  ListObjectsV2: { actions: "s3:ListBucket", on: "bucket" },
  HeadBucket: { actions: "s3:ListBucket", on: "bucket" },
  GetBucketVersioning: { actions: "s3:GetBucketVersioning", on: "bucket" },
  GetObjectLockConfiguration: { actions: "s3:GetBucketObjectLockConfiguration", on: "bucket" },
  ListMultipartUploads: { actions: "s3:ListBucketMultipartUploads", on: "bucket" },
  ListBuckets: { actions: "s3:ListAllMyBuckets", on: "account" },
} as const satisfies Readonly<Record<string, Facts>>;

/** Whether a 404 to it means that an object, and not its bucket, is missing. */
export function readsOne(operation: S3Operation): boolean {
  return factsOf(operation).readsOne ?? false;
}

/** Whether it sends along what the user wants of objects: storage class, encryption, tags. */
export function writes(operation: S3Operation): boolean {
  return factsOf(operation).writes ?? false;
}

/** Whether it is about a bucket or what is in it, so that success shows that the bucket is there. */
export function showsBucket(operation: S3Operation): boolean {
  return factsOf(operation).on !== "account";
}

/** What must be allowed, as in `allow s3:GetObject on arn:aws:s3:::bucket/*`. */
export function permissionFor(operation: S3Operation, settings: S3Settings): string {
  const { bucket, prefix, tags } = settings;
  const { actions, on } = factsOf(operation);
  if (on === "account") return `allow ${actions} on *`;
  const arn = bucket.startsWith("arn:") ? bucket : `arn:aws:s3:::${bucket}`;
  if (on === "bucket") return `allow ${actions} on ${arn}`;
  const tagging = tags !== undefined && writes(operation) ? " and s3:PutObjectTagging" : "";
  const allow = `allow ${actions}${tagging} on ${arn}/${prefix}*`;
  if (operation !== "HeadObject" && operation !== "GetObject") return allow;
  return `${allow}, and s3:ListBucket on ${arn}, without which S3 denies even that an object is ` +
    "missing";
}

function factsOf(operation: S3Operation): Facts {
  return OPERATIONS[operation];
}
