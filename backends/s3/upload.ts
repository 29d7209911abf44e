/**
 * An object that goes up in parts: begun, sent, completed; or ended without a trace.
 *
 * @module
 */
import type { CompletedPart, CreateMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import { asTheyEnd } from "../../core/parallel.ts";
import { callError, type KeyCall, unlessStopped } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { plainEtag } from "./keys.ts";
import { notS3, type ObjectHeaders } from "./objects.ts";

/** Where one upload's parts go. */
export interface UploadTarget {
  /** The bucket. */
  readonly Bucket: string;
  /** The whole key. */
  readonly Key: string;
  /** The upload. */
  readonly UploadId: string;
}

/** Sends one part; its bytes are in hand, or in the store. */
export type SendPart = (target: UploadTarget, call: KeyCall) => Promise<CompletedPart>;

/** The parts of an object. */
export interface Upload {
  /** The parts, each read only when it is its turn to be sent. Failing ends the upload. */
  parts(call: KeyCall): AsyncGenerator<SendPart>;
  /** Looks at what the store has before it becomes the object. Failing ends the upload. */
  check?(call: KeyCall, parts: readonly CompletedPart[]): Promise<void>;
}

/**
 * The checksum in the answer to a part: completing must name it again where there is one.
 *
 * @param answer The answer.
 */
export function checksumsIn(
  { ChecksumCRC32 }: { readonly ChecksumCRC32?: string },
): Pick<CompletedPart, "ChecksumCRC32"> {
  return ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 };
}

/** What must hold of the object that is there, in S3's words. */
export type Condition = { readonly IfMatch?: string; readonly IfNoneMatch?: string };

/** What goes with the object. */
export interface UploadOptions {
  /** Options, metadata, content type. */
  readonly headers: ObjectHeaders & {
    readonly Metadata?: Readonly<Record<string, string>>;
    readonly ContentType?: string;
  };
  /** Checked by the store at the end. */
  readonly condition: Condition;
}

/** How long ending an upload may take, in milliseconds. */
const ENDING = 10_000;
/** Putting parts together takes stores a while: so many times the plain limit longer. */
const COMPLETING = 4;

/**
 * Stores an object in parts. Whatever fails, no unfinished upload stays behind that can be ended.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @param upload The parts.
 * @param options What goes with it.
 * @returns The new etag, where the store tells it.
 */
export async function uploadInParts(
  connection: S3Connection,
  call: KeyCall,
  upload: Upload,
  { headers, condition }: UploadOptions,
): Promise<string | undefined> {
  const target = await begin(connection, call, headers);
  try {
    const Parts = await sendAll(connection, call, upload, target);
    const request = { ...target, ...condition, MultipartUpload: { Parts } };
    await upload.check?.(call, Parts);
    const { ETag, VersionId } = await connection.run(
      call,
      "CompleteMultipartUpload",
      (s3, http) => s3.completeMultipartUpload(request, http),
      { work: COMPLETING },
    );
    connection.partCopies.saw(VersionId);
    return plainEtag(ETag);
  } catch (error) {
    const ended = end(connection, call, target);
    connection.inBackground(ended);
    await ended;
    throw error;
  }
}

async function begin(
  connection: S3Connection,
  call: KeyCall,
  headers: UploadOptions["headers"],
): Promise<UploadTarget> {
  const { bucket, prefix, quirks } = connection.settings;
  const object = { Bucket: bucket, Key: prefix + call.key };
  // AWS refuses parts that come with a checksum unless they were announced, and the SDK adds those.
  const sums = quirks.checksums === "always" ? { ChecksumAlgorithm: "CRC32" as const } : {};
  // Not stopped with the call: the store may have begun an upload whose name we must know to end it.
  const begun = create(connection, { ...call, signals: [] }, { ...object, ...headers, ...sums });
  try {
    const UploadId = await unlessStopped(call, () => begun);
    return { ...object, UploadId };
  } catch (error) {
    const ended = begun.then((UploadId) => end(connection, call, { ...object, UploadId }));
    connection.inBackground(ended);
    throw error;
  }
}

async function create(
  connection: S3Connection,
  call: KeyCall,
  request: CreateMultipartUploadCommandInput,
): Promise<string> {
  const { UploadId } = await connection.run(
    call,
    "CreateMultipartUpload",
    (s3, http) => s3.createMultipartUpload(request, http),
  );
  if (UploadId !== undefined) return UploadId;
  throw notS3(call, connection.settings, "no upload id");
}

async function sendAll(
  connection: S3Connection,
  call: KeyCall,
  upload: Upload,
  target: UploadTarget,
): Promise<CompletedPart[]> {
  const failing = new AbortController();
  const group = { ...call, signals: [...call.signals, failing.signal] };
  // The first failure ends the parts that are under way, and is the one that is told.
  const orStop = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!failing.signal.aborted) failing.abort(error);
      throw failing.signal.reason;
    }
  };
  const jobs = async function* () {
    const parts = upload.parts(group);
    for (;;) {
      const next = await orStop(parts.next());
      if (next.done) return;
      yield () => orStop(next.value(target, group));
    }
  };
  const sent: CompletedPart[] = [];
  const { partsAtOnce } = connection.settings.quirks;
  for await (const part of asTheyEnd(jobs(), partsAtOnce)) sent.push(part);
  return sent.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

/** Ends an upload. That it cannot be ended hides nothing that went wrong before. */
async function end(connection: S3Connection, call: KeyCall, target: UploadTarget): Promise<void> {
  const limit = new AbortController();
  const ending = {
    backend: call.backend,
    doing: "ending the upload of",
    key: call.key,
    signals: [limit.signal],
  };
  const ms = Math.min(ENDING, connection.timeouts.requestMs);
  const timer = setTimeout(() => limit.abort(callError(call, "Timeout", "no answer")), ms);
  await connection
    .run(ending, "AbortMultipartUpload", (s3, http) => s3.abortMultipartUpload({ ...target }, http))
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}
