/**
 * Reading an object or a part of it.
 *
 * @module
 */
import type { ByteRange, ObjectInfo } from "../../core/backend.ts";
import type { ArchiveError } from "../../core/errors.ts";
import { fitRange } from "../support/byte_range.ts";
import { callError, describe, type KeyCall } from "../support/call.ts";
import { type Arriving, arrivingStream, emptyStream } from "./arriving.ts";
import type { S3Connection } from "./connection.ts";
import { failureBehind } from "./failure.ts";
import { headObject, missingBucket } from "./head.ts";
import { plainEtag } from "./keys.ts";
import { checkIsS3, infoOf, notS3, type ObjectAnswer } from "./objects.ts";
import type { S3Settings } from "./settings.ts";

/** An object and the bytes asked for. */
export interface Reading {
  /** What is known of the whole object. */
  readonly info: ObjectInfo;
  /** The bytes. */
  readonly body: ReadableStream<Uint8Array>;
}

/** How much an object could at most have; for checking ranges before its size is known. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/**
 * Reads an object.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @param range The bytes; all when left out.
 */
export async function getObject(
  connection: S3Connection,
  call: KeyCall,
  range: ByteRange | undefined,
): Promise<Reading> {
  const { start, end } = fitRange(range, ENDLESS, call);
  if (start === end) return await nothing(connection, call, range);
  try {
    return await read(connection, call, range);
  } catch (error) {
    const failure = failureBehind(error);
    // The range begins past the end, or there is nothing at all.
    if (failure?.facts.status === 416) return await nothing(connection, call, range);
    if (failure?.facts.status === 404) throw await missingBucket(connection, call) ?? error;
    throw error;
  }
}

async function read(
  connection: S3Connection,
  call: KeyCall,
  range: ByteRange | undefined,
): Promise<Reading> {
  const { settings } = connection;
  const { key } = call;
  const target = { Bucket: settings.bucket, Key: settings.prefix + key, Range: headerOf(range) };
  // The request's own signal ends with the call to the SDK; the body lives on.
  const ending = new AbortController();
  const answer = await connection.run(call, "GetObject", (s3, http) => {
    endWith(ending, http.abortSignal);
    return s3.getObject(target, { ...http, abortSignal: ending.signal });
  });
  const end = () => ending.abort();
  try {
    checkIsS3(answer, call, settings);
    const length = answer.ContentLength;
    const sent = sentSpan(answer, call, settings);
    const size = sent.size ?? await wholeSize(connection, call, answer);
    if (!isReadable(answer.Body)) throw notS3(call, settings, "no bytes");
    const asked = fitRange(range, size, call);
    if (sent.start > asked.start || (sent.end ?? size) < asked.end) {
      throw notS3(call, settings, `other bytes (${answer.ContentRange}) than those asked for`);
    }
    const window = { skip: asked.start - sent.start, take: asked.end - asked.start };
    const arriving = { body: answer.Body, end, length, ...window };
    return {
      info: infoOf(key, size, answer, settings),
      body: arrivingStream(arriving, call, settings.where, connection.timeouts.idleMs),
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** Cheaper than a signal of any of two, which takes as long as hashing a kilobyte. */
function endWith(controller: AbortController, signal: AbortSignal): void {
  const end = () => controller.abort(signal.reason);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
}

/** An object of which no byte is wanted, or has any. */
async function nothing(
  connection: S3Connection,
  call: KeyCall,
  range: ByteRange | undefined,
): Promise<Reading> {
  const info = await headObject(connection, call);
  const { start, end } = fitRange(range, info.size, call);
  if (start === end) return { info, body: emptyStream() };
  throw replaced(call);
}

function replaced(call: KeyCall): ArchiveError {
  const message = `${describe(call)} failed: the object was replaced while it was read; try again`;
  return callError(call, "Transient", message);
}

function headerOf(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  if ("suffix" in range) return `bytes=-${range.suffix}`;
  const { start, end } = range;
  if (end !== undefined) return `bytes=${start}-${end - 1}`;
  return start === 0 ? undefined : `bytes=${start}-`;
}

/** An answer to a GET, as far as it tells which bytes it brings. */
interface RangeAnswer extends ObjectAnswer {
  /** How many. */
  readonly ContentLength?: number;
  /** Which, when they may not be all. */
  readonly ContentRange?: string;
}

/** Which bytes come, and how many the object has; what is not told is left out. */
interface SentSpan {
  /** The first byte. */
  readonly start: number;
  /** One past the last; the object's end when left out. */
  readonly end?: number;
  /** The whole object's length. */
  readonly size?: number;
}

function sentSpan(answer: RangeAnswer, call: KeyCall, settings: S3Settings): SentSpan {
  const { ContentLength, ContentRange, $metadata: { httpStatusCode } } = answer;
  // A store that passes over ranges sends all.
  if (ContentRange === undefined && httpStatusCode !== 206) {
    if (ContentLength !== undefined) return { start: 0, size: ContentLength };
    throw notS3(call, settings, "an object without its length");
  }
  const told = /^bytes (\d+)-(\d+)\/(?:(\d+)|\*)$/i.exec(ContentRange ?? "");
  if (told === null) throw notS3(call, settings, "a part of an object without saying which");
  const [, first, last, size] = told;
  return {
    start: Number(first),
    end: Number(last) + 1,
    ...(size !== undefined && { size: Number(size) }),
  };
}

/** The length of an object of which a part comes that does not tell it. */
async function wholeSize(
  connection: S3Connection,
  call: KeyCall,
  answer: RangeAnswer,
): Promise<number> {
  const { size, etag } = await headObject(connection, call);
  if (etag !== plainEtag(answer.ETag)) throw replaced(call);
  return size;
}

function isReadable(body: unknown): body is Arriving["body"] {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
