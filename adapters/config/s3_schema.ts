/**
 * What an S3 backend's part of the configuration may hold.
 *
 * @module
 */
import { z } from "zod";
import { S3_PROVIDERS, type S3ProviderName } from "../../backends/s3_providers.ts";
import { checkedText, choice, count, decision } from "./schema_parts.ts";
import {
  BUCKET,
  bucketFault,
  endpointFault,
  plainEndpoint,
  plainPrefix,
  prefixFault,
} from "./s3_values.ts";

const PROVIDER_NAMES = Object.keys(S3_PROVIDERS) as S3ProviderName[];

const CREDENTIAL = /^[!-~]{1,4096}$/;

/** The keys to a store. */
export const credentials = z.strictObject({
  accessKeyId: checkedText({
    pattern: CREDENTIAL,
    allowed: "give the id of the access key, without spaces",
    about: "Names the access key.",
  }),
  secretAccessKey: checkedText({
    pattern: /^[ -~]{0,4095}[!-~]$/,
    allowed: "give the secret key, as ${MY_SECRET} from the environment",
    about: "The secret of the access key; best a variable such as ${MY_SECRET}.",
  }),
  sessionToken: checkedText({
    pattern: CREDENTIAL,
    allowed: "give the session token, as ${MY_TOKEN} from the environment",
    about: "What goes with keys for a time.",
  }).optional(),
}, { error: "give accessKeyId and secretAccessKey" })
  .meta({ description: "The keys; found the way of the AWS SDK when left out." });

/** Overrides of a store's dialect. */
export const quirks = z.strictObject({
  createOnly: decision("Whether the store refuses to overwrite when asked to create.").optional(),
  ifMatch: decision("Whether the store overwrites only a given version when asked to.").optional(),
  checksums: choice(
    ["always", "required"],
    "Whether every request carries a checksum, or only those that must.",
  ).optional(),
  listVersion: z.union([z.literal(1), z.literal(2)], { error: "give 1 or 2" })
    .meta({ description: "The version of the listing call." }).optional(),
  pathStyle: decision("Whether the bucket is named in the path of requests.").optional(),
  urlEncodedListing: decision("Whether listings can encode keys, so that any survives.").optional(),
  partsAtOnce: count(1, 16, "How many parts of one object go up at once.").optional(),
  mostParts: count(2, 10_000, "How many parts one object may have.").optional(),
  copy: decision("Whether the store can copy objects.").optional(),
  copyParts: decision("Whether the store can copy objects part by part.").optional(),
  metadata: decision("Whether the store keeps metadata of objects.").optional(),
  tags: decision("Whether the store knows tags of objects.").optional(),
}, { error: "give a map of quirks" })
  .meta({ description: "What of the provider's dialect is to be overridden." });

const TAG_SIGNS = "letters, digits, spaces and + - = . _ : / @";

const tagName = checkedText({
  pattern: /^(?!aws:)[\p{L}\p{N} +\-=._:/@]{1,128}$/u,
  allowed: `a tag's name has 1 to 128 ${TAG_SIGNS}, and does not begin with aws:`,
});

const tagValue = checkedText({
  pattern: /^[\p{L}\p{N} +\-=._:/@]{0,256}$/u,
  allowed: `give a text of up to 256 ${TAG_SIGNS}`,
});

const tags = z.record(tagName, tagValue, { error: "give a map of tags" })
  .refine((map) => Object.keys(map).length <= 10, { error: "has over 10 tags, which S3 refuses" })
  .meta({ description: "Tags of what is written; up to ten.", maxProperties: 10 });

/** An S3 backend. */
export const s3Schema = z.strictObject({
  type: z.literal("s3"),
  bucket: checkedText({
    fault: bucketFault,
    pattern: BUCKET,
    allowed: "give the bucket's name",
    about: "The bucket's name.",
  }),
  region: checkedText({
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    allowed: "give the bucket's region, such as eu-central-1",
    about: "The bucket's region; the profile's or the environment's when left out.",
  }).optional(),
  profile: checkedText({
    pattern: /^[^\p{Cc}[\]]{1,200}$/u,
    allowed: "give the name of a profile of the AWS configuration, without [ and ]",
    about: "The profile of the shared AWS configuration to use.",
  }).optional(),
  credentials: credentials.optional(),
  prefix: checkedText({
    fault: prefixFault,
    pattern: /^[^\p{Cc}]*$/u,
    allowed: "give what all keys shall begin with, such as laptop/sessions",
    about: "What all keys begin with; segments with / between them.",
  }).transform(plainPrefix).optional(),
  endpoint: checkedText({
    fault: endpointFault,
    pattern: /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^@?#\s]+$/,
    allowed: "give the store's address, such as https://s3.example.com",
    about: "The store's address, without the bucket. AWS when left out.",
  }).transform(plainEndpoint).optional(),
  forcePathStyle: decision("Whether the bucket is named in the path of requests, not in the host.")
    .optional(),
  storageClass: checkedText({
    pattern: /^[A-Z][A-Z0-9_-]{0,63}$/,
    allowed: "give a storage class, such as STANDARD_IA",
    about: "The storage class of what is written.",
    examples: ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"],
  }).optional(),
  serverSideEncryption: choice(
    ["AES256", "aws:kms", "aws:kms:dsse"],
    "How the store encrypts what is written.",
  ).optional(),
  kmsKeyId: checkedText({
    pattern: /^[\w:/-]{1,2048}$/,
    allowed: "give the id, alias or ARN of a KMS key",
    about: "The KMS key to encrypt with; only with one of the KMS encryptions.",
  }).optional(),
  tags: tags.optional(),
  provider: choice(
    PROVIDER_NAMES,
    "Whose dialect of S3 the store speaks; told by the endpoint when left out.",
  ).optional(),
  quirks: quirks.optional(),
}).meta({
  not: { required: ["profile", "credentials"] },
  dependentRequired: { kmsKeyId: ["serverSideEncryption"] },
});
