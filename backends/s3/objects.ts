/**
 * What goes with an object and what comes back with it: options, metadata, etag, times.
 *
 * @module
 */
import type { CreateMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import type { ObjectInfo, PutOptions } from "../../core/backend.ts";
import type { ArchiveError } from "../../core/errors.ts";
import { utf8Length } from "../../core/keys/object_key.ts";
import { type Call, callError, describe } from "../support/call.ts";
import { plainEtag } from "./keys.ts";
import type { S3Settings } from "./settings.ts";

/** S3's limit for the names and values of an object's metadata, in bytes. */
const METADATA_BYTES = 2048;

/** What a request that makes an object says of it. */
export type ObjectHeaders = Pick<
  CreateMultipartUploadCommandInput,
  "StorageClass" | "ServerSideEncryption" | "SSEKMSKeyId" | "Tagging"
>;

/** What an answer tells of an object. */
export interface ObjectAnswer {
  /** With its quotes. */
  readonly ETag?: string;
  /** When the store last changed it. */
  readonly LastModified?: Date;
  /** What was kept beside it. */
  readonly Metadata?: Readonly<Record<string, string>>;
  /** Its MIME type. */
  readonly ContentType?: string;
  /** What the SDK knows of the answer. */
  readonly $metadata: { readonly requestId?: string; readonly httpStatusCode?: number };
}

/**
 * The user's options, as the SDK wants them.
 *
 * @param settings What the backend goes by.
 */
export function objectHeaders(settings: S3Settings): ObjectHeaders {
  const { storageClass, serverSideEncryption, kmsKeyId, tags } = settings;
  // The SDK's types list the values of today; the store is asked instead.
  return {
    StorageClass: storageClass as ObjectHeaders["StorageClass"],
    ServerSideEncryption: serverSideEncryption as ObjectHeaders["ServerSideEncryption"],
    SSEKMSKeyId: kmsKeyId,
    Tagging: tags === undefined || Object.keys(tags).length === 0
      ? undefined
      : new URLSearchParams({ ...tags }).toString().replaceAll("+", "%20"),
  };
}

/**
 * The metadata to send, or nothing where the store keeps none.
 *
 * @param metadata What the caller gave.
 * @param call The write.
 * @param settings What the backend goes by.
 * @throws ArchiveError `Invalid` for what HTTP headers cannot carry, and for more than S3 keeps.
 */
export function checkedMetadata(
  metadata: PutOptions["metadata"],
  call: Call,
  settings: S3Settings,
): Record<string, string> | undefined {
  if (metadata === undefined || !settings.quirks.metadata) return undefined;
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    const fault = metadataFault(name, value);
    if (fault !== undefined) {
      throw callError(call, "Invalid", `${describe(call)} failed: the metadata ${fault}`);
    }
    bytes += utf8Length(name) + utf8Length(value);
  }
  if (bytes <= METADATA_BYTES) return { ...metadata };
  const message = `${describe(call)} failed: the metadata has ${bytes} bytes; S3 keeps at most ` +
    `${METADATA_BYTES}, names and values together`;
  throw callError(call, "Invalid", message);
}

function metadataFault(name: string, value: string): string | undefined {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    return `name ${
      JSON.stringify(name)
    } is not made of lower-case letters, digits, "-", "_" and "."`;
  }
  if (/^[\x20-\x7e]*$/.test(value) && value === value.trim()) return undefined;
  return `${JSON.stringify(name)} holds what is not printable ASCII, or spaces around it; ` +
    "percent-encode it (encodeURIComponent)";
}

/**
 * What is known of an object.
 *
 * @param key Its key.
 * @param size Its whole length in bytes.
 * @param answer What the store told.
 * @param settings What the backend goes by.
 */
export function infoOf(
  key: string,
  size: number,
  answer: ObjectAnswer,
  settings: S3Settings,
): ObjectInfo {
  return {
    key,
    size,
    modified: answer.LastModified ?? new Date(0),
    etag: plainEtag(answer.ETag),
    ...(settings.quirks.metadata && { metadata: { ...answer.Metadata } }),
  };
}

/**
 * Refuses an answer that no S3 gave: a web console, or a proxy's page, also says 200.
 *
 * @param answer The answer to a HEAD or GET.
 * @param call The call.
 * @param settings What the backend goes by.
 */
export function checkIsS3(answer: ObjectAnswer, call: Call, settings: S3Settings): void {
  const { ContentType, ETag, $metadata: { requestId } } = answer;
  if (!/^text\/html/i.test(ContentType ?? "")) return;
  if (requestId !== undefined && ETag !== undefined) return;
  throw notS3(call, settings, "an HTML page");
}

/**
 * The error of an answer that looks like success but cannot be S3's.
 *
 * @param call The call.
 * @param settings What the backend goes by.
 * @param what What came.
 */
export function notS3(call: Call, settings: S3Settings, what: string): ArchiveError {
  const message = `${describe(call)} failed: ${settings.where} answered with ${what}, not as S3 ` +
    "does; is the endpoint right? A web console has a port of its own, and a proxy may want you to " +
    "sign in";
  return callError(call, "Transient", message);
}
