/**
 * Looking an object up. HEAD answers have no body, so that a refusal does not say why, and a missing
 * bucket looks like a missing object: both are asked after.
 *
 * @module
 */
import type { ObjectInfo } from "../../core/backend.ts";
import { type ArchiveError, isArchiveError } from "../../core/errors.ts";
import type { KeyCall } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { bucketError } from "./errors.ts";
import { failureBehind, S3Failure } from "./failure.ts";
import { checkIsS3, infoOf, type ObjectAnswer } from "./objects.ts";

/** An object, and its MIME type. */
export interface Found {
  /** What is known of it. */
  readonly info: ObjectInfo;
  /** Its MIME type. */
  readonly contentType?: string;
}

/**
 * Looks an object up.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @throws ArchiveError `NotFound` when it is not there but its bucket is.
 */
export async function headObject(connection: S3Connection, call: KeyCall): Promise<ObjectInfo> {
  return (await findObject(connection, call)).info;
}

/**
 * Looks an object up, with its MIME type.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 */
export async function findObject(connection: S3Connection, call: KeyCall): Promise<Found> {
  const { settings } = connection;
  const { key } = call;
  const target = { Bucket: settings.bucket, Key: settings.prefix + key };
  const look = (): Promise<
    ObjectAnswer & { readonly ContentLength?: number; readonly VersionId?: string }
  > => connection.run(call, "HeadObject", (s3, http) => s3.headObject(target, http));
  const answer = await look().catch(async (error) => {
    const why = await explained(error, connection, call);
    if (why !== undefined) throw why;
    return await look();
  });
  checkIsS3(answer, call, settings);
  connection.partCopies.saw(answer.VersionId);
  const info = infoOf(key, answer.ContentLength ?? 0, answer, settings);
  return { info, contentType: answer.ContentType };
}

/** Why it was refused; nothing when asking again by another request was not. */
async function explained(
  error: unknown,
  connection: S3Connection,
  call: KeyCall,
): Promise<unknown> {
  if (isArchiveError(error, "NotFound")) {
    return await missingBucket(connection, call) ?? error;
  }
  const { code, facts: { status = 0 } } = failureBehind(error) ?? NONE;
  if (code !== "" || ![400, 401, 403].includes(status)) return error;
  return await refusal(connection, call);
}

/**
 * The error of a missing bucket, or nothing when it is there or cannot be asked after. Asked once.
 *
 * @param connection The store.
 * @param call The call that met a 404.
 */
export async function missingBucket(
  connection: S3Connection,
  call: KeyCall,
): Promise<ArchiveError | undefined> {
  if (connection.bucketSeen) return undefined;
  const { settings } = connection;
  try {
    const target = { Bucket: settings.bucket };
    await connection.run(call, "HeadBucket", (s3, http) => s3.headBucket(target, http));
  } catch (error) {
    const failure = failureBehind(error);
    if (failure?.facts.status === 404) return bucketError(call, settings, failure);
  }
}

/** Asks again by a request whose refusal has a body that says why. */
async function refusal(connection: S3Connection, call: KeyCall): Promise<unknown> {
  const { bucket, prefix } = connection.settings;
  const target = { Bucket: bucket, Key: prefix + call.key, Range: "bytes=0-0" };
  try {
    const { Body } = await connection.run(
      call,
      "GetObject",
      (s3, http) => s3.getObject(target, http),
    );
    await Body?.transformToByteArray();
  } catch (error) {
    return error;
  }
}

const NONE = new S3Failure("", "", { attempts: 0, foreign: false });
