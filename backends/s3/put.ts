/**
 * Storing an object, in one request or in parts, under the condition that its mode sets.
 *
 * @module
 */
import { bodySize, PART_SIZE } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { readPart } from "../support/body_parts.ts";
import { type KeyCall, unlessStopped } from "../support/call.ts";
import { bodyUpload, checkHash } from "./body_upload.ts";
import { claim, type Sent } from "./claim.ts";
import { checkMode, conditionError, underCondition } from "./condition.ts";
import type { S3Connection } from "./connection.ts";
import { continueObject } from "./continue.ts";
import { failureBehind } from "./failure.ts";
import { isDoubtful } from "./genuine.ts";
import { headObject } from "./head.ts";
import { plainEtag } from "./keys.ts";
import { notS3 } from "./objects.ts";
import { tellHash } from "./payload_hash.ts";
import { uploadInParts } from "./upload.ts";
import { optionsOf, type Writing } from "./writing.ts";

/**
 * Stores an object.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @param writing What to store.
 * @returns The new etag, and how many bytes the store did not take but copied.
 */
export async function putObject(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
): Promise<{ etag?: string; copied?: number }> {
  checkMode(connection, call, writing.mode);
  const { etag, ...how } = await continueObject(connection, call, writing) ??
    await storeWhole(connection, call, writing);
  return {
    ...etag === undefined ? await acknowledged(connection, call, writing) : { etag },
    ...how,
  };
}

async function storeWhole(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
): Promise<{ etag?: string }> {
  const { body, mode } = writing;
  const large = bodySize(body) > PART_SIZE;
  // Large bodies do not go up in vain; where the store has no condition, there is no other way.
  if (mode === "create" && (large || !connection.settings.quirks.createOnly)) {
    await checkAbsent(connection, call);
  }
  const write = large
    ? () =>
      uploadInParts(
        connection,
        call,
        bodyUpload(connection, call, body),
        optionsOf(connection.settings, writing),
      )
    : await wholeWrite(connection, call, writing);
  return { etag: await underCondition(connection, call, writing, write) };
}

async function wholeWrite(connection: S3Connection, call: KeyCall, writing: Writing) {
  const { bucket, prefix } = connection.settings;
  const size = bodySize(writing.body);
  const bytes = await unlessStopped(call, () => readPart(writing.body, 0, size, call));
  if (!(writing.body instanceof Uint8Array)) {
    checkHash(writing.body, sha256().update(bytes).digest("hex"), call);
  }
  const { headers, condition } = optionsOf(connection.settings, writing);
  const request = {
    ...headers,
    ...condition,
    Bucket: bucket,
    Key: prefix + call.key,
    Body: bytes,
    ContentLength: size,
  };
  const hash = writing.body instanceof Uint8Array ? writing.sha256 : writing.body.sha256;
  if (hash !== undefined) tellHash(request, hash);
  const tell = (attempts = 1) => {
    if (attempts > 1) writing.onResend?.();
  };
  return async () => {
    const answer = await connection
      .run(call, "PutObject", (s3, http) => s3.putObject(request, http), { bytes: size })
      .catch((error: unknown) => {
        tell(failureBehind(error)?.facts.attempts);
        throw error;
      });
    tell(answer.$metadata.attempts);
    connection.partCopies.saw(answer.VersionId);
    return isDoubtful(answer) ? undefined : plainEtag(answer.ETag);
  };
}

async function checkAbsent(connection: S3Connection, call: KeyCall): Promise<void> {
  try {
    await headObject(connection, call);
  } catch (error) {
    if (isArchiveError(error, "NotFound")) return;
    throw error;
  }
  throw conditionError(call, "create", undefined);
}

/** Where the reply leaves it in doubt, with no etag or no sign of a store, the object is looked at. */
async function acknowledged(
  connection: S3Connection,
  call: KeyCall,
  sent: Sent,
): Promise<{ etag?: string }> {
  const stored = await claim(connection, call, sent);
  if (stored !== undefined) return stored;
  throw notS3(call, connection.settings, "success but does not have the object that was sent");
}
