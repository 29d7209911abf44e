/**
 * A backend that keeps objects in a bucket: Amazon S3 and everything that speaks like it.
 *
 * What each store does its own way is data in `backends/s3_providers.ts`. The options are declared in
 * `backends/s3/options.ts`; all work is done below `backends/s3/`, of which nothing is loaded before
 * a backend is opened.
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
  PutOptions,
  TidyOptions,
} from "../core/backend.ts";
import { checkObjectKey } from "../core/keys/object_key.ts";
import type { S3Connection } from "./s3/connection.ts";
import type { S3BackendOptions, S3BackendPlace } from "./s3/options.ts";
import type { S3Quirks } from "./s3_providers.ts";
import { Calls } from "./support/calls.ts";
import { checkListOptions } from "./support/list_pages.ts";

export type {
  S3BackendOptions,
  S3BackendPlace,
  S3Incremental,
  S3Keys,
  S3Timeouts,
} from "./s3/options.ts";

/** What is loaded with the first backend that is opened. */
type Store = typeof import("./s3/store.ts");

/**
 * Keeps objects in a bucket.
 *
 * - Nothing is sent before the first call, and nothing to a host that the configuration does not
 *   name. The AWS SDK is loaded with the first call.
 * - Bodies over 8 MiB go up in parts; an upload that fails or is stopped is ended, so that none stays
 *   behind unpaid.
 * - What a store cannot do is in `capabilities`; conditional writes count only where they are known
 *   to work.
 * - Every call ends: connections, answers and pauses in them have limits.
 *
 * @example
 * ```ts ignore
 * import { S3Backend } from "@session-archiver/archiver";
 *
 * const backend = await S3Backend.open({ bucket: "my-archives", profile: "work" });
 * try {
 *   await backend.put("a/b.json", new TextEncoder().encode("{}"));
 * } finally {
 *   await backend.close();
 * }
 * ```
 *
 * @since 0.1.0
 */
export class S3Backend implements Backend {
  /** What the user calls it. */
  readonly name: string;
  /** `s3:`, the store's host (or AWS's partition), bucket and prefix. */
  readonly identity: string;
  /** What the provider's quirks leave. */
  readonly capabilities: Capabilities;
  /** Where it stores, and who said so. */
  readonly place: S3BackendPlace;
  /**
   * Copies an object inside the store, with its metadata; not there where the store cannot.
   *
   * @param from The object that stays.
   * @param to Its copy; overwritten when it exists.
   * @param options Signal.
   */
  readonly copy?: (
    from: string,
    to: string,
    options?: CallOptions,
  ) => Promise<{ etag?: string }>;

  readonly #store: Store;
  readonly #connection: S3Connection;
  readonly #calls: Calls;

  /**
   * Finds out where to store, from the options, the environment and the shared AWS configuration. No
   * request is made. Unlike `new FileBackend()` this takes its time, since what the backend is (its
   * `identity`) may stand in a profile, which is a file that has to be read.
   *
   * @param options What the user wants.
   * @throws ArchiveError `Invalid` for options, profiles and files that can never work.
   */
  static async open(options: S3BackendOptions): Promise<S3Backend> {
    const store = await import("./s3/store.ts");
    return new S3Backend(store, await store.connectionTo(options));
  }

  private constructor(store: Store, connection: S3Connection) {
    const { settings } = connection;
    const { backend, quirks, prefix, endpoint, region, bucket, profile, provider, from } = settings;
    this.name = backend;
    this.identity = settings.identity;
    this.capabilities = {
      createOnly: quirks.createOnly,
      ifMatch: quirks.ifMatch,
      metadata: quirks.metadata,
      maxKeyBytes: store.roomAfter(prefix),
      lateWrites: true,
    };
    this.place = { endpoint, region, bucket, prefix, profile, provider, quirks, from };
    this.#store = store;
    this.#connection = connection;
    const maxBytes = this.capabilities.maxKeyBytes;
    this.#calls = new Calls(backend, (key) => checkObjectKey(key, { maxBytes, backend }));
    if (quirks.copy) this.copy = (...asked) => this.#copy(...asked);
  }

  /**
   * Stores an object; the store has acknowledged it, whole, when this returns.
   *
   * @param key Where.
   * @param body What.
   * @param options Mode, what is there already, metadata, content type, hash, signal.
   * @returns The new etag, and how many bytes the store copied from what was there.
   */
  async put(
    key: string,
    body: Body,
    options: PutOptions = {},
  ): Promise<{ etag?: string; copied?: number }> {
    const call = this.#calls.begin("storing", key, options.signal);
    const { mode = "overwrite", continues, contentType, sha256, onResend } = options;
    const metadata = this.#store.checkedMetadata(options.metadata, call, this.#connection.settings);
    return await this.#store.putObject(this.#connection, call, {
      body,
      mode,
      continues,
      metadata,
      contentType,
      sha256,
      onResend,
    });
  }

  /**
   * Reads an object or a part of it. Read the stream to its end or cancel it: it holds a connection.
   *
   * @param key Which.
   * @param options Range and signal.
   */
  async get(
    key: string,
    options: CallOptions & { range?: ByteRange } = {},
  ): Promise<{ info: ObjectInfo; body: ReadableStream<Uint8Array> }> {
    const call = this.#calls.begin("reading", key, options.signal);
    return await this.#store.getObject(this.#connection, call, options.range);
  }

  /**
   * Tells what is known of an object.
   *
   * @param key Which.
   * @param options Signal.
   */
  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const call = this.#calls.begin("looking up", key, options.signal);
    return await this.#store.headObject(this.#connection, call);
  }

  /**
   * Lists keys in UTF-8 byte order. Objects under the prefix that cannot be this library's, as
   * folder markers, are left out.
   *
   * @param options What to list.
   */
  async *list(options: ListOptions = {}): AsyncGenerator<ListPage> {
    const call = this.#calls.beginWithoutKey("listing", options.signal);
    checkListOptions(options, call);
    yield* this.#store.listObjects(this.#connection, call, options);
  }

  /**
   * Deletes an object; one that is not there is fine.
   *
   * @param key Which.
   * @param options Signal.
   */
  async delete(key: string, options: CallOptions = {}): Promise<void> {
    const call = this.#calls.begin("deleting", key, options.signal);
    await this.#store.deleteObject(this.#connection, call);
  }

  /**
   * Tries everything that the archive needs of the store, with objects below
   * `.session-archiver-probe/` that are removed again, and says what to change where it fails.
   *
   * @param options Signal, and how long one call may take in milliseconds.
   */
  async *probe(options: CallOptions & { limitMs?: number } = {}): AsyncGenerator<Finding> {
    const { probeS3 } = await import("./s3/probe.ts");
    const connection = this.#connection;
    const variant = (quirks: Partial<S3Quirks>) => {
      const { settings } = connection;
      const other = { ...settings, quirks: { ...settings.quirks, ...quirks } };
      return new S3Backend(this.#store, connection.differing(other));
    };
    yield* probeS3({ backend: this, connection, variant }, options);
  }

  /**
   * Ends uploads in parts that were begun for archives below the prefix, and never will be completed.
   * Nothing where they may not be listed.
   *
   * @param options When they were begun at the latest, and the signal.
   * @returns How many.
   */
  async tidy({ before, signal }: TidyOptions): Promise<number> {
    const call = this.#calls.beginWithoutKey("ending old uploads", signal);
    return await this.#store.endOldUploads(this.#connection, call, before);
  }

  /** Ends all calls that are under way and closes all connections; further calls fail. */
  async close(): Promise<void> {
    this.#calls.close();
    await this.#connection.close();
  }

  async #copy(from: string, to: string, options: CallOptions = {}): Promise<{ etag?: string }> {
    const reading = this.#calls.begin("copying", from, options.signal);
    const storing = this.#calls.begin("storing", to, options.signal);
    return await this.#store.copyObject(this.#connection, reading, storing);
  }
}
