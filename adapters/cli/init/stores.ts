/**
 * The stores that `archive init` offers, and what their addresses look like.
 *
 * @module
 */
import { S3_PROVIDERS, type S3ProviderName } from "../../../backends/s3_providers.ts";
import type { Choice } from "../question.ts";

/** What an address is like; what has to be filled in stands in capitals. */
const ADDRESSES: Readonly<Record<Exclude<S3ProviderName, "aws">, string>> = {
  minio: "http://localhost:9000",
  r2: "https://ACCOUNT.r2.cloudflarestorage.com",
  b2: "https://s3.REGION.backblazeb2.com",
  wasabi: "https://s3.REGION.wasabisys.com",
  gcs: "https://storage.googleapis.com",
  hetzner: "https://REGION.your-objectstorage.com",
  digitalocean: "https://REGION.digitaloceanspaces.com",
  scaleway: "https://s3.REGION.scw.cloud",
  ovh: "https://s3.REGION.io.cloud.ovh.net",
  oracle: "https://NAMESPACE.compat.objectstorage.REGION.oraclecloud.com",
  linode: "https://REGION.linodeobjects.com",
  storj: "https://gateway.storjshare.io",
  tigris: "https://t3.storage.dev",
  idrive: "https://ENDPOINT.idrivee2.com",
  ceph: "http://localhost:7480",
  garage: "http://localhost:3900",
  seaweedfs: "http://localhost:8333",
  other: "https://",
};

/** What can be chosen when the store is no AWS. */
export function storeChoices(): Choice[] {
  return namesOf(ADDRESSES).map((value) => ({
    value,
    label: value === "other" ? "another S3-compatible store" : S3_PROVIDERS[value].label,
    ...(!ADDRESSES[value].includes("localhost") && value !== "other" && { hint: ADDRESSES[value] }),
  }));
}

/**
 * What the address of a store begins with.
 *
 * @param provider Whose.
 */
export function addressOf(provider: S3ProviderName): string {
  return provider === "aws" ? "" : ADDRESSES[provider];
}

/**
 * Whether a text names one of the stores that are known.
 *
 * @param text What was written.
 */
export function isProvider(text: string): text is S3ProviderName {
  return Object.hasOwn(S3_PROVIDERS, text);
}

/**
 * What was left to be filled in of an address.
 *
 * @param address As it was given.
 */
export function unfilled(address: string): string | undefined {
  const [blank] = /\b(ACCOUNT|REGION|NAMESPACE|ENDPOINT)\b/.exec(address) ?? [];
  return blank && `put your own value in the place of ${blank}`;
}

function namesOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[];
}
