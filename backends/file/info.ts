/**
 * What a file's own data tell of an object.
 *
 * @module
 */
import type { BigIntStats } from "node:fs";
import type { ObjectInfo } from "../../core/backend.ts";

/**
 * An etag made of what changes with each write: every version is another file, of another inode.
 * Times count in whole milliseconds, which all runtimes tell alike.
 */
export function etagOf(stat: BigIntStats): string {
  return [stat.ino, stat.mtimeMs, stat.size].map((value) => value.toString(36)).join("-");
}

/** What is known of the object that a file holds. */
export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  const modified = new Date(Number(stat.mtimeMs));
  return { key, size: Number(stat.size), modified, etag: etagOf(stat) };
}
