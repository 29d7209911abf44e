/**
 * The digests that come with a body: `Content-MD5` and `x-amz-checksum-*`, checked.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { refusal } from "./errors.ts";

type Headers = Readonly<Record<string, string>>;

const CHECKSUM = "x-amz-checksum-";

/** Those that say something about checksums and hold none. */
const NO_DIGEST = new Set(["algorithm", "mode", "type"].map((name) => CHECKSUM + name));

const ALGORITHMS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  crc32: (bytes) => bigEndian(crc32(bytes)),
  sha1: (bytes) => createHash("sha1").update(bytes).digest(),
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
};

/**
 * The checksum headers among others.
 *
 * @param headers By lower-case names.
 */
export function checksumHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith(CHECKSUM) && !NO_DIGEST.has(name)),
  );
}

/**
 * Checks all digests of a body.
 *
 * @param bytes The body.
 * @param headers Headers and trailers, by lower-case names.
 * @returns Those that are kept with the object.
 * @throws S3Error `BadDigest` where one is another's, `InvalidDigest` where it is none.
 */
export function checkDigests(bytes: Uint8Array, headers: Headers): Record<string, string> {
  checkMd5(bytes, headers["content-md5"]);
  const found = checksumHeaders(headers);
  for (const [name, said] of Object.entries(found)) {
    const computed = base64(algorithm(name.slice(CHECKSUM.length))(bytes));
    if (computed === said) continue;
    const what = name.slice(CHECKSUM.length).toUpperCase();
    throw refusal("BadDigest", {
      message: `The ${what} you specified did not match the calculated checksum.`,
    });
  }
  return found;
}

/**
 * The checksum of an object made of parts: a checksum over theirs.
 *
 * @param name A checksum header's name.
 * @param parts The parts' checksums, in order.
 */
export function compositeChecksum(name: string, parts: readonly string[]): string {
  const digests = parts.map((part) => Uint8Array.from(atob(part), (one) => one.charCodeAt(0)));
  const all = new Uint8Array(digests.flatMap((digest) => [...digest]));
  return `${base64(algorithm(name.slice(CHECKSUM.length))(all))}-${parts.length}`;
}

/**
 * The CRC-32 of some bytes, as headers have it.
 *
 * @param bytes Which.
 */
export function crc32Of(bytes: Uint8Array): string {
  return base64(bigEndian(crc32(bytes)));
}

function checkMd5(bytes: Uint8Array, said: string | undefined): void {
  if (said === undefined) return;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(said)) throw refusal("InvalidDigest");
  if (createHash("md5").update(bytes).digest("base64") !== said) {
    throw refusal("BadDigest", {
      message: "The Content-MD5 you specified did not match what we received.",
    });
  }
}

function algorithm(name: string): (bytes: Uint8Array) => Uint8Array {
  const found = ALGORITHMS[name];
  if (found !== undefined) return found;
  // Better than to take a checksum for right that nobody looked at.
  throw refusal("NotImplemented", { message: `This server cannot compute ${name}.` });
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
