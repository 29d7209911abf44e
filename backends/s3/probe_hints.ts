/**
 * What a store tells of a bucket beside objects: how it keeps versions, and what unfinished uploads
 * lie in it. What may not be read is passed over.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";
import type { Finding } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import type { HttpOptions } from "./connection.ts";
import type { S3Operation } from "./operations.ts";
import { ask, type BucketProbe } from "./probe_ask.ts";

/**
 * Looks for what the owner of a bucket should know.
 *
 * @param probe Whom to ask.
 * @param now The time, in milliseconds since 1970.
 */
export async function* probeHints(
  probe: BucketProbe,
  now: number = Date.now(),
): AsyncGenerator<Finding> {
  yield* await versioning(probe);
  yield* await unfinishedUploads(probe, now);
}

async function versioning(probe: BucketProbe): Promise<Finding[]> {
  const { bucket: Bucket } = probe.connection.settings;
  const answer = await mayAsk(
    probe,
    "GetBucketVersioning",
    (s3, http) => s3.getBucketVersioning({ Bucket }, http),
  );
  if (answer?.Status !== "Enabled") return [];
  const lock = await mayAsk(
    probe,
    "GetObjectLockConfiguration",
    (s3, http) => s3.getObjectLockConfiguration({ Bucket }, http),
  );
  const locked = lock?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled";
  const detail =
    "on: what is overwritten or deleted stays in the bucket and is paid for, unless a " +
    `lifecycle rule ends it${locked ? "; Object Lock is on" : ""}`;
  return [{ check: "versioning", status: "ok", detail }];
}

/** Younger ones may be on their way. */
const OLD = 24 * 3_600_000;

async function unfinishedUploads(probe: BucketProbe, now: number): Promise<Finding[]> {
  const { bucket: Bucket, prefix: Prefix } = probe.connection.settings;
  const answer = await mayAsk(
    probe,
    "ListMultipartUploads",
    (s3, http) => s3.listMultipartUploads({ Bucket, Prefix }, http),
  );
  const old = (answer?.Uploads ?? []).filter(({ Initiated }) =>
    Initiated !== undefined && now - Initiated.getTime() > OLD
  );
  if (old.length === 0) return [];
  const count = `${old.length}${answer?.IsTruncated ? " or more" : ""}`;
  return [{
    check: "unfinished uploads",
    status: "limited",
    detail: `${count} of over a day ago lie in the bucket, unseen and paid for`,
    advice: "let a lifecycle rule end them: AbortIncompleteMultipartUpload after 1 day",
  }];
}

/** What the store says to a question, where it may be asked. */
async function mayAsk<T>(
  probe: BucketProbe,
  operation: S3Operation,
  send: (s3: S3, http: HttpOptions) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask(probe, "looking at the bucket's settings", operation, send);
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    return undefined;
  }
}
