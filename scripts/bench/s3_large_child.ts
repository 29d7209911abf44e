/**
 * Puts a large object into a bucket, or reads it back, and prints the most memory that took.
 *
 * @module
 */
import process from "node:process";
import { createHash } from "node:crypto";
import { peakMemory } from "./measure.ts";

const { way, bytes, place } = JSON.parse(process.argv[2]);
if (way !== "nothing") {
  const { S3Backend } = await import("@session-archiver/archiver");
  const options = { ...place, bucket: "archives", provider: "minio", env: {} };
  const backend = await S3Backend.open(options);
  if (way === "up") await backend.put("large", { size: bytes, sha256: digest(), read });
  else await readBack(backend);
  await backend.close();
}
console.log(JSON.stringify({ peak: await peakMemory() }));

/** Bytes that depend on where they stand, made when they are asked for. */
function read(start: number, end: number): Promise<Uint8Array> {
  return Promise.resolve(filled(new Uint8Array(end - start), start));
}

function filled(part: Uint8Array, start: number): Uint8Array {
  for (let at = 0; at < part.length; at++) part[at] = ((start + at) * 2654435761) >>> 24;
  return part;
}

/** SHA-256 of all of them; made in one place, for what this takes is not the backend's. */
function digest(): string {
  const hash = createHash("sha256");
  const part = new Uint8Array(1 << 20);
  for (let at = 0; at < bytes; at += part.length) {
    hash.update(filled(part.subarray(0, Math.min(part.length, bytes - at)), at));
  }
  return hash.digest("hex");
}

async function readBack(backend: import("@session-archiver/archiver").S3Backend): Promise<void> {
  const hash = createHash("sha256");
  const { body } = await backend.get("large");
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
  }
  if (size !== bytes) throw new Error(`${size} bytes came back`);
  if (hash.digest("hex") !== digest()) throw new Error("other bytes came back");
}
