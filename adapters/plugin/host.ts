/**
 * What the parts of the plugin know of the OpenCode process they run in. No part of it asks more
 * of OpenCode than this.
 *
 * @module
 */
import type { LogLevel } from "./contract.ts";

/** One directory of one OpenCode process, and how this plugin was set up for it. */
export interface PluginHost {
  /** The project's directory: absolute. */
  readonly directory: string;
  /** The environment of OpenCode. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file that the plugin's options name: absolute; for `--config`. */
  readonly configPath?: string;
  /**
   * Why nothing can be archived from here until the user changes something: a clear sentence. Tools
   * answer with it and do nothing.
   */
  readonly problem?: string;
  /** Writes a line to OpenCode's log. Never throws, never rejects, waits for nothing. */
  log(level: LogLevel, message: string): void;
  /** Shows a toast. Never throws, never rejects, waits for nothing. */
  toast(variant: "info" | "success" | "warning" | "error", message: string): void;
}
