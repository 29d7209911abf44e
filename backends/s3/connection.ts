/**
 * One backend's way to its store: the client, made with the first request, the limits that every
 * request ends within, and the end of it all.
 *
 * What is asked for, and what answers mean, is elsewhere.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { type Call, callError, describe, failIfStopped, onStop } from "../support/call.ts";
import type { S3Keys, S3Timeouts } from "./options.ts";
import { settledWithin, unlessAborted } from "../support/within.ts";
import { openClient, type S3Access } from "./client.ts";
import { s3Error } from "./errors.ts";
import { failureOf } from "./failure.ts";
import { type S3Operation, showsBucket } from "./operations.ts";
import { PartCopies } from "./part_copies.ts";
import type { S3Settings } from "./settings.ts";

/** Handed to the SDK with each request. */
export interface HttpOptions {
  /** Ends the request. */
  readonly abortSignal: AbortSignal;
  /** For one attempt, until its answer begins; milliseconds. */
  readonly requestTimeout: number;
}

type Signer = Awaited<ReturnType<S3["config"]["signer"]>>;

/** A request as the SDK signs it. */
export type Signable = Parameters<Signer["sign"]>[0];

/** What makes a request take longer than others. */
export interface Effort {
  /** How many bytes it sends. */
  readonly bytes?: number;
  /** How much longer the store may work on it, in times of the plain limit. */
  readonly work?: number;
}

/** The slowest uplink that still gets through, in bytes a millisecond: 64 KiB a second. */
const SLOWEST = 65.536;
/** The longest pause between two attempts, with what the store asks for, in milliseconds. */
const PAUSE = 7_000;

/** How long closing waits for unfinished uploads to be ended, in milliseconds. */
const FAREWELL = 5_000;
/** That takes up to so many requests: a beginning that was not answered, another one, and the end. */
const FAREWELL_REQUESTS = 3;

/** A store's client, made when it is first needed. */
export class S3Connection {
  /** What the backend goes by. */
  readonly settings: S3Settings;
  /** The limits. */
  readonly timeouts: S3Timeouts;
  /** What has been learnt of copying parts here. */
  readonly partCopies: PartCopies = new PartCopies();
  readonly #access: S3Access;
  /** Texts that no message may show. */
  readonly #secrets = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();
  #bucketSeen = false;
  #client: Promise<S3> | undefined;

  /**
   * @param settings What the backend goes by.
   * @param access How to sign in, and the limits.
   */
  constructor(settings: S3Settings, access: S3Access) {
    this.settings = settings;
    this.timeouts = access.timeouts;
    this.#access = access;
  }

  /**
   * Makes a request. It ends when it is answered, when the call is stopped, or when its time is up.
   *
   * @param call The call that makes it.
   * @param operation Its name in S3.
   * @param send Makes it with the SDK.
   * @param effort What makes it take longer than others.
   * @throws ArchiveError Whatever went wrong, with an `S3Failure` as its cause where the store or
   * the network had a part in it.
   */
  async run<T>(
    call: Call,
    operation: S3Operation,
    send: (s3: S3, http: HttpOptions) => Promise<T>,
    effort: Effort = {},
  ): Promise<T> {
    return await this.#during(call, async (stop) => {
      // Somebody may have to sign in: that is not the request's time.
      const s3 = await unlessAborted(stop.signal, this.#signedIn());
      const once = () => this.#within(call, stop, effort, (http) => send(s3, http));
      // The SDK has set its clock by the refusal, and sends again only where clocks came to differ,
      // not where they have come to agree.
      const answer = await once().catch((error) =>
        isSkewed(error) ? once() : Promise.reject(error)
      );
      if (showsBucket(operation)) this.#bucketSeen = true;
      return answer;
    }, (error) => this.#error(error, call, operation));
  }

  /** Whether the store has answered as if the bucket were there. */
  get bucketSeen(): boolean {
    return this.#bucketSeen;
  }

  /**
   * The keys that requests are signed with. No request is made to the store for them.
   *
   * @param call The call that wants them.
   * @throws ArchiveError When there are none.
   */
  async credentials(call: Call): Promise<S3Keys> {
    return await this.#withClient(call, (s3) => this.#signIn(s3));
  }

  /**
   * How far the store's clock is ahead of this machine's, as the SDK found with the latest answer; 0
   * before there is one, and while they agree. No request is made for it.
   *
   * @param call The call that wants to know.
   * @returns Milliseconds.
   */
  async clockOffset(call: Call): Promise<number> {
    return await this.#withClient(call, (s3) => Promise.resolve(s3.config.systemClockOffset));
  }

  /**
   * Signs a request to another service than S3; sending it is the caller's.
   *
   * @param call The call that wants it.
   * @param request What is to be sent, with its host among the headers.
   * @param service Its name in signatures, as in `sts`.
   * @returns The request with all headers that it needs.
   */
  async signed(call: Call, request: Signable, service: string): Promise<Signable> {
    return await this.#withClient(call, async (s3) => {
      await this.#signIn(s3);
      const { region: signingRegion } = this.settings;
      const scheme = { name: "sigv4", signingName: service, signingRegion, properties: {} };
      const signer = await s3.config.signer(scheme);
      return await signer.sign(request, { signingService: service, signingRegion });
    });
  }

  /**
   * Another connection, signed in the same way, that goes by other settings.
   *
   * @param settings What it goes by.
   */
  differing(settings: S3Settings): S3Connection {
    return new S3Connection(settings, this.#access);
  }

  /**
   * Keeps the connection open until something has ended that nobody waits for. Its failure is of no
   * consequence.
   *
   * @param work What is under way.
   */
  inBackground(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work
      .catch(() => undefined)
      .finally(() => this.#background.delete(ended));
    this.#background.add(ended);
  }

  /** Waits a little for what is in the background, and closes all sockets. */
  async close(): Promise<void> {
    const limitMs = Math.min(FAREWELL, FAREWELL_REQUESTS * this.timeouts.requestMs);
    await settledWithin(limitMs, this.#background);
    const client = await this.#client?.catch(() => undefined);
    client?.destroy();
  }

  async #withClient<T>(call: Call, work: (s3: S3) => Promise<T>): Promise<T> {
    return await this.#during(call, async ({ signal }) => {
      const s3 = await unlessAborted(signal, this.#connect());
      return await unlessAborted(signal, work(s3));
    }, (error) => clientError(error, call, [...this.#secrets]));
  }

  /** Does a call's work until the call is stopped, and says what went wrong in it. */
  async #during<T>(
    call: Call,
    work: (stop: AbortController) => Promise<T>,
    explain: (error: unknown) => ArchiveError,
  ): Promise<T> {
    failIfStopped(call);
    const stop = new AbortController();
    const forget = onStop(call, (error) => stop.abort(error));
    try {
      return await work(stop);
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : explain(error);
    } finally {
      forget();
    }
  }

  async #signedIn(): Promise<S3> {
    const s3 = await this.#connect();
    await this.#signIn(s3);
    return s3;
  }

  async #signIn(s3: S3): Promise<S3Keys> {
    const keys = await s3.config.credentials();
    this.#secrets.add(keys.secretAccessKey);
    if (keys.sessionToken) this.#secrets.add(keys.sessionToken);
    return keys;
  }

  async #within<T>(
    call: Call,
    stop: AbortController,
    { bytes = 0, work = 0 }: Effort,
    send: (http: HttpOptions) => Promise<T>,
  ): Promise<T> {
    const { attempts, timeouts: { requestMs } } = this.#access;
    const requestTimeout = Math.ceil(requestMs * (1 + work) + bytes / SLOWEST);
    // The SDK's limit ends with the first byte of an answer. This one holds for the answer too.
    const limit = (attempts + 1) * requestTimeout + (attempts - 1) * PAUSE;
    const timer = setTimeout(() => {
      const message = `${describe(call)}: ${this.settings.where} did not answer in full within ${
        limit / 1000
      } s; try again later`;
      stop.abort(callError(call, "Timeout", message));
    }, limit);
    try {
      return await unlessAborted(stop.signal, send({ abortSignal: stop.signal, requestTimeout }));
    } finally {
      clearTimeout(timer);
    }
  }

  #error(error: unknown, call: Call, operation: S3Operation): ArchiveError {
    if (isArchiveError(error)) return withKey(error, call);
    const failure = failureOf(error, [...this.#secrets]);
    // Whoever may not ask after the bucket has at least been told that there is something to deny.
    if (operation === "HeadBucket" && failure.facts.status === 403) this.#bucketSeen = true;
    return s3Error(failure, call, operation, this.settings);
  }

  #connect(): Promise<S3> {
    return this.#client ??= openClient(this.settings, this.#access).catch((error) => {
      this.#client = undefined;
      throw error;
    });
  }
}

/** Whether the store refused a request for its time. */
function isSkewed(error: unknown): boolean {
  return /^RequestTimeTooSkewed$|^RequestInTheFuture$/.test(failureOf(error, []).code);
}

/** The error of what needs a client and no request. */
function clientError(error: unknown, call: Call, secrets: readonly string[]): ArchiveError {
  if (isArchiveError(error)) return withKey(error, call);
  const failure = failureOf(error, secrets);
  return callError(call, "Transient", `${describe(call)} failed: ${failure.message}`, failure);
}

function withKey(error: ArchiveError, { backend, key }: Call): ArchiveError {
  if (error.key !== undefined || key === undefined) return error;
  const { code, message, cause, retryable, retryAfterMs } = error;
  return new ArchiveError(code, message, { backend, key, cause, retryable, retryAfterMs });
}
