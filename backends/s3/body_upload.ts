/**
 * A body as the parts of an upload, checked on its way.
 *
 * @module
 */
import type { Hash } from "node:crypto";
import { type Body, bodySize, PART_SIZE } from "../../core/backend.ts";
import { sha256 } from "../../core/hash.ts";
import { quoteKey } from "../../core/keys/object_key.ts";
import { readPart } from "../support/body_parts.ts";
import { callError, type KeyCall, unlessStopped } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { notS3 } from "./objects.ts";
import { PassingBytes } from "./passing_bytes.ts";
import { checksumsIn, type SendPart, type Upload } from "./upload.ts";

const MIB = 1 << 20;

/**
 * How long the parts of a body are, in bytes: all alike but the last one, as some stores want.
 *
 * @param size The body's length in bytes.
 * @param mostParts How many parts the store takes.
 */
export function partSize(size: number, mostParts: number): number {
  return Math.max(PART_SIZE, Math.ceil(size / mostParts / MIB) * MIB);
}

/**
 * The parts of a body.
 *
 * @param connection The store.
 * @param call The write.
 * @param body What to store.
 */
export function bodyUpload(connection: S3Connection, call: KeyCall, body: Body): Upload {
  const step = partSize(bodySize(body), connection.settings.quirks.mostParts);
  return {
    async *parts(group) {
      const check = new BodyCheck(body, call);
      const look = (bytes: Uint8Array) => check.add(bytes);
      yield* sentParts(connection, group, body, { start: 0, number: 1, step, look });
    },
  };
}

/** Which parts of a body are sent. */
export interface SentParts {
  /** The first byte. */
  readonly start: number;
  /** The number of the first part. */
  readonly number: number;
  /** How long a part is in bytes; the last one may be shorter. */
  readonly step: number;
  /** Looks at each part before it is sent; nothing more is where that throws. */
  look(bytes: Uint8Array): void;
}

/**
 * The parts of a body that are sent, from somewhere to its end.
 *
 * @param connection The store.
 * @param group The call, which ends with the first part that fails.
 * @param body What to store.
 * @param which Where they begin, how long they are.
 */
export async function* sentParts(
  connection: S3Connection,
  group: KeyCall,
  body: Body,
  { start: first, number: firstNumber, step, look }: SentParts,
): AsyncGenerator<SendPart> {
  const size = bodySize(body);
  const passing = new PassingBytes();
  for (let start = first, number = firstNumber; start < size; start += step, number++) {
    const end = Math.min(start + step, size);
    const bytes = await unlessStopped(group, () => readPart(body, start, end, group));
    look(bytes);
    yield partOf(connection, bytes, number, passing);
  }
}

/** Makes sure that a ranged body has the hash that it names, once all of it has been read. */
export class BodyCheck {
  readonly #body: Body;
  readonly #call: KeyCall;
  readonly #hash: Hash | undefined;
  #left: number;

  /**
   * @param body What to store.
   * @param call The write.
   */
  constructor(body: Body, call: KeyCall) {
    this.#body = body;
    this.#call = call;
    this.#hash = body instanceof Uint8Array ? undefined : sha256();
    this.#left = bodySize(body);
  }

  /**
   * Takes what was read next.
   *
   * @param bytes The bytes.
   * @throws ArchiveError `Corrupt` with the last ones, where the body is another.
   */
  add(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#left -= bytes.byteLength;
    if (this.#left === 0) checkHash(this.#body, this.#hash?.digest("hex"), this.#call);
  }
}

function partOf(
  connection: S3Connection,
  bytes: Uint8Array,
  number: number,
  passing: PassingBytes,
): SendPart {
  return async (target, call) => {
    const request = {
      ...target,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.byteLength,
    };
    const { ETag, $metadata: _, ...sums } = await connection.run(
      call,
      "UploadPart",
      (s3, http) => s3.uploadPart(request, http),
      { bytes: bytes.byteLength },
    );
    passing.add(bytes.byteLength);
    if (ETag === undefined) throw notS3(call, connection.settings, "a part without an etag");
    return { ETag, PartNumber: number, ...checksumsIn(sums) };
  };
}

/**
 * Refuses a ranged body whose bytes have not the hash that it names.
 *
 * @param body What to store.
 * @param found The SHA-256 of the bytes that were read.
 * @param call The write.
 * @throws ArchiveError `Corrupt`.
 */
export function checkHash(body: Body, found: string | undefined, call: KeyCall): void {
  if (body instanceof Uint8Array || found === body.sha256) return;
  const message = `the body of ${
    quoteKey(call.key)
  } has the SHA-256 ${found}, not ${body.sha256}; its source changed while it was read, so nothing was stored`;
  throw callError(call, "Corrupt", message);
}
