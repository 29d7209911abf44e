/**
 * Deleting one object. DeleteObjects is not used: stores disagree about the checksum that it needs.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import { callError, describe, type KeyCall } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { isDoubtful } from "./genuine.ts";
import { headObject, missingBucket } from "./head.ts";

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
    const answer = await connection.run(
      call,
      "DeleteObject",
      (s3, http) => s3.deleteObject(target, http),
    );
    // So S3 says that it is done; others' words have to be seen.
    if (answer.$metadata.httpStatusCode === 204 && !isDoubtful(answer)) return;
    await headObject(connection, call);
  } catch (error) {
    if (!isArchiveError(error, "NotFound")) throw error;
    const missing = await missingBucket(connection, call);
    if (missing !== undefined) throw missing;
    return;
  }
  const message = `${describe(call)} failed: ${connection.settings.where} said that it was done, ` +
    "and still has the object; try again later";
  throw callError(call, "Transient", message);
}
