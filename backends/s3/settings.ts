/**
 * What one S3 backend goes by, worked out before the first request: the place, the provider and its
 * quirks, and what goes with every object. Whatever cannot work there is refused here.
 *
 * @module
 */
import { ArchiveError } from "../../core/errors.ts";
import { partitionOfHost, partitionOfRegion } from "../aws_partitions.ts";
import { S3_PROVIDERS, type S3ProviderName, s3ProviderOf, type S3Quirks } from "../s3_providers.ts";
import { checkAgreement } from "./check_options.ts";
import { normalPrefix } from "./keys.ts";
import type {
  Named,
  ObjectOptions,
  S3BackendOptions,
  S3BackendPlace,
  S3Incremental,
} from "./options.ts";
import type { S3Place } from "./place.ts";
import { ENCRYPTIONS, MOST_TAGS, plainEndpoint, TAG_NAME, TAG_VALUE, textFault } from "./values.ts";

/** All that is settled. */
export interface S3Settings extends S3BackendPlace, ObjectOptions {
  /** The backend's name. */
  readonly backend: string;
  /** How messages call the store: its address, or AWS and the region. */
  readonly where: string;
  /** The same for one place, whatever reached it. */
  readonly identity: string;
  /** When only what changed is sent. */
  readonly incremental: S3Incremental;
}

/**
 * Settles everything that can be settled without a request.
 *
 * @param options What the user wants.
 * @param place Where the configuration leads.
 * @throws ArchiveError `Invalid` for what can never work there.
 */
export function settle(options: Named<S3BackendOptions>, place: S3Place): S3Settings {
  checkAgreement({ ...options, endpoint: place.endpoint });
  const { backend, bucket } = options;
  const endpoint = place.endpoint === undefined ? undefined : new URL(place.endpoint);
  const found = s3ProviderOf(endpoint?.hostname);
  const provider = options.provider ?? found.name;
  const known = providerOf(provider, backend);
  const quirks = { ...known.quirks, ...pathStyle(options), ...options.quirks };
  const region = place.region ?? found.region ?? known.defaultRegion;
  const prefix = normalPrefix(options.prefix ?? "", backend);
  const isAws = found.name === "aws";
  const settings: S3Settings = {
    ...objectOptions(options),
    incremental: options.incremental ?? "auto",
    backend,
    bucket,
    prefix,
    endpoint: place.endpoint,
    region,
    profile: place.profile,
    provider,
    quirks,
    from: {
      endpoint: place.from.endpoint,
      region: place.region === undefined
        ? regionSource(found.region, known.label)
        : place.from.region,
    },
    where: endpoint === undefined ? `Amazon S3 (${region})` : plainEndpoint(endpoint.href),
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

function pathStyle({ forcePathStyle }: S3BackendOptions): Partial<S3Quirks> {
  return forcePathStyle === undefined ? {} : { pathStyle: forcePathStyle };
}

function objectOptions(options: ObjectOptions): ObjectOptions {
  const { storageClass, serverSideEncryption, kmsKeyId, tags } = options;
  return { storageClass, serverSideEncryption, kmsKeyId, tags };
}

function regionSource(fromHost: string | undefined, label: string): string {
  return fromHost === undefined ? `the default of ${label}` : "the endpoint's host name";
}

/** Bucket names are unique in one of these. */
function partitionOf(region: string, endpoint: URL | undefined): string {
  return (endpoint === undefined ? partitionOfRegion(region) : partitionOfHost(endpoint.hostname))
    .name;
}

function hostOf(endpoint: URL | undefined): string {
  return endpoint === undefined ? "" : endpoint.host + endpoint.pathname.replace(/\/+$/, "");
}

function checkObjectOptions(settings: S3Settings, label: string): void {
  const fault = objectFault(settings, label);
  if (fault === undefined) return;
  const { backend } = settings;
  const message = `the backend ${JSON.stringify(backend)} cannot store objects as asked: ${fault}`;
  throw new ArchiveError("Invalid", message, { backend });
}

function objectFault(settings: S3Settings, label: string): string | undefined {
  const { storageClass, serverSideEncryption, tags, quirks } = settings;
  if (storageClass !== undefined && !isIn(storageClass, quirks.storageClasses)) {
    return `${label} has no storageClass ${JSON.stringify(storageClass)}; ${
      oneOf(quirks.storageClasses)
    }`;
  }
  const encryptions = quirks.encryption === "any" ? ENCRYPTIONS : quirks.encryption;
  if (serverSideEncryption !== undefined && !isIn(serverSideEncryption, encryptions)) {
    return `${label} does not take serverSideEncryption ${JSON.stringify(serverSideEncryption)}; ${
      oneOf(encryptions)
    }`;
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
  if (entries.length > MOST_TAGS) {
    return `it has ${entries.length} tags; S3 keeps at most ${MOST_TAGS}`;
  }
  for (const [name, value] of entries) {
    const fault = textFault(TAG_NAME, name) ?? textFault(TAG_VALUE, value);
    if (fault === undefined) continue;
    return `the tag ${JSON.stringify(name.slice(0, 140))} cannot be used: ${fault}`;
  }
}

function isIn(value: string, allowed: "any" | readonly string[]): boolean {
  return allowed === "any" || allowed.includes(value);
}

function oneOf(allowed: "any" | readonly string[]): string {
  if (allowed === "any" || allowed.length === 0) return "leave it out";
  return `use ${allowed.map((value) => JSON.stringify(value)).join(" or ")}, or leave it out`;
}
