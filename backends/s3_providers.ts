/**
 * What each S3 look-alike refuses, ignores or does its own way: data, not code.
 *
 * A quirk that is wrong here costs a user their uploads, or a guarantee that they believe in. So what
 * nobody has shown is assumed absent: a conditional write that a store ignores overwrites silently.
 * `why` says where each deviation was seen. Nothing heavy may be imported here: configuration and
 * completion read it at every start.
 *
 * @module
 */
import { AWS_HOSTS } from "./aws_partitions.ts";

/**
 * How a store deviates from S3 as AWS has it.
 *
 * @since 0.1.0
 */
export interface S3Quirks {
  /** The bucket stands in the path (`host/bucket/key`), not in the host name. */
  readonly pathStyle: boolean;
  /** `always` lets the SDK add its own checksum headers; `required` only where S3 demands them. */
  readonly checksums: "always" | "required";
  /** `If-None-Match: *` on writes is atomic. Otherwise a HEAD goes before a create. */
  readonly createOnly: boolean;
  /** `If-Match` on writes is atomic. Otherwise such writes are refused as `NotSupported`. */
  readonly ifMatch: boolean;
  /** Which ListObjects it understands. */
  readonly listVersion: 1 | 2;
  /** `encoding-type=url` works in listings, so that any key survives the XML. */
  readonly urlEncodedListing: boolean;
  /** How many parts of one object go up at once. */
  readonly partsAtOnce: number;
  /** How many parts one object may have. */
  readonly mostParts: number;
  /** CopyObject works. Otherwise callers read and write. */
  readonly copy: boolean;
  /** UploadPartCopy works: for large sessions of which a part changed, and objects over 5 GB. */
  readonly copyParts: boolean;
  /** UploadPartCopy takes `x-amz-copy-source-if-match`. */
  readonly copyConditions: boolean;
  /** All parts of an object but the last must be of one length, and that no longer. */
  readonly equalParts: boolean;
  /** `x-amz-meta-` headers come back. */
  readonly metadata: boolean;
  /** Storage classes that it takes; `any` when the list is open. */
  readonly storageClasses: "any" | readonly string[];
  /** Values of `serverSideEncryption` that it takes; `any` when nobody knows better. */
  readonly encryption: "any" | readonly string[];
  /** `x-amz-tagging` is understood. */
  readonly tags: boolean;
}

/**
 * A store, or a kind of server, that speaks S3.
 *
 * @since 0.1.0
 */
export interface S3Provider {
  /** What people call it. */
  readonly label: string;
  /** Host names by which it is recognised; a group `region` names the region that is in one. */
  readonly hosts: readonly RegExp[];
  /** The region to sign for when nobody names one. */
  readonly defaultRegion: string;
  /** How it deviates. */
  readonly quirks: S3Quirks;
  /** Why, a line each, with the source. */
  readonly why: Readonly<Partial<Record<keyof S3Quirks | "region", string>>>;
}

/**
 * The providers that are known by name.
 *
 * @since 0.1.0
 */
export type S3ProviderName =
  | "aws"
  | "r2"
  | "minio"
  | "ceph"
  | "b2"
  | "wasabi"
  | "gcs"
  | "digitalocean"
  | "hetzner"
  | "scaleway"
  | "ovh"
  | "oracle"
  | "linode"
  | "storj"
  | "tigris"
  | "idrive"
  | "garage"
  | "seaweedfs"
  | "other";

/** What is assumed of a store that nobody knows anything about. */
const PLAIN: S3Quirks = {
  pathStyle: true,
  checksums: "required",
  createOnly: false,
  ifMatch: false,
  listVersion: 2,
  urlEncodedListing: true,
  partsAtOnce: 3,
  mostParts: 10_000,
  copy: true,
  copyParts: true,
  copyConditions: true,
  equalParts: false,
  metadata: true,
  storageClasses: "any",
  encryption: "any",
  tags: true,
};

const CHECKSUMS =
  "the SDK's own checksum headers break or are ignored on most stores that are not AWS";
const UNSHOWN = "nobody has shown that it honours conditional writes; set the quirk if yours does";

/**
 * What is known of each provider.
 *
 * @since 0.1.0
 */
export const S3_PROVIDERS: Readonly<Record<S3ProviderName, S3Provider>> = {
  aws: {
    label: "Amazon S3",
    hosts: AWS_HOSTS,
    defaultRegion: "us-east-1",
    quirks: {
      ...PLAIN,
      pathStyle: false,
      checksums: "always",
      createOnly: true,
      ifMatch: true,
      partsAtOnce: 4,
      encryption: ["AES256", "aws:kms", "aws:kms:dsse"],
    },
    why: {
      createOnly: "documented since August 2024",
      ifMatch: "documented since November 2024",
    },
  },
  r2: {
    label: "Cloudflare R2",
    hosts: [/\.r2\.cloudflarestorage\.com$/],
    defaultRegion: "auto",
    quirks: {
      ...PLAIN,
      createOnly: true,
      ifMatch: true,
      partsAtOnce: 2,
      copyConditions: false,
      equalParts: true,
      storageClasses: ["STANDARD", "STANDARD_IA"],
      encryption: [],
      tags: false,
    },
    why: {
      region: "R2 has one region, auto",
      checksums: "501 for x-amz-checksum-crc32 (aws-sdk-js-v3#6810)",
      createOnly: "documented: conditional operations of Put, Create and Complete",
      ifMatch: "documented: conditional operations of Put, Create and Complete",
      partsAtOnce: "more than 2 or 3 parts at once fail (Litestream's provider notes)",
      copyConditions: "documented: conditions of UploadPartCopy are not implemented",
      equalParts: "documented, and InvalidPart otherwise (opendal#2904, walgit#33)",
      storageClasses: "documented: Standard and Infrequent Access",
      encryption: "always encrypted; x-amz-server-side-encryption is not implemented",
      tags: "x-amz-tagging is not implemented",
    },
  },
  minio: {
    label: "MinIO",
    hosts: [/^play\.min\.io$/],
    defaultRegion: "us-east-1",
    quirks: PLAIN,
    why: {
      checksums: CHECKSUMS,
      createOnly: "releases before mid 2024 ignore it (minio#19681, #20346); set it on newer ones",
      ifMatch: "accepted on missing keys until late 2025 (minio#21526); set it on newer ones",
    },
  },
  ceph: {
    label: "Ceph Object Gateway",
    hosts: [],
    defaultRegion: "us-east-1",
    quirks: { ...PLAIN, createOnly: true, partsAtOnce: 4 },
    why: {
      checksums: CHECKSUMS,
      createOnly: "measured on 16.2, 18.2 and 20.2, also under races",
      ifMatch: "16.2 and 18.2 answer 412 to the current etag; 20.2 is right: set it there",
    },
  },
  b2: {
    label: "Backblaze B2",
    hosts: [/^s3\.(?<region>[a-z0-9-]+)\.backblazeb2\.com$/],
    defaultRegion: "us-west-004",
    quirks: {
      ...PLAIN,
      storageClasses: ["STANDARD"],
      encryption: ["AES256"],
      tags: false,
    },
    why: {
      region: "stands in the host name and must match",
      checksums: "Unsupported header 'x-amz-checksum-crc32' (nocobase#6872, zipline#746)",
      createOnly: "conditional PutObject answers NotImplemented (obsidian-s3-sync-and-backup#84)",
      ifMatch: "conditional PutObject answers NotImplemented (obsidian-s3-sync-and-backup#84)",
      storageClasses: "documented: one class",
      encryption: "documented: SSE-B2 with AES256, no KMS",
      tags: "documented: object tags are not supported",
    },
  },
  wasabi: {
    label: "Wasabi",
    hosts: [/^s3\.(?<region>[a-z0-9-]+)\.wasabisys\.com$/, /(^|\.)wasabisys\.com$/],
    defaultRegion: "us-east-1",
    quirks: { ...PLAIN, storageClasses: ["STANDARD"] },
    why: {
      region: "stands in the host name and must match",
      checksums: CHECKSUMS,
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      storageClasses: "documented: one class",
    },
  },
  gcs: {
    label: "Google Cloud Storage (interoperability)",
    hosts: [/(^|\.)storage\.googleapis\.com$/],
    defaultRegion: "auto",
    quirks: { ...PLAIN, copyParts: false, encryption: [], tags: false },
    why: {
      region: "its own examples for S3 clients sign for auto",
      checksums: "SignatureDoesNotMatch and ExcessHeaderValues (langfuse#13280)",
      createOnly: "conditions go by generation headers, not by etag",
      ifMatch: "conditions go by generation headers, not by etag",
      copyParts: "UploadPartCopy is not there (rclone's provider notes, issuetracker 323465186)",
      encryption: "keys are set on the bucket; x-amz-server-side-encryption is not understood",
      tags: "the XML API has no object tags",
    },
  },
  digitalocean: {
    label: "DigitalOcean Spaces",
    hosts: [/(^|\.)digitaloceanspaces\.com$/],
    defaultRegion: "us-east-1",
    quirks: { ...PLAIN, createOnly: true, storageClasses: ["STANDARD"], encryption: [] },
    why: {
      checksums: "aws-chunked uploads fail (Litestream's provider notes)",
      createOnly: "documented: If-None-Match on PUT",
      ifMatch: UNSHOWN,
      storageClasses: "documented: one class for objects",
      encryption: "documented: encrypted at rest, not chosen per object",
    },
  },
  hetzner: {
    label: "Hetzner Object Storage",
    hosts: [/(^|\.)(?<region>[a-z0-9]+)\.your-objectstorage\.com$/],
    defaultRegion: "fsn1",
    quirks: { ...PLAIN, storageClasses: ["STANDARD"] },
    why: {
      region: "stands in the host name",
      checksums: "aws-chunked uploads fail (Litestream's provider notes)",
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      storageClasses: "documented: one class",
    },
  },
  scaleway: {
    label: "Scaleway Object Storage",
    hosts: [/(^|\.)s3\.(?<region>[a-z-]+)\.scw\.cloud$/],
    defaultRegion: "fr-par",
    quirks: { ...PLAIN, createOnly: true, ifMatch: true, mostParts: 1000 },
    why: {
      region: "stands in the host name and must match",
      checksums: "aws-chunked uploads fail (Litestream's provider notes)",
      createOnly: "documented: conditional writes",
      ifMatch: "documented: conditional writes",
      mostParts: "documented: 1,000 parts, as rclone's provider notes have it",
    },
  },
  ovh: {
    label: "OVHcloud Object Storage",
    hosts: [/(^|\.)s3\.(?<region>[a-z0-9-]+)\.(io\.|perf\.)?cloud\.ovh\.(net|us)$/],
    defaultRegion: "gra",
    quirks: { ...PLAIN, createOnly: true, ifMatch: true },
    why: {
      region: "stands in the host name",
      checksums: CHECKSUMS,
      createOnly: "documented since June 2026: conditional writes of Put and Complete",
      ifMatch: "documented since June 2026: conditional writes of Put and Complete",
    },
  },
  oracle: {
    label: "Oracle Cloud Object Storage",
    hosts: [
      /\.compat\.objectstorage\.(?<region>[a-z0-9-]+)\.(oraclecloud|oci\.customer-oci)\.com$/,
    ],
    defaultRegion: "us-ashburn-1",
    quirks: { ...PLAIN, encryption: [], tags: false },
    why: {
      region: "stands in the host name and must match",
      pathStyle: "documented: no virtual-host style",
      checksums: "aws-chunked and crc32 are refused (litestream#808)",
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      encryption: "keys are set on the bucket",
      tags: "documented: object tags are not supported",
    },
  },
  linode: {
    label: "Akamai (Linode) Object Storage",
    hosts: [/(^|\.)(?<region>[a-z]+-[a-z]+(-[a-z0-9]+)*)\.linodeobjects\.com$/],
    defaultRegion: "us-east-1",
    quirks: { ...PLAIN, storageClasses: ["STANDARD"] },
    why: {
      checksums: CHECKSUMS,
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      storageClasses: "documented: one class",
    },
  },
  storj: {
    label: "Storj",
    hosts: [/(^|\.)gateway\.storjshare\.io$/, /(^|\.)storjgateway\.com$/],
    defaultRegion: "us-east-1",
    quirks: {
      ...PLAIN,
      createOnly: true,
      copyParts: false,
      storageClasses: ["STANDARD"],
      encryption: [],
    },
    why: {
      checksums: CHECKSUMS,
      createOnly: "implemented for Put and Complete in 2025 (storj/edge#564)",
      ifMatch: UNSHOWN,
      copyParts: "no server-side copy of parts (rclone's provider notes)",
      storageClasses: "there is one class",
      encryption: "always encrypted, not chosen per object",
    },
  },
  tigris: {
    label: "Tigris",
    hosts: [/(^|\.)fly\.storage\.tigris\.dev$/, /(^|\.)t3\.storage(api)?\.dev$/],
    defaultRegion: "auto",
    quirks: PLAIN,
    why: {
      region: "Tigris has one region, auto",
      checksums: CHECKSUMS,
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
    },
  },
  idrive: {
    label: "IDrive e2",
    hosts: [/\.idrivee2(-\d+)?\.com$/],
    defaultRegion: "us-east-1",
    quirks: { ...PLAIN, storageClasses: ["STANDARD"] },
    why: {
      checksums: CHECKSUMS,
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      storageClasses: "there is one class",
    },
  },
  garage: {
    label: "Garage",
    hosts: [],
    defaultRegion: "garage",
    quirks: { ...PLAIN, encryption: [], tags: false },
    why: {
      region: "its configuration's default is garage",
      checksums: CHECKSUMS,
      createOnly: UNSHOWN,
      ifMatch: UNSHOWN,
      encryption: "documented: SSE-C only",
      tags: "documented: object tags are not supported",
    },
  },
  seaweedfs: {
    label: "SeaweedFS",
    hosts: [],
    defaultRegion: "us-east-1",
    quirks: PLAIN,
    why: {
      checksums: CHECKSUMS,
      createOnly: "documented since August 2025, ignored before; set it on newer ones",
      ifMatch: "documented since August 2025, ignored before; set it on newer ones",
    },
  },
  other: {
    label: "an S3-compatible store",
    hosts: [],
    defaultRegion: "us-east-1",
    quirks: PLAIN,
    why: { checksums: CHECKSUMS, createOnly: UNSHOWN, ifMatch: UNSHOWN },
  },
};

/**
 * The provider behind an endpoint.
 *
 * @param host The endpoint's host name, in lower case; none for AWS's own.
 * @returns Its name (`other` for a host that nobody knows, as localhost), and the region that the
 * host names, if it does.
 *
 * @since 0.1.0
 */
export function s3ProviderOf(
  host: string | undefined,
): { readonly name: S3ProviderName; readonly region?: string } {
  if (host === undefined) return { name: "aws" };
  for (const name of Object.keys(S3_PROVIDERS) as S3ProviderName[]) {
    for (const pattern of S3_PROVIDERS[name].hosts) {
      const match = pattern.exec(host);
      if (match) return { name, region: match.groups?.region };
    }
  }
  return { name: "other" };
}
