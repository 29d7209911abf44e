/**
 * Storing an object, in one request or in parts, under the condition that its mode sets.
 *
 * @module
 */
import { bodySize, PART_SIZE, type PutMode } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { quoteKey } from "../../core/object_key.ts";
import { readPart } from "../support/body_parts.ts";
import { callError, type KeyCall, unlessStopped } from "../support/call.ts";
import { pause } from "./pause.ts";
import { claim, type Sent } from "./claim.ts";
import type { S3Connection } from "./connection.ts";
import { failureBehind } from "./failure.ts";
import { isDoubtful } from "./genuine.ts";
import { headObject } from "./head.ts";
import { plainEtag, quotedEtag } from "./keys.ts";
import { bodyUpload, checkHash } from "./body_upload.ts";
import { notS3, objectHeaders } from "./objects.ts";
import { tellHash } from "./payload_hash.ts";
import { type Condition, uploadInParts } from "./upload.ts";

/** What to store. */
export interface Writing extends Sent {
  /** How to treat what is there. */
  readonly mode: PutMode;
  /** MIME type. */
  readonly contentType: string | undefined;
  /** SHA-256 of the body, where it is known. */
  readonly sha256: string | undefined;
  /** Told when an attempt was given up on and another made; the store may still do the first. */
  readonly onResend: (() => void) | undefined;
}

/** How often a write that another one got in the way of is tried. */
const TRIES = 5;
/** The longest pause before the second try, in milliseconds; it doubles with each. */
const FIRST_PAUSE = 100;

/**
 * Stores an object.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @param writing What to store.
 * @returns The new etag.
 */
export async function putObject(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
): Promise<{ etag?: string }> {
  checkMode(connection, call, writing.mode);
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
        headersOf(connection, writing),
      )
    : await wholeWrite(connection, call, writing);
  const etag = await underCondition(connection, call, writing, write);
  return etag === undefined ? await acknowledged(connection, call, writing) : { etag };
}

function headersOf(connection: S3Connection, { mode, metadata, contentType }: Writing) {
  return {
    headers: {
      ...objectHeaders(connection.settings),
      Metadata: metadata,
      ContentType: contentType,
    },
    condition: conditionOf(connection, mode),
  };
}

async function wholeWrite(connection: S3Connection, call: KeyCall, writing: Writing) {
  const { bucket, prefix } = connection.settings;
  const size = bodySize(writing.body);
  const bytes = await unlessStopped(call, () => readPart(writing.body, 0, size, call));
  if (!(writing.body instanceof Uint8Array)) {
    checkHash(writing.body, sha256().update(bytes).digest("hex"), call);
  }
  const { headers, condition } = headersOf(connection, writing);
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
    return isDoubtful(answer) ? undefined : plainEtag(answer.ETag);
  };
}

function conditionOf({ settings: { quirks } }: S3Connection, mode: PutMode): Condition {
  if (typeof mode === "object") return { IfMatch: quotedEtag(mode.ifMatch) };
  return mode === "create" && quirks.createOnly ? { IfNoneMatch: "*" } : {};
}

/**
 * Does the write, again when another one is in its way, and tells what a refused condition means:
 * that there is another object, or that an earlier attempt of ours was heard and its reply lost.
 */
async function underCondition(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
  write: () => Promise<string | undefined>,
): Promise<string | undefined> {
  for (let left = TRIES, longest = FIRST_PAUSE;; longest *= 2) {
    try {
      return await write();
    } catch (error) {
      const refusal = refusalIn(error, writing.mode);
      if (refusal === undefined) throw error;
      if (refusal === "conflict") {
        if (--left === 0) throw error;
        await pause(call, Math.random() * longest);
        continue;
      }
      if (refusal.repeated) {
        const ours = await claim(connection, call, writing);
        if (ours !== undefined) return ours.etag;
      }
      throw conditionError(call, writing.mode, error);
    }
  }
}

/** What kept the write from being done, if its condition or another write did. */
function refusalIn(error: unknown, mode: PutMode): "conflict" | { repeated: boolean } | undefined {
  const failure = failureBehind(error);
  if (failure === undefined) return undefined;
  const { code, facts: { status, attempts } } = failure;
  const repeated = attempts > 1;
  // The upload is gone because its completion was done before.
  if (code === "NoSuchUpload") return repeated ? { repeated } : undefined;
  if (mode === "overwrite") return undefined;
  if (status === 409 && code !== "BucketAlreadyExists") return "conflict";
  if (status === 412) return { repeated };
  if (typeof mode === "object" && status === 404 && (code === "NoSuchKey" || code === "")) {
    return { repeated };
  }
}

function conditionError(call: KeyCall, mode: PutMode, cause: unknown) {
  if (failureBehind(cause)?.code === "NoSuchUpload") return cause;
  const object = `the object ${quoteKey(call.key)} in the backend ${JSON.stringify(call.backend)}`;
  const failure = failureBehind(cause);
  if (mode === "create") {
    return callError(call, "AlreadyExists", `${object} exists already; delete it first`, failure);
  }
  const wanted = typeof mode === "object" ? mode.ifMatch : "";
  const message = `${object} no longer has the etag ${wanted}: read it again before you replace it`;
  return callError(call, "Precondition", message, failure);
}

function checkMode({ settings }: S3Connection, call: KeyCall, mode: PutMode): void {
  if (typeof mode !== "object" || settings.quirks.ifMatch) return;
  const message =
    `the backend ${JSON.stringify(call.backend)} cannot replace an object only if its ` +
    `etag matches: it is not known that ${settings.where} can; use "overwrite" or "create"`;
  throw callError(call, "NotSupported", message);
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
