/**
 * One call of an operation: what it got, and what every operation reads of it.
 *
 * @module
 */
import { refusal, S3Error, type S3ErrorParts } from "./errors.ts";
import type { Personality } from "./personalities.ts";
import type { ReceivedRequest } from "./request.ts";
import type { Store, StoredObject } from "./store.ts";

/** What an operation gets. */
export interface Call {
  /** The request. */
  readonly request: ReceivedRequest;
  /** The request's headers, and those that came after a framed body. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, without framing. */
  readonly body: Uint8Array;
  /** All there is. */
  readonly store: Store;
  /** How this store differs. */
  readonly personality: Personality;
  /** How many names a page of a listing has at most. */
  readonly pageSize: number;
  /** The server's region. */
  readonly region: string;
  /** The server's time. */
  readonly now: Date;
  /** Whether a listing shall say that there is more, and not where. */
  readonly losesToken: boolean;
}

/** As AWS limits them. */
const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 2048;
const META = "x-amz-meta-";

/** Kept with an object as they came. */
const KEPT =
  /^(content-(type|language|disposition|encoding)|cache-control|expires|x-amz-(storage-class|tagging|acl|website-redirect-location|server-side-encryption.*))$/;

/**
 * Refuses what this store's personality refuses.
 *
 * @param personality How the store differs.
 * @param request What is asked for.
 * @throws S3Error of the first refusal that fits.
 */
export function refuseByPersonality(personality: Personality, request: ReceivedRequest): void {
  for (const { on, having, lacking, answer } of personality.refuses) {
    if (on !== undefined && !on.includes(request.operation)) continue;
    if (lacking !== undefined && lacking in request.headers) continue;
    const found = Object.entries(request.headers).find(([name, value]) =>
      having?.header.test(name) && (having.value?.test(value) ?? true)
    );
    if (having !== undefined && found === undefined) continue;
    const [header = "", value = ""] = found ?? [];
    const message = answer.message.replace("{header}", header).replace("{value}", value);
    throw new S3Error(answer.status, answer.code, message);
  }
}

/**
 * Checks `If-Match` and `If-None-Match` against what is stored.
 *
 * @param call A call that writes or deletes.
 * @param current What is stored under its key.
 * @throws S3Error `PreconditionFailed`, `NoSuchKey`, `NotImplemented`.
 */
export function checkConditions(call: Call, current: StoredObject | undefined): void {
  const { personality: { ignores, mistakes }, request: { operation, headers } } = call;
  if (ignores.conditionals?.includes(operation)) return;
  const { "if-none-match": none, "if-match": match } = headers;
  if (none !== undefined) {
    if (none !== "*") throw refusal("NotImplemented", { details: { Header: "If-None-Match" } });
    if (current !== undefined) throw failed("If-None-Match");
  }
  if (match === undefined) return;
  if (current === undefined) {
    if (mistakes.ifMatchMakesMissingKey) return;
    throw noSuchKey(call);
  }
  if (mistakes.ifMatchNeverMatches || !sameEtag(match, current.etag)) throw failed("If-Match");
}

/**
 * Whether an etag fits one that a client wrote.
 *
 * @param written `*`, or an etag with or without quotes.
 * @param etag An object's etag.
 */
export function sameEtag(written: string, etag: string): boolean {
  return written === "*" || written.replaceAll('"', "") === etag.replaceAll('"', "");
}

/**
 * Says which condition did not hold.
 *
 * @param condition The header's name.
 */
export function failed(condition: string): S3Error {
  return refusal("PreconditionFailed", { details: { Condition: condition } });
}

/**
 * Says that the call's key is not there.
 *
 * @param call The call.
 * @param parts What else to say.
 */
export function noSuchKey(call: Call, parts: S3ErrorParts = {}): S3Error {
  return refusal("NoSuchKey", { details: { Key: call.request.key }, ...parts });
}

/**
 * Finds the call's object.
 *
 * @param call The call.
 * @throws S3Error `NoSuchKey`, `NoSuchBucket`.
 */
export function findObject(call: Call): StoredObject {
  const found = call.store.bucket(call.request.bucket).get(call.request.key);
  if (found === undefined) throw noSuchKey(call);
  return found;
}

/**
 * Refuses a key that is too long.
 *
 * @param call A call that writes.
 * @throws S3Error `KeyTooLongError`.
 */
export function checkKey({ request: { key } }: Call): void {
  const size = new TextEncoder().encode(key).length;
  if (size <= MAX_KEY_BYTES) return;
  const details = { Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) };
  throw refusal("KeyTooLongError", { details });
}

/**
 * Refuses a body whose length was not said beforehand, or that is another than was said.
 *
 * @param call A call that brings content.
 * @throws S3Error `MissingContentLength`, `IncompleteBody`.
 */
export function checkLength({ headers, body, personality }: Call): void {
  const said = headers["x-amz-decoded-content-length"] ?? headers["content-length"];
  if (said === undefined) throw refusal("MissingContentLength");
  if (Number(said) !== body.length && !personality.mistakes.keepsChunkFraming) {
    throw refusal("IncompleteBody");
  }
}

/**
 * The user metadata that came with a call, without what this store drops.
 *
 * @param call A call that writes.
 * @throws S3Error `MetadataTooLarge`.
 */
export function metadataOf({ headers, personality }: Call): Record<string, string> {
  if (personality.ignores.userMetadata) return {};
  const metadata = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(META))
      .map(([name, value]) => [name.slice(META.length), value]),
  );
  const size = Object.entries(metadata).reduce((sum, [k, v]) => sum + k.length + v.length, 0);
  if (size <= MAX_METADATA_BYTES) return metadata;
  const details = { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) };
  throw refusal("MetadataTooLarge", { details });
}

/**
 * The headers that came with a call and are kept with the object.
 *
 * @param call A call that writes.
 */
export function keptHeaders({ headers, personality }: Call): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));
  if (personality.mistakes.keepsChunkFraming) return kept;
  const { "content-encoding": encoding = "", ...others } = kept;
  const own = encoding.split(",").map((one) => one.trim()).filter((one) => one !== "aws-chunked");
  return own.join("") === "" ? others : { ...others, "content-encoding": own.join(",") };
}

/**
 * The headers of an object that say how it is encrypted; every reply about it has them.
 *
 * @param headers What is kept with the object.
 */
export function encryptionHeaders(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("x-amz-server-side-encryption")),
  );
}

/**
 * Reads a number from the query.
 *
 * @param call The call.
 * @param name The parameter's name.
 * @param otherwise What it is when it is not given.
 * @throws S3Error `InvalidArgument`.
 */
export function countOf(call: Call, name: string, otherwise: number): number {
  const text = call.request.query[name] ?? "";
  if (text === "") return otherwise;
  if (/^\d{1,10}$/.test(text) && Number(text) <= 0x7fffffff) return Number(text);
  const message = `Provided ${name} not an integer or within integer range`;
  throw refusal("InvalidArgument", {
    message,
    details: { ArgumentName: name, ArgumentValue: text },
  });
}
