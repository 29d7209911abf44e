/**
 * How the program ends: its exit codes, and which failure gets which.
 *
 * @module
 */
import type { Complaint, ConfigError } from "../config/complaints/config_error.ts";

/** What the program tells whoever started it. */
export const EXIT = {
  /** Everything that was asked for was done. */
  done: 0,
  /** Something failed, differs or was stopped. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
} as const;

/** One of {@linkcode EXIT}. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** The command line asks for something that can never work. */
export class UsageError extends Error {
  /** Which of the two it is. */
  override readonly name: "UsageError" | "ConfigurationError" = "UsageError";
}

/** The configuration is wrong. */
export class ConfigurationError extends UsageError {
  /** Always `"ConfigurationError"`. */
  override readonly name = "ConfigurationError";
  /** All that is wrong. */
  readonly complaints: readonly Complaint[];

  /** @param cause What it was refused with. */
  constructor(cause: ConfigError) {
    super(cause.message, { cause });
    this.complaints = cause.complaints;
  }
}

/**
 * The exit code for what was thrown.
 *
 * @param error Anything.
 */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
