/**
 * What single values of an S3 backend must be like, and what people write instead.
 *
 * The messages are the same whatever was written: a value may hold a secret.
 *
 * @module
 */

import { MAX_KEY_BYTES, objectKeyFault } from "../../core/object_key.ts";

/** A bucket's name, as lenient as the most lenient store, or an access point of AWS by its ARN. */
export const BUCKET =
  /^([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]|arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:\d{12}:.+)$/;

/** What a prefix must leave of a key's bytes. */
const ROOM = 513;

/**
 * What is wrong with the name of a bucket. Stores other than AWS allow more than AWS does.
 *
 * @param text The name.
 */
export function bucketFault(text: string): string | undefined {
  if (BUCKET.test(text)) return undefined;
  if (/^s3:\/\//i.test(text)) {
    return "give the bucket's name alone, and what follows it as prefix, not an s3:// address";
  }
  if (/^arn:/i.test(text)) return "give the bucket's name, which is the end of its ARN";
  if (/^https?:\/\//i.test(text)) {
    return "give the bucket's name alone, and the store's address as endpoint";
  }
  if (/[/\\]/.test(text)) {
    return "give the bucket's name without a slash, and what follows it as prefix";
  }
  return "give the bucket's name: 3 to 63 letters, digits, . - or _, " +
    "with a letter or digit at both ends";
}

/**
 * What is wrong with an endpoint. A path is fine: some stores live below one.
 *
 * @param text Its address.
 */
export function endpointFault(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) {
    return "begin the store's address with https://, or with http:// on a network of your own";
  }
  if (text.includes("@")) {
    return "the store's address holds a name or password; give those as credentials instead";
  }
  if (/[?#]/.test(text)) return "give the store's address without ? and what follows";
  return URL.canParse(text) && !/\s/.test(text)
    ? undefined
    : "give an address, such as https://s3.example.com";
}

/**
 * An endpoint as it is compared: lower case where that means nothing, no slash at its end.
 *
 * @param text An address; one that is none stays as it is.
 */
export function plainEndpoint(text: string): string {
  if (!URL.canParse(text)) return text;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, "");
}

/**
 * What is wrong with a prefix.
 *
 * @param text The prefix.
 */
export function prefixFault(text: string): string | undefined {
  const plain = plainPrefix(text);
  const fault = plain === undefined ? undefined : objectKeyFault(plain, MAX_KEY_BYTES - ROOM);
  return fault && `${fault}; give names separated by slashes, such as team/laptop`;
}

/**
 * A prefix without slashes at its ends and without doubled ones; none is the same as an empty one.
 *
 * @param text The prefix.
 */
export function plainPrefix(text: string): string | undefined {
  return text.split("/").filter((segment) => segment !== "").join("/") || undefined;
}

/**
 * Whether what is sent to a host can be read by others on the way, unless it is encrypted: whether
 * it lies beyond this machine and networks of one's own.
 *
 * @param hostname As `URL.hostname` has it.
 */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");
  if (host.includes(":")) {
    return !/^(::1$|f[cd]|fe[89ab]|::ffff:(7f|a[0-9a-f]{2}:|c0a8:))/.test(host);
  }
  if (!/^\d+(\.\d+){3}$/.test(host)) {
    return host.includes(".") && !/\.(localhost|local|lan|home\.arpa|internal|test)$/.test(host);
  }
  const [first, second] = host.split(".").map(Number);
  return !(first === 127 || first === 10 || (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second < 32) || (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second < 128));
}
