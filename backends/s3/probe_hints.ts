/**
 * What a store tells of a bucket beside objects: how it keeps versions, and what unfinished uploads
 * lie in it. What may not be read is passed over.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";
import type { Finding } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { within } from "../support/trial_ground.ts";
import type { HttpOptions, S3Connection } from "./connection.ts";

/** How a question is put. */
export interface Asking {
  /** The store. */
  readonly connection: S3Connection;
  /** How long one call may take, in milliseconds. */
  readonly patience: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Looks for what the owner of a bucket should know.
 *
 * @param asking How to ask.
 * @param now The time, in milliseconds since 1970.
 */
export async function* probeHints(
  asking: Asking,
  now: number = Date.now(),
): AsyncGenerator<Finding> {
  yield* await versioning(asking);
  yield* await unfinishedUploads(asking, now);
}

async function versioning(asking: Asking): Promise<Finding[]> {
  const { bucket: Bucket } = asking.connection.settings;
  const answer = await mayAsk(asking, (s3, http) => s3.getBucketVersioning({ Bucket }, http));
  if (answer?.Status !== "Enabled") return [];
  const lock = await mayAsk(
    asking,
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

async function unfinishedUploads(asking: Asking, now: number): Promise<Finding[]> {
  const { bucket: Bucket, prefix: Prefix } = asking.connection.settings;
  const answer = await mayAsk(
    asking,
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

async function mayAsk<T>(
  { connection, patience, signal }: Asking,
  ask: (s3: S3, http: HttpOptions) => Promise<T>,
): Promise<T | undefined> {
  const doing = "looking at the bucket's settings";
  const { backend } = connection.settings;
  try {
    return await within(
      doing,
      (signal) => connection.run({ backend, doing, signals: [signal] }, "HeadBucket", ask),
      patience,
      signal,
    );
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    return undefined;
  }
}
