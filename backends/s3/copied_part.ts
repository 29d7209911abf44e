/**
 * A part of an upload that the store takes from an object that it has.
 *
 * @module
 */
import { describe } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { copySource, quotedEtag } from "./keys.ts";
import { notS3 } from "./objects.ts";
import { checksumsIn, type SendPart } from "./upload.ts";

/** How much of a large object is copied at a time, in bytes. */
export const COPIED_PART: number = 512 * 2 ** 20;
/** A store may read and write 5 GB for one request: so many times the plain limit longer. */
export const COPYING = 5;

/** What is copied. */
export interface CopiedRange {
  /** The object's key, without the prefix. */
  readonly key: string;
  /** Its etag, where that is known: of another object nothing is copied by stores that look. */
  readonly etag: string | undefined;
  /** The first byte. */
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/**
 * A part that is copied.
 *
 * @param connection The store.
 * @param range What is copied.
 * @param number Which part it becomes.
 */
export function copiedPart(
  connection: S3Connection,
  { key, etag, start, end }: CopiedRange,
  number: number,
): SendPart {
  const { bucket, prefix, quirks } = connection.settings;
  const source = {
    CopySource: copySource(bucket, prefix + key),
    CopySourceRange: `bytes=${start}-${end - 1}`,
    ...(etag !== undefined && quirks.copyConditions && { CopySourceIfMatch: quotedEtag(etag) }),
  };
  return async (target, call) => {
    const request = { ...target, ...source, PartNumber: number };
    const { CopyPartResult } = await connection.run(
      call,
      "UploadPartCopy",
      (s3, http) => s3.uploadPartCopy(request, http),
      { work: COPYING },
    );
    if (CopyPartResult?.ETag === undefined) {
      throw notS3(call, connection.settings, `no result while ${describe(call)}`);
    }
    return { ETag: CopyPartResult.ETag, PartNumber: number, ...checksumsIn(CopyPartResult) };
  };
}
