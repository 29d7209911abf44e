/**
 * How stores differ from S3 as AWS documents it: what each refuses, ignores or gets wrong, as data.
 * A store that is not known for something does it as AWS does.
 *
 * @module
 */
import type { Operation } from "./request.ts";

/** What a store does instead of what AWS does. */
export interface Personality {
  /** What tests call it. */
  readonly name: string;
  /** What it answers with an error. */
  readonly refuses: readonly Refusal[];
  /** What it takes without a word and without effect. */
  readonly ignores: Ignored;
  /** What it does wrong. */
  readonly mistakes: Mistakes;
}

/** Requests that a store refuses. */
export interface Refusal {
  /** The operations; all of them when not given. */
  readonly on?: readonly Operation[];
  /** A header that has to be there, and what its value has to look like. */
  readonly having?: { readonly header: RegExp; readonly value?: RegExp };
  /** A header that has to be missing. */
  readonly lacking?: string;
  /** What it answers; `{header}` and `{value}` are those that were found. */
  readonly answer: { readonly status: number; readonly code: string; readonly message: string };
}

/** What a store takes and forgets. */
export interface Ignored {
  /** Operations on which `If-Match` and `If-None-Match` have no effect. */
  readonly conditionals?: readonly Operation[];
  /** Whether `x-amz-meta-*` is dropped. */
  readonly userMetadata?: boolean;
  /** Whether `x-amz-copy-source-if-match` has no effect on UploadPartCopy. */
  readonly partSourceMatch?: boolean;
}

/** What a store gets wrong. */
export interface Mistakes {
  /** `If-Match` on a key that does not exist stores the object. */
  readonly ifMatchMakesMissingKey?: boolean;
  /** `If-Match` with the current etag answers 412 too. */
  readonly ifMatchNeverMatches?: boolean;
  /** Parts but the last of different lengths, or a longer last one, cannot be completed. */
  readonly wantsEqualParts?: boolean;
  /** Bodies framed as `aws-chunked` are stored with their framing. */
  readonly keepsChunkFraming?: boolean;
}

/** Names of the personalities here. */
export type PersonalityName =
  | "plain"
  | "r2"
  | "ceph"
  | "b2"
  | "gcs"
  | "old-minio"
  | "old-ceph"
  | "wasabi"
  | "ignorant";

const WRITES = ["PutObject", "CopyObject", "CompleteMultipartUpload"] as const;
const CONDITIONAL = /^if-(none-)?match$/;
const CHECKSUM = /^x-amz-checksum-/;
const FRAMED = { header: /^x-amz-content-sha256$/, value: /^STREAMING-/ };

/** What R2 says of a header that it has not. */
const R2_HEADER = {
  status: 501,
  code: "NotImplemented",
  message: "Header '{header}' with value '{value}' not implemented",
};

/** What B2 says of a header that it has not. */
const B2_HEADER = {
  status: 400,
  code: "InvalidArgument",
  message: "Unsupported header '{header}' received for this API call.",
};

/** What MinIO says of a multi-object delete without `Content-MD5`. */
const MISSING_MD5 = {
  status: 400,
  code: "MissingContentMD5",
  message: "Missing required header for this request: Content-Md5.",
};

/** What stores say, in AWS's words, of a header that they do not know. */
const NOT_IMPLEMENTED = {
  status: 501,
  code: "NotImplemented",
  message: "A header you provided implies functionality that is not implemented",
};

/** The personalities, by name. */
export const PERSONALITIES: Readonly<Record<PersonalityName, Personality>> = {
  /** AWS S3, and what comes near it: MinIO of today. */
  plain: { name: "plain", refuses: [], ignores: {}, mistakes: {} },

  /** Cloudflare R2, as of January 2025. Conditional writes work. */
  r2: {
    name: "r2",
    refuses: [
      // aws-sdk-js-v3#6810; also Cloudflare's status page of 2025-01-17, for checksum-algorithm.
      { on: ["PutObject", "UploadPart"], having: { header: CHECKSUM }, answer: R2_HEADER },
      {
        on: ["CreateMultipartUpload"],
        having: { header: /^x-amz-checksum-algorithm$/ },
        answer: R2_HEADER,
      },
      // cloudflare-docs#6133, soto#643: the message is the value of x-amz-content-sha256.
      { having: FRAMED, answer: { ...R2_HEADER, message: "{value} not implemented" } },
      // developers.cloudflare.com/r2/api/s3/api, the tables of what is not implemented.
      { having: { header: /^x-amz-tagging/ }, answer: R2_HEADER },
      {
        on: ["GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"],
        answer: { ...R2_HEADER, message: "ObjectTagging not implemented" },
      },
      { having: { header: /^x-amz-storage-class$/, value: /^(?!STANDARD$)/ }, answer: R2_HEADER },
      {
        having: { header: /^x-amz-server-side-encryption$/, value: /^aws:kms/ },
        answer: R2_HEADER,
      },
      // cloudflare-docs#32458.
      {
        on: ["UploadPartCopy"],
        having: { header: /^x-amz-copy-source-if-/ },
        answer: R2_HEADER,
      },
    ],
    ignores: {},
    // opendal#2904.
    mistakes: { wantsEqualParts: true },
  },

  /** Ceph 20, as measured. */
  ceph: { name: "ceph", refuses: [], ignores: { partSourceMatch: true }, mistakes: {} },

  /** Backblaze B2. */
  b2: {
    name: "b2",
    refuses: [
      // pingvin-share#798, zipline#746 (mode too), craft-remote-backup#63 (UploadPart).
      { having: { header: CHECKSUM }, answer: B2_HEADER },
      // home-assistant#143995.
      { having: { header: /^x-amz-sdk-checksum-/ }, answer: B2_HEADER },
      // No evidence of conditional writes from Backblaze itself; the stricter case is the one to
      // be ready for.
      { on: WRITES, having: { header: CONDITIONAL }, answer: NOT_IMPLEMENTED },
    ],
    ignores: {},
    mistakes: {},
  },

  /** Google Cloud Storage through its XML interface. */
  gcs: {
    name: "gcs",
    refuses: [
      // langfuse#13280, milvus-storage#480.
      {
        on: ["CompleteMultipartUpload"],
        having: { header: CONDITIONAL },
        answer: {
          status: 412,
          code: "PreconditionFailed",
          message: "At least one of the pre-conditions you specified did not hold.",
        },
      },
      // It knows no aws-chunked, so what it hashes is not what was signed.
      {
        having: FRAMED,
        answer: {
          status: 403,
          code: "SignatureDoesNotMatch",
          message: "Access denied.",
        },
      },
      // langfuse#14981: the fix for GCS was Content-MD5.
      { on: ["DeleteObjects"], lacking: "content-md5", answer: MISSING_MD5 },
      // rclone's provider notes, issuetracker 323465186.
      { on: ["UploadPartCopy"], answer: NOT_IMPLEMENTED },
    ],
    // Its preconditions are headers of their own, x-goog-if-generation-match.
    ignores: { conditionals: ["PutObject", "CopyObject"] },
    mistakes: {},
  },

  /** MinIO before 2025. */
  "old-minio": {
    name: "old-minio",
    refuses: [
      // owncast#5190, arrow-rs-object-store#90.
      { on: ["DeleteObjects"], lacking: "content-md5", answer: MISSING_MD5 },
      // Before it knew trailers, the value was taken for a hash.
      {
        having: { header: /^x-amz-content-sha256$/, value: /-TRAILER$/ },
        answer: {
          status: 400,
          code: "XAmzContentSHA256Mismatch",
          message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
        },
      },
    ],
    ignores: {},
    // minio#21526.
    mistakes: { ifMatchMakesMissingKey: true },
  },

  /** Ceph 16 and 18, as Debian has them; both mistakes seen there with the AWS SDK. */
  "old-ceph": {
    name: "old-ceph",
    refuses: [],
    ignores: {},
    mistakes: { ifMatchNeverMatches: true, keepsChunkFraming: true },
  },

  /** Wasabi; nothing was found that says it knows conditional writes. */
  wasabi: { name: "wasabi", refuses: [], ignores: { conditionals: WRITES }, mistakes: {} },

  /** The least that still calls itself S3: StorageGRID 12.1 "may accept and ignore" conditions. */
  ignorant: {
    name: "ignorant",
    refuses: [],
    ignores: { conditionals: [...WRITES, "DeleteObject"], userMetadata: true },
    mistakes: {},
  },
};
