/**
 * What the store holds: buckets, objects in the order of their keys, and unfinished uploads. No
 * HTTP here.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { refusal } from "./errors.ts";

/** What is kept of an object; never changed once stored. */
export interface StoredObject {
  /** Its content. */
  readonly bytes: Uint8Array;
  /** With its quotes, as it goes over the wire. */
  readonly etag: string;
  /** User metadata by lower-case names, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Everything else that was sent and is kept, by lower-case header names. */
  readonly headers: Readonly<Record<string, string>>;
  /** When it was stored; whole seconds, which is all that HTTP tells. */
  readonly modified: Date;
}

/** What an object is made of. */
export interface ObjectParts {
  /** Its content; not copied. */
  readonly bytes: Uint8Array;
  /** The MD5 of the content unless it is given. */
  readonly etag?: string;
  /** User metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What else is kept. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When it is stored. */
  readonly modified: Date;
}

/** A part of an upload. */
export interface StoredPart {
  /** Its content. */
  readonly bytes: Uint8Array;
  /** Its MD5, in quotes. */
  readonly etag: string;
  /** Its checksum headers. */
  readonly checksums: Readonly<Record<string, string>>;
  /** When it came. */
  readonly modified: Date;
}

/** An upload that is neither completed nor aborted. */
export interface Upload {
  /** Its id. */
  readonly id: string;
  /** What it will be stored as. */
  readonly key: string;
  /** User metadata of the object to be. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What else is kept with the object to be. */
  readonly headers: Readonly<Record<string, string>>;
  /** The algorithm of the checksums that its parts have; none when nobody asked for one. */
  readonly checksum: string | undefined;
  /** When it began. */
  readonly initiated: Date;
  /** By part number. */
  readonly parts: Map<number, StoredPart>;
}

/** Computes the MD5 when somebody asks for it: a bench stores many objects that nobody looks at. */
class LazyObject implements StoredObject {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly modified: Date;
  #etag: string | undefined;

  constructor(parts: ObjectParts) {
    this.bytes = parts.bytes;
    this.metadata = parts.metadata ?? {};
    this.headers = parts.headers ?? {};
    this.modified = wholeSeconds(parts.modified);
    this.#etag = parts.etag;
  }

  get etag(): string {
    return this.#etag ??= `"${md5(this.bytes)}"`;
  }
}

/**
 * Makes an object.
 *
 * @param parts What it is made of.
 */
export function makeObject(parts: ObjectParts): StoredObject {
  return new LazyObject(parts);
}

/**
 * Hashes as etags do.
 *
 * @param bytes What to hash.
 */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

/** A bucket: its objects and its unfinished uploads. */
export class Bucket {
  /** By id. */
  readonly uploads: Map<string, Upload> = new Map();
  readonly #objects = new Map<string, StoredObject>();
  /** Keys that have their place. */
  #sorted: string[] = [];
  /** Keys that get theirs when somebody asks for the order. */
  readonly #added = new Set<string>();

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  /**
   * Finds an object.
   *
   * @param key Which.
   */
  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /**
   * Stores an object.
   *
   * @param key Where.
   * @param object What.
   */
  set(key: string, object: StoredObject): void {
    if (!this.#objects.has(key)) this.#added.add(key);
    this.#objects.set(key, object);
  }

  /**
   * Removes an object; one that is not there is fine.
   *
   * @param key Which.
   */
  delete(key: string): void {
    if (!this.#objects.delete(key) || this.#added.delete(key)) return;
    this.#sorted.splice(placeOf(key, this.#sorted), 1);
  }

  /** All keys, in the order of their UTF-8 bytes. */
  keys(): readonly string[] {
    if (this.#added.size <= FEW) {
      for (const key of this.#added) this.#sorted.splice(placeOf(key, this.#sorted), 0, key);
    } else this.#sorted = [...this.#sorted, ...this.#added].sort(compareBytes);
    this.#added.clear();
    return this.#sorted;
  }
}

/** So many keys are put in their places one by one, faster than all are sorted again. */
const FEW = 64;

function placeOf(key: string, sorted: readonly string[]): number {
  return firstIndex(sorted, (other) => compareBytes(other, key) >= 0);
}

/**
 * The first index where something holds that holds for all behind it too.
 *
 * @param keys Where to look.
 * @param holds What to look for.
 * @param start Where to begin.
 * @returns The number of keys when it holds for none.
 */
export function firstIndex(
  keys: readonly string[],
  holds: (key: string) => boolean,
  start: number = 0,
): number {
  let [low, high] = [start, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(keys[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** All buckets, by name. */
export class Store {
  readonly #buckets = new Map<string, Bucket>();

  /** The buckets' names. */
  get names(): readonly string[] {
    return [...this.#buckets.keys()];
  }

  /** How many uploads are neither completed nor aborted. */
  get openUploads(): number {
    return [...this.#buckets.values()].reduce((sum, { uploads }) => sum + uploads.size, 0);
  }

  /**
   * Makes an empty bucket.
   *
   * @param name Its name.
   * @throws S3Error when the name is taken or no name for a bucket.
   */
  create(name: string): void {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw refusal("InvalidBucketName", { details: { BucketName: name } });
    }
    if (this.#buckets.has(name)) {
      throw refusal("BucketAlreadyOwnedByYou", { details: { BucketName: name } });
    }
    this.#buckets.set(name, new Bucket());
  }

  /**
   * Finds a bucket.
   *
   * @param name Which.
   * @throws S3Error `NoSuchBucket`.
   */
  bucket(name: string): Bucket {
    const found = this.#buckets.get(name);
    if (found === undefined) throw refusal("NoSuchBucket", { details: { BucketName: name } });
    return found;
  }

  /**
   * Removes an empty bucket.
   *
   * @param name Which.
   * @throws S3Error `NoSuchBucket`, `BucketNotEmpty`.
   */
  remove(name: string): void {
    if (this.bucket(name).size > 0) {
      throw refusal("BucketNotEmpty", { details: { BucketName: name } });
    }
    this.#buckets.delete(name);
  }
}

/**
 * Compares two keys by their UTF-8 bytes, as S3 orders them. JavaScript compares UTF-16 units,
 * where characters beyond the first plane come before U+E000 to U+FFFF.
 *
 * @param a One key.
 * @param b Another.
 */
export function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === shorter) return a.length - b.length;
  const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
  // A character beyond the first plane is greater than any within it.
  return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
