/**
 * The framing `aws-chunked`: chunks with their lengths, maybe signed, and trailing headers.
 *
 * @module
 */
import { refusal } from "./errors.ts";

/** A body without its framing. */
export interface Unframed {
  /** What the client meant to send. */
  readonly bytes: Uint8Array;
  /** Headers that came after it, by their lower-case names. */
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * Checks a chunk's signature.
 *
 * @param data The chunk; empty for the last one.
 * @param signature What the chunk says.
 * @throws S3Error `SignatureDoesNotMatch`.
 */
export type ChunkCheck = (data: Uint8Array, signature: string) => void;

/**
 * Takes the framing away.
 *
 * @param framed The body as it came.
 * @param check Checks each chunk's signature; not given where chunks have none.
 * @throws S3Error `IncompleteBody` when the framing is broken or ends early.
 */
export function unframe(framed: Uint8Array, check?: ChunkCheck): Unframed {
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (true) {
    const line = lineAt(framed, at);
    const [, size, signature = ""] = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i
      .exec(line.text) ?? broken(`a chunk begins with "${line.text.slice(0, 100)}"`);
    const end = line.end + parseInt(size, 16);
    if (end > framed.length) broken("a chunk ends early");
    const data = framed.subarray(line.end, end);
    check?.(data, signature);
    if (data.length === 0) return { bytes: joined(chunks), trailers: trailersAt(framed, end) };
    chunks.push(data);
    at = lineAt(framed, end).text === "" ? end + 2 : broken("a chunk is longer than it says");
  }
}

function lineAt(bytes: Uint8Array, start: number): { text: string; end: number } {
  const end = bytes.indexOf(10, start);
  if (end < 1 || bytes[end - 1] !== 13) return broken("a line does not end");
  return { text: new TextDecoder().decode(bytes.subarray(start, end - 1)), end: end + 1 };
}

function trailersAt(bytes: Uint8Array, start: number): Record<string, string> {
  const trailers: Record<string, string> = {};
  for (const line of new TextDecoder().decode(bytes.subarray(start)).split("\r\n")) {
    const cut = line.indexOf(":");
    if (cut > 0) trailers[line.slice(0, cut).toLowerCase()] = line.slice(cut + 1).trim();
  }
  return trailers;
}

/**
 * Joins chunks; a single one is not copied.
 *
 * @param chunks In order.
 */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function broken(what: string): never {
  throw refusal("IncompleteBody", { message: `The aws-chunked body is malformed: ${what}.` });
}
