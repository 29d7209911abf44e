/**
 * What is wrong with a configuration, told as one error.
 *
 * @module
 */
import { ArchiveError } from "../../../core/errors.ts";

/** One thing that is wrong. */
export interface Complaint {
  /** Which key, as `backends.minio.bucket` or `rules[0].match`; empty for the file as a whole. */
  readonly at: string;
  /** What was found, what is allowed, what to do; one line, no secrets. */
  readonly message: string;
}

/**
 * A configuration that cannot be used: an `Invalid` {@linkcode ArchiveError} with everything that
 * is wrong. Its message has a line for the file, and one for each complaint when there are several.
 */
export class ConfigError extends ArchiveError {
  /** The file; empty when it is not even known which one to read. */
  readonly path: string;
  /** All that is wrong, in the file's order; at least one. */
  readonly complaints: readonly Complaint[];

  /**
   * Makes an error.
   *
   * @param path The configuration file.
   * @param complaints All that is wrong with it.
   * @param cause The error underneath, when it cannot hold anything of the file.
   */
  constructor(path: string, complaints: readonly Complaint[], cause?: unknown) {
    super("Invalid", messageOf(path, complaints), { cause });
    this.path = path;
    this.complaints = complaints;
  }
}

/**
 * Tells whether something thrown is about the configuration, so that nothing can be done until it
 * is corrected.
 *
 * @param error Anything that was thrown.
 */
export function isConfigError(error: unknown): error is ConfigError {
  return error instanceof ConfigError;
}

function messageOf(path: string, complaints: readonly Complaint[]): string {
  const lines = complaints.map(({ at, message }) => at === "" ? message : `${at}: ${message}`);
  if (lines.length === 1) return path === "" ? lines[0] : `${path}: ${lines[0]}`;
  return [`${path} has ${lines.length} problems:`, ...lines.map((line) => `  ${line}`)].join("\n");
}
