/**
 * What an S3 backend's part of the configuration may hold.
 *
 * @module
 */
import { z } from "zod";
import {
  BUCKET,
  COUNTS,
  ENCRYPTIONS,
  ENDPOINT,
  INCREMENTAL,
  KEYS,
  KMS_KEY,
  MOST_TAGS,
  plainEndpoint,
  plainPrefix,
  PREFIX,
  PROFILE,
  REGION,
  STORAGE_CLASS,
  TAG_NAME,
  TAG_VALUE,
} from "../../backends/s3/values.ts";
import { S3_PROVIDERS, type S3ProviderName } from "../../backends/s3_providers.ts";
import { LAYOUT_NEEDS, layoutKeys } from "./layout_schema.ts";
import { checkedText, choice, count, decision } from "./schema_parts.ts";

const PROVIDER_NAMES = Object.keys(S3_PROVIDERS) as S3ProviderName[];

/** The keys to a store. */
export const credentials = z.strictObject({
  accessKeyId: checkedText({
    ...KEYS.accessKeyId,
    about: "Names the access key.",
  }),
  secretAccessKey: checkedText({
    ...KEYS.secretAccessKey,
    about: "The secret of the access key; best a variable such as ${MY_SECRET}.",
  }),
  sessionToken: checkedText({
    ...KEYS.sessionToken,
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
  partsAtOnce: count(...COUNTS.partsAtOnce, "How many parts of one object go up at once.")
    .optional(),
  mostParts: count(...COUNTS.mostParts, "How many parts one object may have.").optional(),
  copy: decision("Whether the store can copy objects.").optional(),
  copyParts: decision("Whether the store can copy objects part by part.").optional(),
  copyConditions: decision("Whether the store copies parts only of a given version when asked to.")
    .optional(),
  equalParts: decision("Whether all parts of an object but the last must be of one length.")
    .optional(),
  metadata: decision("Whether the store keeps metadata of objects.").optional(),
  tags: decision("Whether the store knows tags of objects.").optional(),
}, { error: "give a map of quirks" })
  .meta({ description: "What of the provider's dialect is to be overridden." });

const tags = z.record(checkedText(TAG_NAME), checkedText(TAG_VALUE), {
  error: "give a map of tags",
})
  .refine((map) => Object.keys(map).length <= MOST_TAGS, {
    error: `has over ${MOST_TAGS} tags, which S3 refuses`,
  })
  .meta({ description: "Tags of what is written; up to ten.", maxProperties: MOST_TAGS });

/** An S3 backend. */
export const s3Schema = z.strictObject({
  type: z.literal("s3"),
  bucket: checkedText({
    ...BUCKET,
    about: "The bucket's name.",
  }),
  region: checkedText({
    ...REGION,
    about: "The bucket's region; the profile's or the environment's when left out.",
  }).optional(),
  profile: checkedText({
    ...PROFILE,
    about: "The profile of the shared AWS configuration to use.",
  }).optional(),
  credentials: credentials.optional(),
  prefix: checkedText({
    ...PREFIX,
    about: "What all keys begin with; segments with / between them.",
  }).transform(plainPrefix).optional(),
  endpoint: checkedText({
    ...ENDPOINT,
    about: "The store's address, without the bucket. AWS when left out.",
  }).transform(plainEndpoint).optional(),
  forcePathStyle: decision("Whether the bucket is named in the path of requests, not in the host.")
    .optional(),
  storageClass: checkedText({
    ...STORAGE_CLASS,
    about: "The storage class of what is written.",
    examples: ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"],
  }).optional(),
  serverSideEncryption: choice(
    ENCRYPTIONS,
    "How the store encrypts what is written.",
  ).optional(),
  kmsKeyId: checkedText({
    ...KMS_KEY,
    about: "The KMS key to encrypt with; only with one of the KMS encryptions.",
  }).optional(),
  tags: tags.optional(),
  incremental: choice(
    INCREMENTAL,
    "When only what changed of a large session is sent; auto where the bucket keeps no versions.",
  ).optional(),
  provider: choice(
    PROVIDER_NAMES,
    "Whose dialect of S3 the store speaks; told by the endpoint when left out.",
  ).optional(),
  quirks: quirks.optional(),
  ...layoutKeys,
}).meta({
  not: { required: ["profile", "credentials"] },
  dependentRequired: { kmsKeyId: ["serverSideEncryption"], ...LAYOUT_NEEDS },
});
