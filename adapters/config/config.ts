/**
 * What a configuration says, once it is read and found right. Only types: `load.ts` makes them,
 * `backends.ts` opens what they name.
 *
 * @module
 */
import type { S3BackendOptions } from "../../backends/s3/options.ts";
import type { BackendLayout } from "../../core/plain/layout.ts";

/** A configuration that is in force. */
export interface Config {
  /** The file that was read, or would be if it were there; absolute. */
  readonly path: string;
  /** Whether there is a file; without one, a folder of this machine is the only backend. */
  readonly exists: boolean;
  /** The backends by name, in the file's order. */
  readonly backends: ReadonlyMap<string, BackendConfig>;
  /** The backends that get plain files beside archives, by name. */
  readonly layouts: Readonly<Record<string, BackendLayout>>;
  /** The rules; the first that matches a project wins. */
  readonly rules: readonly ConfigRule[];
  /** The backends of projects that no rule matches; at least one. */
  readonly default: readonly string[];
  /** When and how sessions are archived. */
  readonly archive: ArchiveConfig;
  /** The names of agents whose sessions are not archived. */
  readonly agentsOff: readonly string[];
  /** What is not wrong but should be known, a line each. No secrets. */
  readonly warnings: readonly string[];
}

/** When and how sessions are archived. */
export interface ArchiveConfig {
  /** Whether sessions are archived without being asked to. */
  readonly auto: boolean;
  /** Whether catching up takes what is older than the installation too. */
  readonly history: boolean;
  /** How long a session waits after its last archive, in milliseconds. */
  readonly minIntervalMs: number;
  /** How long an agent's end is held up for what is under way, in milliseconds. */
  readonly waitOnExitMs: number;
  /** How documents are compressed. */
  readonly compress: "none" | "gzip";
}

/** One rule. */
export interface ConfigRule {
  /** Which projects it is for: one pattern that matches is enough. At least one. */
  readonly patterns: readonly ConfigPattern[];
  /** The names of the backends that get a copy each; none when nothing is archived. */
  readonly backends: readonly string[];
}

/** One pattern of a rule. */
export interface ConfigPattern {
  /** The glob as it stands in the file. */
  readonly written: string;
  /** Every form of it that has to be tried: `~` and variables expanded, links resolved. */
  readonly globs: readonly string[];
}

/** Where one backend stores. */
export type BackendConfig = FolderConfig | BucketConfig;

/** A backend in a folder. */
export interface FolderConfig {
  /** What kind of backend it is. */
  readonly type: "file";
  /** The root folder; absolute. */
  readonly path: string;
}

/**
 * A backend in an S3 bucket: what may be said of one, less what only a script can say. The endpoint
 * has no slash at its end, the prefix none at either; keys are hidden when the object is shown.
 */
export type BucketConfig =
  & { readonly type: "s3" }
  & Omit<S3BackendOptions, "name" | "env" | "timeouts" | "attempts">;
