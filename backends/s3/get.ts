/**
 * Reading an object or a part of it.
 *
 * @module
 */
import type { ByteRange, ObjectInfo } from "../../core/backend.ts";
import { fitRange, type Span } from "../support/byte_range.ts";
import { callError, describe, type KeyCall } from "../support/call.ts";
import { type Arriving, arrivingStream, emptyStream } from "./arriving.ts";
import type { S3Connection } from "./connection.ts";
import { failureBehind } from "./failure.ts";
import { headObject, missingBucket } from "./head.ts";
import { checkIsS3, infoOf, notS3 } from "./objects.ts";

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
    const abortSignal = AbortSignal.any([http.abortSignal, ending.signal]);
    return s3.getObject(target, { ...http, abortSignal });
  });
  const end = () => ending.abort();
  try {
    checkIsS3(answer, call, settings);
    const length = answer.ContentLength;
    const size = wholeSize(answer.ContentRange) ?? length;
    if (size === undefined || !isReadable(answer.Body)) {
      throw notS3(call, settings, "an object without its length");
    }
    const asked = fitRange(range, size, call);
    const arriving = { body: answer.Body, end, length, ...windowOf(answer.ContentRange, asked) };
    return {
      info: infoOf(key, size, answer, settings),
      body: arrivingStream(arriving, call, settings.where, connection.timeouts.idleMs),
    };
  } catch (error) {
    end();
    throw error;
  }
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
  const message = `${describe(call)} failed: the object was replaced while it was read; try again`;
  throw callError(call, "Transient", message);
}

function headerOf(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  if ("suffix" in range) return `bytes=-${range.suffix}`;
  const { start, end } = range;
  if (end !== undefined) return `bytes=${start}-${end - 1}`;
  return start === 0 ? undefined : `bytes=${start}-`;
}

function wholeSize(contentRange: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

/** What of the arriving bytes was asked for: a store that passes over ranges sends all. */
function windowOf(contentRange: string | undefined, asked: Span): { skip: number; take: number } {
  const first = Number(/^bytes (\d+)-/.exec(contentRange ?? "")?.[1] ?? 0);
  return { skip: asked.start - first, take: asked.end - asked.start };
}

function isReadable(body: unknown): body is Arriving["body"] {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
