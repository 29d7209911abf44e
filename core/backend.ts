/**
 * What a storage must be able to do: seven small operations on keys and bytes.
 *
 * A backend knows nothing of sessions, documents or agents. It stores what it is given, whole or
 * not at all. A new one is a file in `backends/` that passes the suite in
 * `tests/backends/contract.ts`.
 *
 * @module
 */

/**
 * How much of a body is read or sent at a time, in bytes. Documents over this size are not held in
 * memory.
 */
export const PART_SIZE: number = 8 << 20;

/**
 * Bytes to store: in memory, or read part by part. `read` may be called again for the same range,
 * so that a failed part can be sent again.
 *
 * @since 0.1.0
 */
export type Body = Uint8Array | RangedBody;

/**
 * A body that is too large to hold in memory.
 *
 * @since 0.1.0
 */
export interface RangedBody {
  /** Length of the whole body, in bytes. */
  readonly size: number;
  /** SHA-256 of the whole body, 64 hex digits. */
  readonly sha256: string;
  /**
   * Reads `[start, end)`, byte offsets from the beginning; repeatable. What it gives belongs to the
   * reader, who may keep several parts at once: give new bytes each time, and do not write to them
   * afterwards.
   *
   * @param start The first byte.
   * @param end One past the last byte, at most `size`.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Length of a body in bytes.
 *
 * @param body Which.
 */
export function bodySize(body: Body): number {
  return body instanceof Uint8Array ? body.byteLength : body.size;
}

/**
 * How a write treats what is already there.
 *
 * - `overwrite`: replaces it, or creates it.
 * - `create`: fails with `AlreadyExists` when there is an object.
 * - `{ ifMatch }`: fails with `Precondition` unless the object has that etag.
 *
 * @since 0.1.0
 */
export type PutMode = "overwrite" | "create" | { readonly ifMatch: string };

/**
 * An object that a body begins like.
 *
 * @since 0.1.0
 */
export interface Beginning {
  /** The etag of the object that has it, under the key that is written to. */
  readonly etag: string;
  /** How many of its first bytes are also the body's first, exactly those. */
  readonly length: number;
}

/**
 * Options of {@linkcode Backend.put}.
 *
 * @since 0.1.0
 */
export interface PutOptions {
  /** How to treat what is there; `overwrite` by default. */
  mode?: PutMode;
  /**
   * What is there already of the body, where the caller knows. A backend may copy it on its own side
   * and take only the rest; one that cannot passes over it. Whatever becomes of that object
   * meanwhile, what is stored is the body. Not together with `create`.
   */
  continues?: Beginning;
  /** Short values to keep beside the object, where `capabilities.metadata` says it is kept. */
  metadata?: Readonly<Record<string, string>>;
  /** MIME type, where the store keeps one. */
  contentType?: string;
  /**
   * SHA-256 of the bytes, 64 hex digits, where the caller knows it. A store that hashes what arrives
   * refuses bytes that became others on their way.
   */
  sha256?: string;
  /** Stops the write; nothing is stored then, or everything. */
  signal?: AbortSignal;
  /**
   * Called when the bytes are sent another time, after an attempt that was given up on: however the
   * write ends, that attempt may take effect after it. See {@linkcode Capabilities.lateWrites}.
   */
  onResend?: () => void;
}

/**
 * What a store says about a stored object.
 *
 * @since 0.1.0
 */
export interface ObjectInfo {
  /** The key, without the backend's prefix. */
  readonly key: string;
  /** Length in bytes. */
  readonly size: number;
  /** When the store last changed it. */
  readonly modified: Date;
  /** Changes whenever the object's bytes do; opaque. Absent where listing does not tell it. */
  readonly etag?: string;
  /** What was given to `put`; absent where the store keeps none, and in listings. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A part of an object: `[start, end)`, or its last `suffix` bytes. An `end` past the object's is
 * cut, a suffix longer than the object means all of it, and from a `start` past its end there is
 * nothing. Negative numbers and an `end` before the `start` are `Invalid`.
 *
 * @since 0.1.0
 */
export type ByteRange = { readonly start: number; readonly end?: number } | {
  readonly suffix: number;
};

/**
 * What {@linkcode Backend.list} is asked for.
 *
 * @since 0.1.0
 */
export interface ListOptions {
  /** Only keys that begin with this; any when left out. Need not end at a `/`. */
  prefix?: string;
  /** Folds keys that share what lies between prefix and the next delimiter into one prefix. */
  delimiter?: "/";
  /** Only keys and folded prefixes that sort after this one; a prefix that equals it does not. */
  startAfter?: string;
  /** Stops after this many keys and prefixes in all. */
  limit?: number;
  /** Stops the listing. */
  signal?: AbortSignal;
}

/**
 * One page of a listing.
 *
 * @since 0.1.0
 */
export interface ListPage {
  /** Objects, ordered by the UTF-8 bytes of their keys. */
  readonly objects: readonly ObjectInfo[];
  /**
   * Folded prefixes, each ending in the delimiter, in the same order. A store of folders may name
   * one that is empty.
   */
  readonly prefixes: readonly string[];
}

/**
 * What a backend can do beyond the plain operations, as data.
 *
 * @since 0.1.0
 */
export interface Capabilities {
  /** `put` with mode `create` is atomic under racing writers. */
  readonly createOnly: boolean;
  /** `put` with `{ ifMatch }` is atomic under racing writers; refused as `NotSupported` otherwise. */
  readonly ifMatch: boolean;
  /** Metadata given to `put` comes back from `head` and `get`. */
  readonly metadata: boolean;
  /** The longest key in UTF-8 bytes, without the backend's prefix. */
  readonly maxKeyBytes: number;
  /**
   * A write may take effect after its caller gave up on it, as over a network; so over what was
   * written since. Taken for true where it is not told; false where a write ends with its process.
   */
  readonly lateWrites?: boolean;
}

/**
 * Options that every reading operation takes.
 *
 * @since 0.1.0
 */
export interface CallOptions {
  /** Ends the call with `Aborted`. */
  signal?: AbortSignal;
}

/**
 * Options of {@linkcode Backend.tidy}.
 *
 * @since 0.1.0
 */
export interface TidyOptions extends CallOptions {
  /** Only what was begun before: epoch milliseconds, long enough ago that nobody is still at it. */
  readonly before: number;
}

/**
 * How long ago a write was begun that nobody is at any more, in milliseconds.
 *
 * @since 0.1.0
 */
export const ABANDONED_MS: number = 24 * 60 * 60_000;

/**
 * One thing that a store was tried for, and what came of it.
 *
 * @since 0.1.0
 */
export interface Finding {
  /** What was tried, in a word or two: "write", "range read". */
  readonly check: string;
  /**
   * - `ok`: it works.
   * - `limited`: it does not, and nothing is lost by that: the archive goes another way.
   * - `failed`: it does not, and the archive needs it.
   * - `skipped`: it was not tried, because something before it failed.
   */
  readonly status: "ok" | "limited" | "failed" | "skipped";
  /** What was seen, in one line. */
  readonly detail: string;
  /** What to do about it, in one line. */
  readonly advice?: string;
  /** What it failed with. */
  readonly error?: Error;
}

/**
 * A place that keeps objects under keys.
 *
 * All methods fail with an `ArchiveError` that names the backend and the key. Keys are relative:
 * `/`-separated, no empty, `.` or `..` segment, no control character; anything else is `Invalid`.
 *
 * @since 0.1.0
 */
export interface Backend {
  /** What the user calls it. */
  readonly name: string;
  /**
   * Where it really stores: the same string for the same place whatever it is called, different
   * ones for different places. The ledger goes by it.
   */
  readonly identity: string;
  /** What it can do. */
  readonly capabilities: Capabilities;
  /**
   * Stores an object, all or nothing: readers see the old one or the new one, whole.
   *
   * @param key Where.
   * @param body What.
   * @param options Mode, metadata, signal.
   * @returns The new object's etag, where the store tells one; and how many of the first bytes were
   * not taken but copied, where `continues` was of use.
   */
  put(
    key: string,
    body: Body,
    options?: PutOptions,
  ): Promise<{ etag?: string; copied?: number }>;
  /**
   * Reads an object or a part of it.
   *
   * @param key Which; `NotFound` when it is not there.
   * @param options Range and signal.
   * @returns What is known of the object (`size` is the whole object's), and the bytes asked for.
   */
  get(
    key: string,
    options?: CallOptions & { range?: ByteRange },
  ): Promise<{ info: ObjectInfo; body: ReadableStream<Uint8Array> }>;
  /**
   * Tells what is known of an object without reading it; `NotFound` when it is not there.
   *
   * @param key Which.
   * @param options Signal.
   */
  head(key: string, options?: CallOptions): Promise<ObjectInfo>;
  /**
   * Copies an object inside the store, where that is cheaper than reading and writing it.
   *
   * @param from The object that stays.
   * @param to Its copy; overwritten when it exists.
   * @param options Signal.
   */
  copy?(from: string, to: string, options?: CallOptions): Promise<{ etag?: string }>;
  /**
   * Lists keys in UTF-8 byte order. A page may be empty; a listing ends early only with an error.
   *
   * @param options What to list.
   */
  list(options?: ListOptions): AsyncIterable<ListPage>;
  /**
   * Deletes an object; one that is not there is fine.
   *
   * @param key Which.
   * @param options Signal.
   */
  delete(key: string, options?: CallOptions): Promise<void>;
  /**
   * Tries everything that the archive needs of the store, with objects of its own that it removes
   * again, and tells what works. Nothing that is stored is touched.
   *
   * @param options Signal.
   */
  probe?(options?: CallOptions): AsyncIterable<Finding>;
  /**
   * Removes what writes of archives left behind that were killed, where the store keeps such and
   * somebody pays for it. What cannot be found out is left.
   *
   * @param options How old it is at least, and the signal.
   * @returns How many such writes there were.
   */
  tidy?(options: TidyOptions): Promise<number>;
  /** Lets go of what it holds: connections, handles. Further calls fail. */
  close?(): Promise<void>;
}
