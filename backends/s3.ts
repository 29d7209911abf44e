/**
 * A backend that keeps objects in a bucket: Amazon S3 and everything that speaks like it.
 *
 * What each store does its own way is data in `backends/s3_providers.ts`; the single operations are
 * in `backends/s3/`.
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
} from "../core/backend.ts";
import { checkObjectKey } from "../core/object_key.ts";
import { S3Connection } from "./s3/connection.ts";
import { copyObject } from "./s3/copy.ts";
import { credentialProvider } from "./s3/credentials.ts";
import { deleteObject } from "./s3/delete.ts";
import { getObject } from "./s3/get.ts";
import { headObject } from "./s3/head.ts";
import { roomAfter } from "./s3/keys.ts";
import { listObjects } from "./s3/list.ts";
import { checkedMetadata } from "./s3/objects.ts";
import { resolveS3Place } from "./s3/place.ts";
import { putObject } from "./s3/put.ts";
import { type S3Settings, settle } from "./s3/settings.ts";
import type { S3ProviderName, S3Quirks } from "./s3_providers.ts";
import { Calls } from "./support/calls.ts";
import { checkListOptions } from "./support/list_pages.ts";

/**
 * Options of {@linkcode S3Backend.open}.
 *
 * @since 0.1.0
 */
export interface S3BackendOptions {
  /** What errors and listings call it; `s3` by default. */
  name?: string;
  /** The bucket, which must exist. */
  bucket: string;
  /** Its region; else what the environment, the profile or the endpoint says. */
  region?: string;
  /** A profile of the shared AWS configuration. */
  profile?: string;
  /** Keys; else what the SDK finds for the profile or in the environment. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** What stands before every key, as in `team/laptop`. */
  prefix?: string;
  /** The store's address; else what the environment or the profile says, else Amazon's. */
  endpoint?: string;
  /** Whether the bucket stands in the path and not in the host name; the provider decides. */
  forcePathStyle?: boolean;
  /** The storage class of every object; the bucket's own by default. */
  storageClass?: string;
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; the bucket's own by default. */
  serverSideEncryption?: string;
  /** The KMS key, with one of the KMS encryptions. */
  kmsKeyId?: string;
  /** Tags of every object, at most ten. */
  tags?: Record<string, string>;
  /** Which kind of store it is; told by the endpoint where that is a known one. */
  provider?: S3ProviderName;
  /** Overrides what is known of the provider. */
  quirks?: Partial<S3Quirks>;
  /** The environment; that of the process by default. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Limits, in milliseconds. */
  timeouts?: {
    /** Until a connection stands; 5,000 by default. */
    connectMs?: number;
    /** Between two pieces of an object that is read; 30,000 by default. */
    idleMs?: number;
    /** Until a request is answered, 30,000 by default; more for those with a body. */
    requestMs?: number;
  };
  /** How often a request is sent at most; 3 by default. */
  attempts?: number;
}

/**
 * Where an {@linkcode S3Backend} stores, and who said so.
 *
 * @since 0.1.0
 */
export interface S3BackendPlace {
  /** The store's address; none for Amazon's own. */
  readonly endpoint?: string;
  /** The region that is signed for. */
  readonly region: string;
  /** The bucket. */
  readonly bucket: string;
  /** Nothing, or names that each end in a slash. */
  readonly prefix: string;
  /** The profile in force. */
  readonly profile?: string;
  /** Which kind of store it is taken for. */
  readonly provider: S3ProviderName;
  /** How that deviates from S3. */
  readonly quirks: S3Quirks;
  /** Who named the endpoint and the region, in words. */
  readonly from: { readonly endpoint: string; readonly region: string };
}

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

  readonly #connection: S3Connection;
  readonly #calls: Calls;

  /**
   * Finds out where to store, from the options, the environment and the shared AWS configuration. No
   * request is made.
   *
   * @param options What the user wants.
   * @throws ArchiveError `Invalid` for options, profiles and files that can never work.
   */
  static async open(options: S3BackendOptions): Promise<S3Backend> {
    const { name: backend = "s3", endpoint, region, profile, credentials } = options;
    const asked = {
      endpoint,
      region,
      profile,
      credentials,
      env: options.env ?? process.env,
      backend,
    };
    const place = await resolveS3Place(asked);
    const settings = settle({ ...options, backend }, place);
    const connection = new S3Connection(settings, {
      signIn: () => credentialProvider(asked, place),
      attempts: options.attempts ?? 3,
      timeouts: { connectMs: 5_000, idleMs: 30_000, requestMs: 30_000, ...options.timeouts },
    });
    return new S3Backend(settings, connection, place.profile);
  }

  private constructor(settings: S3Settings, connection: S3Connection, profile?: string) {
    const { backend, quirks, prefix, endpoint, region, bucket, provider, from } = settings;
    this.name = backend;
    this.identity = settings.identity;
    this.capabilities = {
      createOnly: quirks.createOnly,
      ifMatch: quirks.ifMatch,
      metadata: quirks.metadata,
      maxKeyBytes: roomAfter(prefix),
    };
    this.place = { endpoint, region, bucket, prefix, profile, provider, quirks, from };
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
   * @param options Mode, metadata, content type, hash, signal.
   * @returns The new etag.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<{ etag?: string }> {
    const call = this.#calls.begin("storing", key, options.signal);
    const { mode = "overwrite", contentType, sha256 } = options;
    const metadata = checkedMetadata(options.metadata, call, this.#connection.settings);
    return await putObject(this.#connection, call, { body, mode, metadata, contentType, sha256 });
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
    return await getObject(this.#connection, call, options.range);
  }

  /**
   * Tells what is known of an object.
   *
   * @param key Which.
   * @param options Signal.
   */
  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const call = this.#calls.begin("looking up", key, options.signal);
    return await headObject(this.#connection, call);
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
    yield* listObjects(this.#connection, call, options);
  }

  /**
   * Deletes an object; one that is not there is fine.
   *
   * @param key Which.
   * @param options Signal.
   */
  async delete(key: string, options: CallOptions = {}): Promise<void> {
    const call = this.#calls.begin("deleting", key, options.signal);
    await deleteObject(this.#connection, call);
  }

  /**
   * Tries everything that the archive needs of the store, with objects below
   * `.session-archiver-probe/` that are removed again, and says what to change where it fails.
   *
   * @param options Signal, and how long one call may take in milliseconds.
   */
  async *probe(options: CallOptions & { patience?: number } = {}): AsyncGenerator<Finding> {
    const { probeS3 } = await import("./s3/probe.ts");
    const { profile } = this.place;
    const variant = (quirks: Partial<S3Quirks>) => {
      const { settings } = this.#connection;
      const other = { ...settings, quirks: { ...settings.quirks, ...quirks } };
      return new S3Backend(other, this.#connection.differing(other), profile);
    };
    const connection = this.#connection;
    yield* probeS3({ backend: this, connection, profile, variant }, options);
  }

  /** Ends all calls that are under way and closes all connections; further calls fail. */
  async close(): Promise<void> {
    this.#calls.close();
    await this.#connection.close();
  }

  async #copy(from: string, to: string, options: CallOptions = {}): Promise<{ etag?: string }> {
    const reading = this.#calls.begin("copying", from, options.signal);
    const storing = this.#calls.begin("storing", to, options.signal);
    return await copyObject(this.#connection, reading, storing);
  }
}
