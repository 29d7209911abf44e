/**
 * Deleting one object. DeleteObjects is not used: stores disagree about the checksum that it needs.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import type { KeyCall } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { missingBucket } from "./head.ts";

/**
 * Deletes an object; one that is not there is fine.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 */
export async function deleteObject(connection: S3Connection, call: KeyCall): Promise<void> {
  const { bucket, prefix } = connection.settings;
  const target = { Bucket: bucket, Key: prefix + call.key };
  try {
    await connection.run(call, "DeleteObject", (s3, http) => s3.deleteObject(target, http));
  } catch (error) {
    if (!isArchiveError(error, "NotFound")) throw error;
    const missing = await missingBucket(connection, call);
    if (missing !== undefined) throw missing;
  }
}
