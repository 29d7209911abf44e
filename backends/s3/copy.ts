/**
 * Copying an object inside the store, with its metadata.
 *
 * @module
 */
import type { KeyCall } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { COPIED_PART, copiedPart, COPYING } from "./copied_part.ts";
import { failureBehind } from "./failure.ts";
import { findObject, headObject } from "./head.ts";
import { copySource, plainEtag } from "./keys.ts";
import { notS3, objectHeaders } from "./objects.ts";
import { uploadInParts } from "./upload.ts";

/**
 * Copies an object.
 *
 * @param connection The store.
 * @param reading The call, whose key is the source's.
 * @param storing The call, whose key is the copy's.
 * @returns The copy's etag.
 */
export async function copyObject(
  connection: S3Connection,
  reading: KeyCall,
  storing: KeyCall,
): Promise<{ etag?: string }> {
  const etag = await copyAtOnce(connection, reading, storing).catch((error) => {
    if (!isTooLarge(error) || !connection.settings.quirks.copyParts) throw error;
    return copyInParts(connection, reading, storing);
  });
  return { etag: etag ?? (await headObject(connection, storing)).etag };
}

async function copyAtOnce(
  connection: S3Connection,
  reading: KeyCall,
  storing: KeyCall,
): Promise<string | undefined> {
  const { bucket, prefix, ...settings } = connection.settings;
  const headers = objectHeaders(connection.settings);
  const request = {
    ...headers,
    Bucket: bucket,
    Key: prefix + storing.key,
    CopySource: copySource(bucket, prefix + reading.key),
    MetadataDirective: "COPY" as const,
    ...(headers.Tagging !== undefined && { TaggingDirective: "REPLACE" as const }),
  };
  const answer = await connection.run(
    reading,
    "CopyObject",
    (s3, http) => s3.copyObject(request, http),
    { work: COPYING },
  );
  if (answer.CopyObjectResult !== undefined) return plainEtag(answer.CopyObjectResult.ETag);
  throw notS3(reading, { ...settings, bucket, prefix }, "no result of the copy");
}

/** S3 copies up to 5 GB at once, and says so of what is larger. */
function isTooLarge(error: unknown): boolean {
  const failure = failureBehind(error);
  if (failure === undefined) return false;
  return failure.code === "EntityTooLarge" ||
    /^Invalid(Request|Argument)$/.test(failure.code) &&
      /larger than|maximum allowable/i.test(failure.message);
}

async function copyInParts(
  connection: S3Connection,
  reading: KeyCall,
  storing: KeyCall,
): Promise<string | undefined> {
  const { info, contentType } = await findObject(connection, reading);
  const headers = {
    ...objectHeaders(connection.settings),
    Metadata: info.metadata && { ...info.metadata },
    ContentType: contentType,
  };
  const upload = {
    async *parts() {
      for (let start = 0, number = 1; start < info.size; start += COPIED_PART, number++) {
        const end = Math.min(start + COPIED_PART, info.size);
        yield copiedPart(connection, { key: reading.key, etag: info.etag, start, end }, number);
      }
    },
  };
  return await uploadInParts(connection, storing, upload, { headers, condition: {} });
}
