/**
 * Ending uploads that nobody will: a process that is killed leaves them open, unseen and paid for.
 *
 * @module
 */
import { parseArchiveKey } from "../../core/keys/archive_key.ts";
import { isArchiveError } from "../../core/errors.ts";
import type { Call } from "../support/call.ts";
import { TRIAL_FOLDER } from "../support/trial_ground.ts";
import type { S3Connection } from "./connection.ts";
import { failureBehind } from "./failure.ts";
import { readingOf } from "./listed_names.ts";
import type { UploadTarget } from "./upload.ts";

/** An upload that was neither completed nor ended. */
interface OpenUpload {
  /** The whole key. */
  readonly Key: string;
  /** Which of those of this key. */
  readonly UploadId: string;
  /** When it began, in epoch milliseconds. */
  readonly began: number;
}

/**
 * Ends the uploads below the prefix that are of archives and began before a time. Nothing where they
 * may not be listed.
 *
 * @param connection The store.
 * @param call The call.
 * @param before Epoch milliseconds.
 * @returns How many.
 */
export async function endOldUploads(
  connection: S3Connection,
  call: Call,
  before: number,
): Promise<number> {
  const { bucket: Bucket, prefix } = connection.settings;
  let ended = 0;
  try {
    for await (const { Key, UploadId, began } of openUploads(connection, call)) {
      if (began >= before || !isOurs(Key.slice(prefix.length))) continue;
      if (await endUpload(connection, call, { Bucket, Key, UploadId })) ended++;
    }
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  return ended;
}

/** Ends an upload; tells whether it was still there: another machine may be at it too. */
async function endUpload(
  connection: S3Connection,
  call: Call,
  upload: UploadTarget,
): Promise<boolean> {
  try {
    await connection
      .run(
        call,
        "AbortMultipartUpload",
        (s3, http) => s3.abortMultipartUpload({ ...upload }, http),
      );
    return true;
  } catch (error) {
    if (failureBehind(error)?.code === "NoSuchUpload") return false;
    throw error;
  }
}

/** Others may keep something else below the same prefix. */
function isOurs(key: string): boolean {
  return parseArchiveKey(key) !== undefined || key.startsWith(`${TRIAL_FOLDER}/`);
}

function isRefused(error: unknown): boolean {
  return isArchiveError(error, "Unauthorized") || isArchiveError(error, "NotSupported") ||
    isArchiveError(error, "Invalid");
}

async function* openUploads(connection: S3Connection, call: Call): AsyncGenerator<OpenUpload> {
  const { settings } = connection;
  const { bucket, prefix, quirks } = settings;
  const request = {
    Bucket: bucket,
    Prefix: prefix,
    ...(quirks.urlEncodedListing && { EncodingType: "url" as const }),
  };
  let marker: { readonly KeyMarker: string; readonly UploadIdMarker?: string } | undefined;
  for (;;) {
    const page = await connection.run(
      call,
      "ListMultipartUploads",
      (s3, http) => s3.listMultipartUploads({ ...request, ...marker }, http),
    );
    const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    const texts = Uploads.flatMap(({ Key }) => Key ?? []);
    const encoded = page.EncodingType === "url";
    const read = readingOf({ texts, encoded, prefix }, call, settings);
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined) continue;
      yield { Key: read(Key), UploadId, began: Initiated.getTime() };
    }
    if (!IsTruncated || NextKeyMarker === undefined) return;
    const next = { KeyMarker: read(NextKeyMarker), UploadIdMarker: NextUploadIdMarker };
    // A store that gives the same page again would do so for ever.
    if (next.KeyMarker === marker?.KeyMarker && next.UploadIdMarker === marker.UploadIdMarker) {
      return;
    }
    marker = next;
  }
}
