/**
 * A body as a row of parts, whether it is in memory or read by range.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import { type Body, bodySize, PART_SIZE, type RangedBody } from "../../core/backend.ts";
import { quoteKey } from "../../core/keys/object_key.ts";
import { type Call, callError, unlessStopped } from "./call.ts";

/**
 * Reads a body part by part; the next one is read when it is asked for.
 *
 * @param body What to store.
 * @param call The call that stores it; once stopped, no further part comes.
 * @throws ArchiveError `Corrupt` when a part has not the length asked for; the code of the body's
 * own error, or `Transient`, when it cannot be read.
 */
export async function* bodyParts(body: Body, call: Call): AsyncGenerator<Uint8Array> {
  const size = bodySize(body);
  for (let start = 0; start < size; start += PART_SIZE) {
    const end = Math.min(start + PART_SIZE, size);
    yield await unlessStopped(call, () => readPart(body, start, end, call));
  }
}

/**
 * Reads one part of a body.
 *
 * @param body What to store.
 * @param start The first byte.
 * @param end One past the last.
 * @param call The call that stores it.
 * @throws ArchiveError As {@linkcode bodyParts}.
 */
export async function readPart(
  body: Body,
  start: number,
  end: number,
  call: Call,
): Promise<Uint8Array> {
  const part = body instanceof Uint8Array
    ? body.subarray(start, end)
    : await readRange(body, start, end, call);
  if (part.byteLength === end - start) return part;
  throw callError(
    call,
    "Corrupt",
    `the body of ${quoteKey(call.key ?? "")} gave ${part.byteLength} bytes for the range ` +
      `${start} to ${end}; its source changed or ended early, so nothing was stored`,
  );
}

async function readRange(
  body: RangedBody,
  start: number,
  end: number,
  call: Call,
): Promise<Uint8Array> {
  try {
    return await body.read(start, end);
  } catch (cause) {
    const code = isArchiveError(cause) ? cause.code : "Transient";
    const why = cause instanceof Error ? cause.message : String(cause);
    throw callError(
      call,
      code,
      `the body of ${quoteKey(call.key ?? "")} could not be read, nothing was stored: ${why}`,
      cause,
    );
  }
}
