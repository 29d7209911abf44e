/**
 * What somebody wants for a configuration, from questions or from the command line.
 *
 * @module
 */
import type { AdvisedQuirks } from "../../../backends/s3/quirk_advice.ts";
import type { S3ProviderName } from "../../../backends/s3_providers.ts";

/** Everything that a first configuration says. */
export interface Answers {
  /** What the backend is called. */
  readonly name: string;
  /** Where archives go. */
  readonly storage: FolderAnswer | BucketAnswer;
  /** Globs of projects that are never archived. */
  readonly never: readonly string[];
}

/** A folder. */
export interface FolderAnswer {
  /** Which kind of place it is. */
  readonly type: "file";
  /** The folder, as it was given. */
  readonly path: string;
}

/** A bucket. Texts are as they were given: `${VAR}` in them is a variable. */
export interface BucketAnswer {
  /** Which kind of place it is. */
  readonly type: "s3";
  /** Whose store it is. */
  readonly provider: S3ProviderName;
  /** The bucket's name. */
  readonly bucket: string;
  /** The store's address; AWS, or what the profile says, when left out. */
  readonly endpoint?: string;
  /** Its region. */
  readonly region?: string;
  /** What keys begin with. */
  readonly prefix?: string;
  /** How to sign in. */
  readonly keys: Keys;
  /** What a trial showed of the store beyond what is known of it. */
  readonly quirks?: AdvisedQuirks;
}

/** Where the keys to a bucket come from. */
export type Keys =
  | {
    /** The way of all AWS tools: environment, default profile, the machine's role. */
    readonly from: "chain";
  }
  | { readonly from: "profile"; readonly profile: string }
  | {
    /** Texts of the configuration, the secret as `${VAR}`. */
    readonly from: "variables";
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  }
  | {
    /** Typed in: the secret itself will stand in the file. */
    readonly from: "file";
    readonly accessKeyId: string;
    readonly secret: string;
  };
