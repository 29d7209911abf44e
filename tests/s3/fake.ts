/**
 * An S3 store on loopback, in this process, for tests and benches. It does what AWS documents,
 * checks signatures, and can be told to behave like other stores and to fail in scripted ways.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { unframe } from "./aws_chunked.ts";
import { refuseByPersonality } from "./call.ts";
import { S3Error } from "./errors.ts";
import { type Fate, type Fault, Faults } from "./faults.ts";
import { MAX_KEYS } from "./listing.ts";
import { OPERATIONS } from "./operations.ts";
import { PERSONALITIES, type Personality, type PersonalityName } from "./personalities.ts";
import { errorReply, type Reply, stsErrorReply } from "./reply.ts";
import {
  type Operation,
  readRequest,
  type ReceivedRequest,
  type RecordedRequest,
} from "./request.ts";
import { scriptedReply } from "./scripted_reply.ts";
import { checkSignature, type Credentials, isFramed } from "./signature.ts";
import { makeObject, Store, type StoredObject } from "./store.ts";
import { cutConnection, readBody, sendReply, type Stamp } from "./wire.ts";

export type { Fault, FaultAction } from "./faults.ts";
export { PERSONALITIES } from "./personalities.ts";
export type { Personality, PersonalityName } from "./personalities.ts";
export type { Operation, RecordedRequest } from "./request.ts";
export type { Credentials } from "./signature.ts";
export type { StoredObject } from "./store.ts";

/** The keys that a fake knows when it is given no others. */
export const FAKE_CREDENTIALS: Credentials = {
  accessKeyId: "AKIAFAKEFAKEFAKEFAKE",
  secretAccessKey: "fake/secret+key/that-opens-nothing/anywhere",
};

/** How a fake is. */
export interface FakeS3Options {
  /** Which store it behaves like; `plain` by default: well-behaved, as AWS documents. */
  readonly personality?: Personality | PersonalityName;
  /** Made at the start; `archives` by default. */
  readonly buckets?: readonly string[];
  /** The only keys it knows; {@linkcode FAKE_CREDENTIALS} by default. */
  readonly credentials?: Credentials;
  /** The region of all buckets; `us-east-1` by default. */
  readonly region?: string;
  /** How long it waits before each reply, in milliseconds; the request has its effect before. */
  readonly latencyMs?: number;
  /** How many names a page of a listing has at most; 1,000 by default, as at AWS. */
  readonly pageSize?: number;
  /** Whether it names a version of each object, as of buckets that keep them; it keeps only one. */
  readonly versioned?: boolean;
}

/** A running fake. */
export interface FakeS3 {
  /** Its address, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** The keys it knows. */
  readonly credentials: Credentials;
  /** The region of all buckets. */
  readonly region: string;
  /** Every request so far, in the order in which they came. */
  readonly requests: RecordedRequest[];
  /** How many uploads are neither completed nor aborted. */
  readonly openUploads: number;
  /**
   * What is stored now, in the order of the keys; a copy.
   *
   * @param bucket Where; the first bucket by default.
   */
  objects(bucket?: string): Map<string, StoredObject>;
  /**
   * Stores an object as somebody else would, without HTTP. No key is too odd.
   *
   * @param bucket Where.
   * @param key As what.
   * @param bytes Its content; kept, not copied.
   * @param headers As in HTTP: `x-amz-meta-…`, `content-type`, …
   */
  put(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void;
  /**
   * Makes something go wrong from now on.
   *
   * @param fault What, with which requests, and how often: for good unless `times` is given.
   */
  fault(fault: Fault): void;
  /** Forgets all faults: the store is well again. */
  recover(): void;
  /** Ends it, with every open connection; those that hang too. */
  stop(): Promise<void>;
}

/**
 * Starts one on a free port of 127.0.0.1.
 *
 * @param options How it is.
 *
 * @example
 * ```ts ignore
 * const s3 = await startFakeS3({ personality: "r2", latencyMs: 40 });
 * s3.fault({ on: "PutObject", times: 2, do: { status: 503, code: "SlowDown" } });
 * const client = new S3Client({
 *   endpoint: s3.endpoint,
 *   region: s3.region,
 *   credentials: s3.credentials,
 *   forcePathStyle: true,
 * });
 * // …
 * await s3.stop();
 * ```
 */
export async function startFakeS3(options: FakeS3Options = {}): Promise<FakeS3> {
  const { personality = "plain", buckets = ["archives"] } = options;
  const fake = new Fake({
    personality: typeof personality === "string" ? PERSONALITIES[personality] : personality,
    // A copy, since the SDK writes on what it is given.
    credentials: { ...(options.credentials ?? FAKE_CREDENTIALS) },
    region: options.region ?? "us-east-1",
    latencyMs: options.latencyMs ?? 0,
    pageSize: options.pageSize ?? MAX_KEYS,
    versioned: options.versioned ?? false,
  });
  for (const bucket of buckets) fake.store.create(bucket);
  await fake.listen();
  return fake;
}

interface Settings {
  readonly personality: Personality;
  readonly credentials: Credentials;
  readonly region: string;
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly versioned: boolean;
}

/** What names the version that it is about, or has made. */
const VERSIONED: ReadonlySet<Operation> = new Set([
  "PutObject",
  "CompleteMultipartUpload",
  "CopyObject",
  "GetObject",
  "HeadObject",
]);

const META = "x-amz-meta-";

/** Clients keep connections; one that the server closes first costs them a try. */
const KEEP_ALIVE_MS = 120_000;

class Fake implements FakeS3 {
  readonly store = new Store();
  readonly requests: RecordedRequest[] = [];
  readonly credentials: Credentials;
  readonly region: string;
  endpoint = "";

  readonly #settings: Settings;
  readonly #faults = new Faults();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #server = createServer((message, response) => void this.#serve(message, response));
  #served = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.credentials = settings.credentials;
    this.region = settings.region;
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.requestTimeout = 0;
  }

  get openUploads(): number {
    return this.store.openUploads;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  objects(bucket: string = this.store.names[0]): Map<string, StoredObject> {
    const objects = this.store.bucket(bucket);
    const entries = objects.keys().map((key) => [key, objects.get(key)] as const);
    return new Map(
      entries.filter((entry): entry is [string, StoredObject] => entry[1] !== undefined),
    );
  }

  put(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const [metadata, kept]: Record<string, string>[] = [{}, {}];
    for (const name of Object.keys(headers)) {
      const low = name.toLowerCase();
      if (low.startsWith(META)) metadata[low.slice(META.length)] = headers[name];
      else kept[low] = headers[name];
    }
    const object = makeObject({ bytes, metadata, headers: kept, modified: new Date() });
    this.store.bucket(bucket).set(key, object);
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  recover(): void {
    this.#faults.clear();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = (++this.#served).toString(16).toUpperCase().padStart(16, "0");
    // A client that goes away is its own business, also while its reply is written.
    response.on("error", () => response.destroy());
    const request = this.#read(message);
    const fate = request instanceof S3Error ? WELL : this.#record(request);
    if (fate.answer === "reset") return cutConnection(response, "rst");
    const body = await readBody(message).catch(() => undefined);
    if (body === undefined) return;
    if (!(request instanceof S3Error)) request.bytes = body.length;
    if (fate.answer === "hang") return;
    const isLate = typeof fate.answer === "object" && "doWhen" in fate.answer;
    if (isLate) await fate.answer.doWhen;
    const stamp = { requestId, now: new Date(Date.now() + fate.clockSkewMs) };
    const reply = request instanceof S3Error
      ? errorReply(request, requestId)
      : this.#answer(request, body, fate, stamp);
    if (isLate) return;
    await Promise.all(fate.waitFor);
    const wait = this.#settings.latencyMs + fate.delayMs;
    if (wait > 0) await this.#pause(wait);
    sendReply(response, reply, stamp, fate.answer);
  }

  #read(message: IncomingMessage): ReceivedRequest | S3Error {
    try {
      return readRequest(message);
    } catch (error) {
      return asS3Error(error);
    }
  }

  #record(request: ReceivedRequest): Fate {
    this.requests.push(request);
    return this.#faults.meet(request);
  }

  /** Runs without a pause, so that nothing comes between a condition and what it guards. */
  #answer(request: ReceivedRequest, body: Uint8Array, fate: Fate, stamp: Stamp): Reply {
    const scripted = scriptedReply(fate.answer, stamp.requestId);
    if (scripted !== undefined) return scripted;
    try {
      return this.#perform(request, body, fate, stamp.now);
    } catch (error) {
      const write = request.operation === "GetCallerIdentity" ? stsErrorReply : errorReply;
      return write(asS3Error(error), stamp.requestId);
    }
  }

  #perform(request: ReceivedRequest, body: Uint8Array, fate: Fate, now: Date): Reply {
    const { credentials, region, personality, pageSize, versioned } = this.#settings;
    const check = checkSignature(request, body, { credentials, region, now: now.getTime() });
    refuseByPersonality(personality, request);
    const framed = isFramed(request) && !personality.mistakes.keepsChunkFraming;
    const { bytes, trailers } = framed ? unframe(body, check) : { bytes: body, trailers: {} };
    const reply = OPERATIONS[request.operation]({
      request,
      headers: { ...request.headers, ...trailers },
      body: bytes,
      store: this.store,
      personality,
      pageSize,
      region,
      now,
      losesToken: fate.answer === "truncatedListingWithoutToken",
    });
    if (!versioned || !VERSIONED.has(request.operation)) return reply;
    return { ...reply, headers: { ...reply.headers, "x-amz-version-id": crypto.randomUUID() } };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

/** What a request meets when nothing goes wrong. */
const WELL: Fate = { delayMs: 0, waitFor: [], clockSkewMs: 0, answer: undefined };

/** A mistake of the fake's own answers 500 and says what it was. */
function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return new S3Error(500, "InternalError", message);
}
