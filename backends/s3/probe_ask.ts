/**
 * How a probe puts its questions to a store: one request each, in bounded time.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";
import type { Backend } from "../../core/backend.ts";
import type { S3Quirks } from "../s3_providers.ts";
import type { Call } from "../support/call.ts";
import { bounded } from "../support/trial_ground.ts";
import type { HttpOptions, S3Connection } from "./connection.ts";
import type { S3Operation } from "./operations.ts";

/** A store that is asked about itself. */
export interface BucketProbe {
  /** The store as it is configured. */
  readonly connection: S3Connection;
  /** How long one call may take, in milliseconds. */
  readonly limitMs: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** A store whose settings may turn out to be wrong. */
export interface VariableProbe extends BucketProbe {
  /** The same backend with other quirks; whoever asks for it closes it. */
  variant(quirks: Partial<S3Quirks>): Backend;
}

/**
 * Asks a question by a request.
 *
 * @param probe Whom.
 * @param doing What for, for errors.
 * @param operation The request's name in S3.
 * @param send Makes it with the SDK.
 */
export async function ask<T>(
  probe: BucketProbe,
  doing: string,
  operation: S3Operation,
  send: (s3: S3, http: HttpOptions) => Promise<T>,
): Promise<T> {
  return await asking(probe, doing, (call) => probe.connection.run(call, operation, send));
}

/**
 * Finds something out in bounded time, by a call of its own.
 *
 * @param probe Whom to ask.
 * @param doing What for, for errors.
 * @param work Finds it out.
 * @param limitMs How long that may take, in milliseconds; the probe's limit when left out.
 */
export async function asking<T>(
  { connection: { settings: { backend } }, limitMs: usual, signal }: BucketProbe,
  doing: string,
  work: (call: Call) => Promise<T>,
  limitMs: number = usual,
): Promise<T> {
  const start = (stop: AbortSignal) => work({ backend, doing, signals: [stop] });
  return await bounded(doing, start, limitMs, signal);
}
