/**
 * What can be said of an agent that keeps its sessions in files.
 *
 * @module
 */

/**
 * Options of an agent that keeps its sessions in files.
 *
 * @since 0.1.0
 */
export interface FileAgentOptions {
  /** Its folder, or several, absolute; by default they are looked for as the agent does. */
  readonly store?: string | readonly string[];
  /** Environment variables to use in place of the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The time in milliseconds since the epoch; the clock's by default. */
  readonly now?: (() => number) | undefined;
}
