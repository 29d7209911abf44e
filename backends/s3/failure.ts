/**
 * What went wrong underneath, without what must not be seen: the SDK's own errors hold the whole
 * request, with its signature and session token.
 *
 * @module
 */
import { fieldsOf } from "../../core/fields.ts";
import { retryAfterMs } from "./retry_after.ts";

/** The facts of a failed request. It is the `cause` of the errors that callers see. */
export class S3Failure extends Error {
  /** Always `"S3Failure"`. */
  override readonly name = "S3Failure";
  /** S3's or the system's code, as in `SlowDown` or `ECONNREFUSED`; empty when there is none. */
  readonly code: string;
  /** The rest. */
  readonly facts: FailureFacts;

  /**
   * @param code S3's or the system's code, as in `SlowDown` or `ECONNREFUSED`; empty when there is
   * none, as after HEAD.
   * @param message What the store or the system said, in one line without secrets.
   * @param facts The rest.
   */
  constructor(code: string, message: string, facts: FailureFacts) {
    super(message);
    this.code = code;
    this.facts = facts;
    // Where the SDK came to it helps nobody, and may show what it held.
    const { requestId } = facts;
    const where = requestId === undefined ? "" : ` (request ${requestId})`;
    this.stack = `${this.name}: ${message}${where}`;
  }
}

/** What else is known of a failed request. */
export interface FailureFacts {
  /** The HTTP status; none when no answer came. */
  readonly status?: number;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** The store's name of the request, for its support; causes show it. */
  readonly requestId?: string;
  /** The region in which the bucket is, where the store tells. */
  readonly region?: string;
  /** The header or parameter that the store refuses, where it tells. */
  readonly refused?: string;
  /** Whether the answer was a web page or otherwise no S3. */
  readonly foreign: boolean;
  /** The store's clock, where it told. */
  readonly storeTime?: string;
  /** How long a store that is too busy asks not to be asked again, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * Takes the facts out of whatever the SDK threw.
 *
 * @param error What was thrown.
 * @param secrets Texts that must not be seen.
 */
export function failureOf(error: unknown, secrets: readonly string[]): S3Failure {
  const seen = fieldsOf(error);
  const answer = fieldsOf(seen.$response);
  const headers = fieldsOf(answer.headers);
  const metadata = fieldsOf(seen.$metadata);
  const shown = (told: string | undefined) => told === undefined ? told : cleaned(told, secrets);
  const message = cleaned(text(seen.message) ?? String(error), secrets);
  const status = number(metadata.httpStatusCode) ?? number(answer.statusCode);
  const storeTime = shown(text(seen.ServerTime) ?? text(headers.date));
  const wait = BUSY.has(status) ? retryAfterMs(text(headers["retry-after"]), storeTime) : undefined;
  return new S3Failure(cleaned(codeOf(seen), secrets), message, {
    status,
    attempts: number(metadata.attempts) ?? 1,
    requestId: shown(text(metadata.requestId)),
    region: [headers["x-amz-bucket-region"], seen.Region, seen.BucketRegion]
      .map((told) => shown(text(told))).find(isRegion),
    refused: shown(text(seen.Header) ?? text(seen.ArgumentName)),
    foreign: isForeign(seen, headers),
    storeTime,
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

/** The statuses of stores that may say when to come again. */
const BUSY: ReadonlySet<number | undefined> = new Set([429, 503]);

/**
 * What the store said, where an error came of that.
 *
 * @param error What was thrown.
 */
export function failureBehind(error: unknown): S3Failure | undefined {
  return error instanceof Error && error.cause instanceof S3Failure ? error.cause : undefined;
}

function isRegion(told: string | undefined): told is string {
  return told !== undefined && /^[a-z0-9][a-z0-9_-]{0,62}$/i.test(told);
}

function codeOf(error: Record<string, unknown>): string {
  // A system error keeps its code where the SDK calls it TimeoutError.
  const code = text(error.Code) ?? text(error.code) ?? text(error.name) ?? "";
  return code === "Unknown" || code === "NotFound" || code === "Error" ? "" : code;
}

function isForeign(error: Record<string, unknown>, headers: Record<string, unknown>): boolean {
  const unread = typeof error.$responseBodyText === "string";
  const page = /^text\/html/i.test(text(headers["content-type"]) ?? "");
  return unread || page;
}

/** One line, not endless, with nothing in it that signs or opens anything. */
function cleaned(message: string, secrets: readonly string[]): string {
  const line = message.split(/\r?\n/, 1)[0]
    .replace(/[\p{Cc}\u2028\u2029]/gu, " ")
    .replace(
      /(signature|security-token|credential|authorization)(["']?\s*[=:]\s*)[^\s,&]+/gi,
      "$1$2…",
    );
  const masked = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), line);
  return masked.length > 300 ? `${masked.slice(0, 300)}…` : masked;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
