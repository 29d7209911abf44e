/**
 * What users say of an S3 backend, and what they are told of it: types only, and the one place where each option is declared.
 *
 * The JSDoc of an option says what it means; what its value must be like is in `values.ts`.
 *
 * @module
 */
import type { S3ProviderName, S3Quirks } from "../s3_providers.ts";

/**
 * A pair of keys, as a store hands them out.
 *
 * @since 0.1.0
 */
export interface S3Keys {
  /** The public half. */
  readonly accessKeyId: string;
  /** The secret half; only ever used to sign. */
  readonly secretAccessKey: string;
  /** What goes with keys that expire. */
  readonly sessionToken?: string;
}

/**
 * How long things may take, in milliseconds.
 *
 * @since 0.1.0
 */
export interface S3Timeouts {
  /** Until a connection stands; 5,000 by default. */
  readonly connectMs: number;
  /** Between two pieces of an object that is read; 30,000 by default. */
  readonly idleMs: number;
  /** Until a request without a body is answered, 30,000 by default; one with a body gets more. */
  readonly requestMs: number;
}

/**
 * When only what changed of a large session is sent.
 *
 * @since 0.1.0
 */
export type S3Incremental = "auto" | "always" | "never";

/**
 * Options of `S3Backend.open()`.
 *
 * @since 0.1.0
 */
export interface S3BackendOptions {
  /** What errors and listings call it; `s3` by default. */
  readonly name?: string;
  /** The bucket, which must exist. */
  readonly bucket: string;
  /** Its region; else what the environment, the profile or the endpoint says. */
  readonly region?: string;
  /** A profile of the shared AWS configuration; not together with `credentials`. */
  readonly profile?: string;
  /** Keys; else what the SDK finds for the profile or in the environment. */
  readonly credentials?: S3Keys;
  /** What stands before every key, as in `team/laptop`. */
  readonly prefix?: string;
  /** The store's address; else what the environment or the profile says, else Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path and not in the host name; the provider decides. */
  readonly forcePathStyle?: boolean;
  /** The storage class of every object; the bucket's own by default. */
  readonly storageClass?: string;
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; the bucket's own by default. */
  readonly serverSideEncryption?: string;
  /** The KMS key, with one of the KMS encryptions. */
  readonly kmsKeyId?: string;
  /** Tags of every object, at most ten. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Whether only what changed of a large session is sent, and the rest copied inside the store:
   * `auto` (the default) where the store is not known to be unable and the bucket keeps no versions,
   * of which each would be paid for; `always`; or `never`.
   */
  readonly incremental?: S3Incremental;
  /** Which kind of store it is; told by the endpoint where that is a known one. */
  readonly provider?: S3ProviderName;
  /** Overrides what is known of the provider. */
  readonly quirks?: Partial<S3Quirks>;
  /**
   * The environment in which place and profile are looked up; `process.env` by default. The SDK
   * looks for keys in `process.env` whatever this is: so it must be that, or a copy of it, unless
   * `credentials` are given.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Limits, in milliseconds. */
  readonly timeouts?: Partial<S3Timeouts>;
  /** How often a request is sent at most; 3 by default. */
  readonly attempts?: number;
}

/**
 * Where an S3 backend stores, and who said so.
 *
 * @since 0.1.0
 */
export interface S3BackendPlace {
  /** The store's address; none for Amazon's own. */
  readonly endpoint?: string;
  /** The region that is signed for. */
  readonly region: string;
  /** The bucket. */
  readonly bucket: string;
  /** Nothing, or names that each end in a slash. */
  readonly prefix: string;
  /** The profile in force, where there is one. */
  readonly profile?: string;
  /** Which kind of store it is taken for. */
  readonly provider: S3ProviderName;
  /** How that deviates from S3. */
  readonly quirks: S3Quirks;
  /** Who named the endpoint and the region, in words. */
  readonly from: { readonly endpoint: string; readonly region: string };
}

/** What is said of every object that is written. */
export type ObjectOptions = Pick<
  S3BackendOptions,
  "storageClass" | "serverSideEncryption" | "kmsKeyId" | "tags"
>;

/** Options with everything in them that has to be known of them. */
export type Named<Options> = Options & {
  /** The backend's name, for errors. */
  readonly backend: string;
};
