/**
 * A body as the parts of an upload, checked on its way.
 *
 * @module
 */
import { type Body, bodySize, PART_SIZE } from "../../core/backend.ts";
import { sha256 } from "../../core/hash.ts";
import { quoteKey } from "../../core/object_key.ts";
import { readPart } from "../support/body_parts.ts";
import { callError, type KeyCall, unlessStopped } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import { notS3 } from "./objects.ts";
import { PassingBytes } from "./passing_bytes.ts";
import type { SendPart, Upload } from "./upload.ts";

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
  const size = bodySize(body);
  const step = partSize(size, connection.settings.quirks.mostParts);
  return {
    async *parts(group) {
      const passing = new PassingBytes();
      const hash = body instanceof Uint8Array ? undefined : sha256();
      for (let start = 0, number = 1; start < size; start += step, number++) {
        const end = Math.min(start + step, size);
        const bytes = await unlessStopped(group, () => readPart(body, start, end, group));
        hash?.update(bytes);
        if (end === size) checkHash(body, hash?.digest("hex"), call);
        yield partOf(connection, bytes, number, passing);
      }
    },
  };
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

/** Where the SDK sent a checksum with a part, completing must name it again. */
function checksumsIn(answer: { readonly ChecksumCRC32?: string }) {
  return answer.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: answer.ChecksumCRC32 };
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
