/**
 * What a configuration says, once it is read and found right. Only types: `load.ts` makes them,
 * `backends.ts` opens what they name.
 *
 * @module
 */
import type { S3ProviderName, S3Quirks } from "../../backends/s3_providers.ts";

/** A configuration that is in force. */
export interface Config {
  /** The file that was read, or would be if it were there; absolute. */
  readonly path: string;
  /** Whether there is a file; without one, a folder of this machine is the only backend. */
  readonly exists: boolean;
  /** The backends by name, in the file's order. */
  readonly backends: ReadonlyMap<string, BackendConfig>;
  /** The rules; the first that matches a project wins. */
  readonly rules: readonly ConfigRule[];
  /** The backends of projects that no rule matches; at least one. */
  readonly default: readonly string[];
  /** When and how sessions are archived. */
  readonly archive: ArchiveConfig;
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
  /** The globs as they stand in the file. */
  readonly match: readonly string[];
  /** Every form of them that has to be tried: `~` and variables expanded, links resolved. */
  readonly globs: readonly string[];
  /** The names of the backends that get a copy each; none when nothing is archived. */
  readonly backends: readonly string[];
}

/** Where one backend stores. */
export type BackendConfig = FileSettings | S3Settings;

/** A backend in a folder. */
export interface FileSettings {
  /** What kind of backend it is. */
  readonly type: "file";
  /** The root folder; absolute. */
  readonly path: string;
}

/** A backend in an S3 bucket. */
export interface S3Settings {
  /** What kind of backend it is. */
  readonly type: "s3";
  /** The bucket's name. */
  readonly bucket: string;
  /** The bucket's region; the profile's or the environment's when left out. */
  readonly region?: string;
  /** The profile of the shared AWS configuration to use; never together with `credentials`. */
  readonly profile?: string;
  /** The keys; found the way of the AWS SDK when left out. Hidden when the object is shown. */
  readonly credentials?: S3Credentials;
  /** What all keys begin with; segments with `/` between them, none at the ends. */
  readonly prefix?: string;
  /** The store's address, without a slash at its end. AWS when left out. */
  readonly endpoint?: string;
  /** Whether the bucket is named in the path of requests, not in the host. */
  readonly forcePathStyle?: boolean;
  /** The storage class of what is written. */
  readonly storageClass?: string;
  /** How the store encrypts what is written. */
  readonly serverSideEncryption?: ServerSideEncryption;
  /** The KMS key to encrypt with; only with one of the KMS encryptions. */
  readonly kmsKeyId?: string;
  /** Tags of what is written; at most ten. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whose dialect of S3 the store speaks; told by the endpoint when left out. */
  readonly provider?: S3ProviderName;
  /** What of the provider's dialect is to be overridden. */
  readonly quirks?: S3QuirkOverrides;
}

/** How a store encrypts. */
export type ServerSideEncryption = "AES256" | "aws:kms" | "aws:kms:dsse";

/** Keys to a store. */
export interface S3Credentials {
  /** Names the key. */
  readonly accessKeyId: string;
  /** The key itself. */
  readonly secretAccessKey: string;
  /** What goes with keys for a time. */
  readonly sessionToken?: string;
}

/** Overrides of what a store can do and wants. */
export type S3QuirkOverrides = Partial<Omit<S3Quirks, "storageClasses" | "encryption">>;
