/**
 * What one S3 backend goes by, worked out before the first request: the place, the provider and its
 * quirks, and what goes with every object. Whatever cannot work there is refused here.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import { S3_PROVIDERS, type S3ProviderName, s3ProviderOf, type S3Quirks } from "../s3_providers.ts";
import { normalPrefix } from "./keys.ts";
import type { S3Place } from "./place.ts";

/** What the user says of the objects that are written. */
export interface ObjectOptions {
  /** The store's name of a storage class. */
  readonly storageClass?: string;
  /** `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly serverSideEncryption?: string;
  /** The KMS key, where the encryption is one of KMS. */
  readonly kmsKeyId?: string;
  /** Object tags, at most ten. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What the user says, as far as this file needs it. */
export interface S3Wishes extends ObjectOptions {
  /** The backend's name, for errors. */
  readonly backend: string;
  /** The bucket's name. */
  readonly bucket: string;
  /** What stands before every key. */
  readonly prefix?: string;
  /** Overrides the provider's quirk. */
  readonly forcePathStyle?: boolean;
  /** Overrides what the endpoint tells. */
  readonly provider?: S3ProviderName;
  /** Overrides single quirks. */
  readonly quirks?: Partial<S3Quirks>;
}

/** All that is settled. */
export interface S3Settings extends ObjectOptions {
  /** The backend's name. */
  readonly backend: string;
  /** The bucket's name. */
  readonly bucket: string;
  /** Nothing, or names that each end in a slash. */
  readonly prefix: string;
  /** The store's address; none for AWS's own. */
  readonly endpoint?: string;
  /** The region to sign for. */
  readonly region: string;
  /** Which kind of store it is. */
  readonly provider: S3ProviderName;
  /** How it deviates. */
  readonly quirks: S3Quirks;
  /** Who named the endpoint and the region, in words. */
  readonly from: { readonly endpoint: string; readonly region: string };
  /** How messages call the store: its address, or AWS and the region. */
  readonly where: string;
  /** The same for one place, whatever reached it. */
  readonly identity: string;
}

/**
 * Settles everything that can be settled without a request.
 *
 * @param wishes What the user wants.
 * @param place Where the configuration leads.
 * @throws ArchiveError `Invalid` for what can never work there.
 */
export function settle(wishes: S3Wishes, place: S3Place): S3Settings {
  const { backend, bucket } = wishes;
  const endpoint = place.endpoint === undefined ? undefined : new URL(place.endpoint);
  checkBucket(bucket, endpoint, backend);
  const found = s3ProviderOf(endpoint?.hostname);
  const provider = wishes.provider ?? found.name;
  const known = providerOf(provider, backend);
  const quirks = { ...known.quirks, ...pathStyle(wishes), ...wishes.quirks };
  const region = place.region ?? found.region ?? known.defaultRegion;
  const prefix = normalPrefix(wishes.prefix ?? "", backend);
  const isAws = found.name === "aws";
  const settings: S3Settings = {
    ...objectOptions(wishes),
    backend,
    bucket,
    prefix,
    endpoint: place.endpoint,
    region,
    provider,
    quirks,
    from: {
      endpoint: place.from.endpoint,
      region: place.region === undefined
        ? regionSource(found.region, known.label)
        : place.from.region,
    },
    where: endpoint === undefined ? `Amazon S3 (${region})` : addressOf(endpoint),
    identity: `s3:${isAws ? partitionOf(region, endpoint) : hostOf(endpoint)}/${bucket}/${prefix}`,
  };
  checkObjectOptions(settings, known.label);
  return settings;
}

function providerOf(name: string, backend: string) {
  if (Object.hasOwn(S3_PROVIDERS, name)) return S3_PROVIDERS[name as S3ProviderName];
  const message =
    `the provider ${JSON.stringify(name)} of the backend ${JSON.stringify(backend)} ` +
    `is not known; use one of ${Object.keys(S3_PROVIDERS).join(", ")}`;
  throw new ArchiveError("Invalid", message, { backend });
}

function pathStyle({ forcePathStyle }: S3Wishes): Partial<S3Quirks> {
  return forcePathStyle === undefined ? {} : { pathStyle: forcePathStyle };
}

function objectOptions(wishes: ObjectOptions): ObjectOptions {
  const { storageClass, serverSideEncryption, kmsKeyId, tags } = wishes;
  return { storageClass, serverSideEncryption, kmsKeyId, tags };
}

function regionSource(fromHost: string | undefined, label: string): string {
  return fromHost === undefined ? `the default of ${label}` : "the endpoint's host name";
}

function checkBucket(bucket: string, endpoint: URL | undefined, backend: string): void {
  const fault = bucketFault(bucket, endpoint);
  if (fault === undefined) return;
  const message = `the bucket ${JSON.stringify(bucket)} of the backend ${
    JSON.stringify(backend)
  } ${fault}`;
  throw new ArchiveError("Invalid", message, { backend });
}

function bucketFault(bucket: string, endpoint: URL | undefined): string | undefined {
  if (bucket.startsWith("arn:")) return undefined;
  if (bucket === "") return "is empty; give the bucket's name";
  if (/^s3:\/\//i.test(bucket)) {
    return 'is an address; give the bare name, and the rest as "prefix"';
  }
  if (bucket.includes("/")) return 'holds a slash; give what follows the name as "prefix"';
  if (!/^[A-Za-z0-9._-]{3,255}$/.test(bucket)) {
    return "is not a bucket's name; those have 3 to 63 letters, digits, dots and hyphens";
  }
  if (bucket.endsWith("--x-s3")) {
    return "is an S3 Express directory bucket, which lists its keys in no order; use a general " +
      "purpose bucket";
  }
  if (endpoint === undefined) return undefined;
  if (endpoint.pathname.split("/").includes(bucket)) {
    return "stands in the endpoint's path too; leave it out there";
  }
  if (
    endpoint.hostname.startsWith(`${bucket}.`) && s3ProviderOf(endpoint.hostname).name !== "other"
  ) {
    return "stands in the endpoint's host name too; leave it out there";
  }
}

/** Bucket names are unique in one of these. */
function partitionOf(region: string, endpoint: URL | undefined): string {
  const named = endpoint === undefined ? region : endpoint.hostname;
  if (/(^|\.)cn-|\.cn$/.test(named)) return "aws-cn";
  if (/(^|\.)us-gov-/.test(named)) return "aws-us-gov";
  if (/(^|\.)eusc-|\.amazonaws\.eu$/.test(named)) return "aws-eusc";
  const isolated = /(^|\.)[a-z]{2}-(iso[a-z]*)-/.exec(named);
  return isolated ? `aws-${isolated[2]}` : "aws";
}

function hostOf(endpoint: URL | undefined): string {
  return endpoint === undefined ? "" : endpoint.host + endpoint.pathname.replace(/\/+$/, "");
}

function addressOf(endpoint: URL): string {
  return endpoint.origin + endpoint.pathname.replace(/\/+$/, "");
}

function checkObjectOptions(settings: S3Settings, label: string): void {
  const fault = objectFault(settings, label);
  if (fault === undefined) return;
  const { backend } = settings;
  const message = `the backend ${JSON.stringify(backend)} cannot store objects as asked: ${fault}`;
  throw new ArchiveError("Invalid", message, { backend });
}

function objectFault(settings: S3Settings, label: string): string | undefined {
  const { storageClass, serverSideEncryption, kmsKeyId, tags, quirks } = settings;
  if (storageClass !== undefined && !isIn(storageClass, quirks.storageClasses)) {
    return `${label} has no storageClass ${JSON.stringify(storageClass)}; ${
      oneOf(quirks.storageClasses)
    }`;
  }
  if (serverSideEncryption !== undefined && !isIn(serverSideEncryption, quirks.encryption)) {
    return `${label} does not take serverSideEncryption ${JSON.stringify(serverSideEncryption)}; ${
      oneOf(quirks.encryption)
    }`;
  }
  if (kmsKeyId !== undefined && !serverSideEncryption?.startsWith("aws:kms")) {
    return 'kmsKeyId needs serverSideEncryption "aws:kms" or "aws:kms:dsse"; add it, or leave the ' +
      "key out";
  }
  return tags === undefined ? undefined : tagsFault(tags, quirks.tags, label);
}

function tagsFault(
  tags: Readonly<Record<string, string>>,
  taken: boolean,
  label: string,
): string | undefined {
  const entries = Object.entries(tags);
  if (entries.length === 0) return undefined;
  if (!taken) return `${label} keeps no object tags; leave "tags" out`;
  if (entries.length > 10) return `it has ${entries.length} tags; S3 keeps at most 10`;
  const long = entries.find(([name, value]) =>
    name === "" || name.length > 128 || value.length > 256
  );
  if (long === undefined) return undefined;
  return `the tag ${
    JSON.stringify(long[0].slice(0, 140))
  } is too long or has no name; names have ` +
    "1 to 128 characters, values up to 256";
}

function isIn(value: string, allowed: "any" | readonly string[]): boolean {
  return allowed === "any" || allowed.includes(value);
}

function oneOf(allowed: "any" | readonly string[]): string {
  if (allowed === "any" || allowed.length === 0) return "leave it out";
  return `use ${allowed.map((value) => JSON.stringify(value)).join(" or ")}, or leave it out`;
}
