/**
 * A backend that keeps everything in memory: for tests, for trying things out, and as the
 * shortest complete example of what a backend is.
 *
 * @module
 */
import type {
  Backend,
  Body,
  ByteRange,
  CallOptions,
  Capabilities,
  Finding,
  ListOptions,
  ListPage,
  ObjectInfo,
  PutMode,
  PutOptions,
} from "../core/backend.ts";
import { bodySize } from "../core/backend.ts";
import { checkObjectKey, compareUtf8, MAX_KEY_BYTES, quoteKey } from "../core/keys/object_key.ts";
import { bodyParts } from "./support/body_parts.ts";
import { fitRange } from "./support/byte_range.ts";
import { byteStream } from "./support/byte_stream.ts";
import { type Call, callError, failIfStopped, type KeyCall, notFound } from "./support/call.ts";
import { Calls } from "./support/calls.ts";
import { checkListOptions, type Entry, listPages, PAGE_SIZE } from "./support/list_pages.ts";

/**
 * Options of {@linkcode MemoryBackend}.
 *
 * @since 0.1.0
 */
export interface MemoryBackendOptions {
  /** What errors and listings call it; `memory` by default. */
  name?: string;
  /** How many keys and prefixes a page of a listing has; 1,000 by default, as in S3. */
  pageSize?: number;
}

/** Never changed once stored, so that whoever reads it sees one whole version. */
interface StoredObject {
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo & { readonly etag: string };
}

/**
 * Keeps objects in memory, with everything a backend can do. They are gone with the instance.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@session-archiver/archiver";
 *
 * const backend = new MemoryBackend();
 * await backend.put("a/b.json", new TextEncoder().encode("{}"));
 * const { body } = await backend.get("a/b.json");
 * console.assert(await new Response(body).text() === "{}");
 * ```
 *
 * @since 0.1.0
 */
export class MemoryBackend implements Backend {
  /** What the user calls it. */
  readonly name: string;
  /** Another one for each instance, also across processes. */
  readonly identity: string = `memory:${crypto.randomUUID()}`;
  /** Everything that a backend can do. */
  readonly capabilities: Capabilities = {
    createOnly: true,
    ifMatch: true,
    metadata: true,
    maxKeyBytes: MAX_KEY_BYTES,
    lateWrites: false,
  };

  readonly #pageSize: number;
  readonly #objects = new Map<string, StoredObject>();
  readonly #calls: Calls;
  #sorted: readonly string[] | undefined;
  #writes = 0;

  /**
   * Makes an empty backend.
   *
   * @param options Name and page size.
   */
  constructor(options: MemoryBackendOptions = {}) {
    this.name = options.name ?? "memory";
    this.#pageSize = options.pageSize ?? PAGE_SIZE;
    const { name: backend, capabilities: { maxKeyBytes: maxBytes } } = this;
    this.#calls = new Calls(backend, (key) => checkObjectKey(key, { maxBytes, backend }));
  }

  /**
   * Stores a copy of the bytes.
   *
   * @param key Where.
   * @param body What.
   * @param options Mode, metadata, signal.
   * @returns The new etag.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<{ etag: string }> {
    const call = this.#calls.begin("storing", key, options.signal);
    const bytes = await collect(body, call);
    failIfStopped(call);
    // Nothing is awaited from here on: that makes the modes atomic.
    this.#checkMode(options.mode ?? "overwrite", call);
    return this.#store(key, bytes, options.metadata);
  }

  /**
   * Reads an object, or a part of it.
   *
   * @param key Which.
   * @param options Range and signal.
   */
  get(
    key: string,
    options: CallOptions & { range?: ByteRange } = {},
  ): Promise<{ info: ObjectInfo; body: ReadableStream<Uint8Array> }> {
    return attempt(() => {
      const call = this.#calls.begin("reading", key, options.signal);
      const { bytes, info } = this.#find(call);
      const span = fitRange(options.range, bytes.byteLength, call);
      const source = {
        read: (start: number, end: number) => Promise.resolve(bytes.slice(start, end)),
        close: () => Promise.resolve(),
      };
      return { info, body: byteStream(source, span, call) };
    });
  }

  /**
   * Tells what is known of an object.
   *
   * @param key Which.
   * @param options Signal.
   */
  head(key: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return attempt(() => this.#find(this.#calls.begin("looking up", key, options.signal)).info);
  }

  /**
   * Copies an object with its metadata.
   *
   * @param from The object that stays.
   * @param to Its copy; overwritten when it exists.
   * @param options Signal.
   */
  copy(from: string, to: string, options: CallOptions = {}): Promise<{ etag: string }> {
    return attempt(() => {
      const call = this.#calls.begin("copying", from, options.signal);
      this.#calls.begin("storing", to, options.signal);
      const { bytes, info } = this.#find(call);
      return this.#store(to, bytes, info.metadata);
    });
  }

  /**
   * Lists keys as they are when the listing begins, less those deleted before their page comes.
   *
   * @param options What to list.
   */
  async *list(options: ListOptions = {}): AsyncGenerator<ListPage> {
    const call = this.#calls.beginWithoutKey("listing", options.signal);
    checkListOptions(options, call);
    const listing = {
      entries: entriesOf(this.#keys(), options),
      look: (key: string) => Promise.resolve(withoutMetadata(this.#objects.get(key)?.info)),
    };
    yield* listPages(listing, options.limit ?? Infinity, this.#pageSize, call);
  }

  /**
   * Deletes an object; one that is not there is fine.
   *
   * @param key Which.
   * @param options Signal.
   */
  delete(key: string, options: CallOptions = {}): Promise<void> {
    return attempt(() => {
      this.#calls.begin("deleting", key, options.signal);
      if (this.#objects.delete(key)) this.#sorted = undefined;
    });
  }

  /**
   * Tries everything that the archive needs, with objects below `.session-archiver-probe/` that are
   * removed again.
   *
   * @param options Signal.
   */
  async *probe(options: CallOptions = {}): AsyncGenerator<Finding> {
    const { tryBackend } = await import("./support/trial.ts");
    yield* tryBackend(this, options);
  }

  /** Forgets all objects; further calls fail. */
  close(): Promise<void> {
    this.#calls.close();
    this.#objects.clear();
    return Promise.resolve();
  }

  #find(call: KeyCall): StoredObject {
    const found = this.#objects.get(call.key);
    if (found === undefined) throw notFound(call);
    return found;
  }

  #checkMode(mode: PutMode, call: KeyCall): void {
    if (mode === "overwrite") return;
    const { key } = call;
    const etag = this.#objects.get(key)?.info.etag;
    const object = `the object ${quoteKey(key)} in the backend ${JSON.stringify(this.name)}`;
    if (mode === "create") {
      if (etag === undefined) return;
      throw callError(call, "AlreadyExists", `${object} exists already; delete it first`);
    }
    if (etag === mode.ifMatch) return;
    const now = etag === undefined ? "is not there" : `has the etag ${etag}`;
    const message = `${object} ${now}, not ${mode.ifMatch}: read it again before you replace it`;
    throw callError(call, "Precondition", message);
  }

  #store(
    key: string,
    bytes: Uint8Array,
    metadata: PutOptions["metadata"] = {},
  ): { etag: string } {
    const etag = `m${++this.#writes}`;
    const kept = Object.freeze({ ...metadata });
    const info = { key, size: bytes.byteLength, modified: new Date(), etag, metadata: kept };
    if (!this.#objects.has(key)) this.#sorted = undefined;
    this.#objects.set(key, { bytes, info });
    return { etag };
  }

  #keys(): readonly string[] {
    return this.#sorted ??= [...this.#objects.keys()].sort(compareUtf8);
  }
}

/** Runs something that is done at once, and rejects where it throws. */
function attempt<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => resolve(act()));
}

async function collect(body: Body, call: Call): Promise<Uint8Array> {
  const bytes = new Uint8Array(bodySize(body));
  let at = 0;
  for await (const part of bodyParts(body, call)) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function withoutMetadata(info: ObjectInfo | undefined): ObjectInfo | undefined {
  if (info === undefined) return undefined;
  const { metadata: _, ...listed } = info;
  return listed;
}

function* entriesOf(keys: readonly string[], options: ListOptions): Generator<Entry> {
  const { prefix = "", delimiter, startAfter = "" } = options;
  const first = compareUtf8(prefix, startAfter) > 0 ? prefix : startAfter;
  let folded: string | undefined;
  for (let i = indexOf(keys, first); i < keys.length && keys[i].startsWith(prefix); i++) {
    const cut = delimiter === undefined ? -1 : keys[i].indexOf(delimiter, prefix.length);
    const name = cut < 0 ? keys[i] : keys[i].slice(0, cut + 1);
    if (name === folded || compareUtf8(name, startAfter) <= 0) continue;
    if (cut < 0) {
      yield { key: name };
    } else {
      yield { prefix: folded = name };
    }
  }
}

/** Where `key` is, or would be, among sorted keys. */
function indexOf(keys: readonly string[], key: string): number {
  let low = 0;
  for (let high = keys.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(keys[middle], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
