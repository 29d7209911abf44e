/**
 * One backend's way to its store: the SDK, loaded with the first request, the limits that every
 * request ends within, and the end of it all.
 *
 * What is asked for, and what answers mean, is elsewhere.
 *
 * @module
 */
import type { S3, S3ClientConfig } from "@aws-sdk/client-s3";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { type Call, callError, describe, failIfStopped, onStop } from "../support/call.ts";
import { type Agents, makeAgents } from "./agents.ts";
import type { S3SignIn } from "./credentials.ts";
import { s3Error, type S3Operation } from "./errors.ts";
import { failureOf } from "./failure.ts";
import { guardHost } from "./guard_host.ts";
import { useToldHashes } from "./payload_hash.ts";
import { quietly } from "./quiet_sdk.ts";
import type { S3Settings } from "./settings.ts";

/** How long things may take, in milliseconds. */
export interface S3Timeouts {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** Between two pieces of an object that is read. */
  readonly idleMs: number;
  /** Until a request without a body is answered; one with a body gets more. */
  readonly requestMs: number;
}

/** How to sign in, and how long to try. */
export interface S3Access {
  /** What goes into the options of the SDK's client; asked for once. */
  readonly signIn: () => Promise<S3SignIn>;
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** The limits. */
  readonly timeouts: S3Timeouts;
}

/** Handed to the SDK with each request. */
export interface HttpOptions {
  /** Ends the request. */
  readonly abortSignal: AbortSignal;
  /** For one attempt, until its answer begins; milliseconds. */
  readonly requestTimeout: number;
}

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

/** A store's client, made when it is first needed. */
export class S3Connection {
  /** What the backend goes by. */
  readonly settings: S3Settings;
  /** The limits. */
  readonly timeouts: S3Timeouts;
  readonly #access: S3Access;
  /** Texts that no message may show. */
  readonly #secrets = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();
  /** Whether the bucket has been seen to exist. */
  bucketSeen = false;
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
    failIfStopped(call);
    const stop = new AbortController();
    const forget = onStop(call, (error) => stop.abort(error));
    try {
      const s3 = await unlessAborted(stop.signal, this.#connect());
      // Somebody may have to sign in for them: that is not the request's time.
      const keys = await unlessAborted(stop.signal, s3.config.credentials());
      this.#secrets.add(keys.secretAccessKey);
      if (keys.sessionToken) this.#secrets.add(keys.sessionToken);
      const answer = await this.#within(call, stop, effort, (http) => send(s3, http));
      this.bucketSeen = true;
      return answer;
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason;
      throw this.#error(error, call, operation);
    } finally {
      forget();
    }
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
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.min(FAREWELL, this.timeouts.requestMs));
    });
    await Promise.race([Promise.all(this.#background), late]);
    clearTimeout(timer);
    const client = await this.#client?.catch(() => undefined);
    client?.destroy();
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
    return s3Error(failureOf(error, [...this.#secrets]), call, operation, this.settings);
  }

  #connect(): Promise<S3> {
    return this.#client ??= this.#open().catch((error) => {
      this.#client = undefined;
      throw error;
    });
  }

  async #open(): Promise<S3> {
    const [{ S3 }, signIn, agents] = await Promise.all([
      loadSdk(this.settings),
      this.#access.signIn(),
      makeAgents(),
    ]);
    const client = quietly(() => new S3({ ...this.#config(agents), ...signIn }));
    guardHost(client, this.settings);
    useToldHashes(client);
    return client;
  }

  #config(agents: Agents): S3ClientConfig {
    const { endpoint, region, quirks } = this.settings;
    const { attempts, timeouts } = this.#access;
    return {
      region,
      ...(endpoint !== undefined && { endpoint }),
      forcePathStyle: quirks.pathStyle,
      maxAttempts: attempts,
      retryMode: "standard",
      ...(quirks.checksums === "required" && { requestChecksumCalculation: "WHEN_REQUIRED" }),
      // Readers check the SHA-256 of what they get; a CRC on top buys nothing.
      responseChecksumValidation: "WHEN_REQUIRED",
      // A store that passes over "Expect" would let every larger upload wait until it times out, and
      // the SDK opens a new connection for each.
      expectContinueHeader: false,
      logger: SILENT,
      requestHandler: {
        connectionTimeout: timeouts.connectMs,
        requestTimeout: timeouts.requestMs,
        throwOnRequestTimeout: true,
        // Off: it counts the time in which the kernel still sends what was written, and so ends
        // uploads over slow lines.
        socketTimeout: 0,
        ...agents,
        logger: SILENT,
      },
    };
  }
}

const nothing = () => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

async function loadSdk({ backend }: S3Settings): Promise<{ S3: typeof S3 }> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    const message =
      `the backend ${JSON.stringify(backend)} needs the package @aws-sdk/client-s3, ` +
      "which cannot be loaded; install it again";
    throw new ArchiveError("NotSupported", message, { backend, cause });
  }
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let forget = nothing;
  const aborted = new Promise<never>((_, reject) => {
    const listener = () => reject(signal.reason);
    forget = () => signal.removeEventListener("abort", listener);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}

function withKey(error: ArchiveError, { backend, key }: Call): ArchiveError {
  if (error.key !== undefined || key === undefined) return error;
  const { code, message, cause, retryable } = error;
  return new ArchiveError(code, message, { backend, key, cause, retryable });
}
