/**
 * How the program ends: its exit codes, and which failure gets which.
 *
 * @module
 */

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
  /** Always `"UsageError"`. */
  override readonly name = "UsageError";
}

/**
 * The exit code for what was thrown.
 *
 * @param error Anything.
 */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
