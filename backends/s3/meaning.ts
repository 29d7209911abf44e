/**
 * How a failure is understood: what is known of it, and what that means.
 *
 * @module
 */
import type { ErrorCode } from "../../core/errors.ts";
import type { S3Failure } from "./failure.ts";
import type { S3Operation } from "./operations.ts";
import type { S3Settings } from "./settings.ts";

/** A failure and what it befell. */
export interface Told {
  /** What is known of the failure. */
  readonly failure: S3Failure;
  /** The request. */
  readonly operation: S3Operation;
  /** What the backend goes by. */
  readonly settings: S3Settings;
}

/** What a failure means: its kind, and a sentence that goes on from what was being done. */
export type Meaning = readonly [code: ErrorCode, what: string];
