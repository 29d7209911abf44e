/**
 * From a failed request to the one error that callers see: what kind it is, what it means and what
 * to do about it.
 *
 * `failure.ts` takes what is known out of whatever the SDK threw, and leaves the rest (signatures,
 * tokens) behind. With the request that failed (`operations.ts`) and the settings, that is what is
 * told (`meaning.ts`); it is read by `network_faults.ts` where no answer came, by `answers.ts` where
 * one came, and here where it was no answer of S3's. The meaning, behind what was being done, is the
 * error's message, and the failure its cause. That no keys were to be had is no failed request:
 * `credentials_failure.ts` words it.
 *
 * @module
 */
import type { ArchiveError } from "../../core/errors.ts";
import { type Call, callError, describe, hasKey, notFound } from "../support/call.ts";
import type { S3Failure } from "./failure.ts";
import { networkMeaning } from "./network_faults.ts";
import { readsOne, type S3Operation } from "./operations.ts";
import { answerMeaning, missingBucket, statusMeaning } from "./answers.ts";
import type { Meaning, Told } from "./meaning.ts";
import type { S3Settings } from "./settings.ts";

/**
 * The error of a failed request.
 *
 * @param failure What is known of it.
 * @param call The call that it was made for.
 * @param operation Its name in S3.
 * @param settings What the backend goes by.
 */
export function s3Error(
  failure: S3Failure,
  call: Call,
  operation: S3Operation,
  settings: S3Settings,
): ArchiveError {
  if (isMissingObject(failure, operation) && hasKey(call)) return notFound(call, failure);
  const [code, what] = meaningOf({ failure, operation, settings });
  const message = `${describe(call)} failed: ${what}`;
  return callError(call, code, message, failure, failure.facts.retryAfterMs);
}

/**
 * The error of a bucket that is not there. It is `Invalid` and not `NotFound`: callers must not
 * take it for an object that is not there.
 *
 * @param call The call that met it.
 * @param settings What the backend goes by.
 * @param cause What was underneath.
 */
export function bucketError(call: Call, settings: S3Settings, cause?: unknown): ArchiveError {
  const [code, what] = missingBucket(settings);
  return callError(call, code, `${describe(call)} failed: ${what}`, cause);
}

function isMissingObject({ code, facts }: S3Failure, operation: S3Operation): boolean {
  if (!readsOne(operation) || facts.status !== 404 || facts.foreign) return false;
  return code === "" || code === "NoSuchKey" || code === "NoSuchVersion";
}

function meaningOf(told: Told): Meaning {
  const { failure, settings } = told;
  const { status, foreign } = failure.facts;
  if (status === undefined) return networkMeaning(failure, settings) ?? unknown(told);
  if (foreign) return ["Transient", foreignAnswer(status, settings.where)];
  return answerMeaning(told) ?? statusMeaning(told) ?? unknown(told);
}

function foreignAnswer(status: number, where: string): string {
  const answer = `${where} answered ${status} with an HTML page or other text that is not S3's`;
  return status >= 500
    ? `${answer}: the store, or a proxy before it, is out of order; try again later`
    : `${answer}: is the endpoint right? A web console has a port of its own, and a proxy may want ` +
      "you to sign in";
}

function unknown({ failure, settings: { where } }: Told): Meaning {
  const { code, message, facts: { status } } = failure;
  if (status === undefined) return ["Transient", `no request to ${where} came about: ${message}`];
  return ["Transient", `${where} answered ${[status, code].filter(Boolean).join(" ")}: ${message}`];
}
