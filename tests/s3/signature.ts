/**
 * AWS Signature Version 4, checked: in the `Authorization` header, over the body's hash, and over
 * each chunk of a streamed body.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ChunkCheck } from "./aws_chunked.ts";
import { refusal } from "./errors.ts";
import type { ReceivedRequest } from "./request.ts";

/** A pair of keys, with what goes along with temporary ones. */
export interface Credentials {
  /** The public half. */
  readonly accessKeyId: string;
  /** The secret half. */
  readonly secretAccessKey: string;
  /** Has to come with every request when it is given. */
  readonly sessionToken?: string;
}

/** What a signature is held against. */
export interface Expected {
  /** The only keys that the server knows. */
  readonly credentials: Credentials;
  /** The server's region. */
  readonly region: string;
  /** The server's time, in milliseconds since 1970. */
  readonly now: number;
}

/** How a payload was hashed for its signature. */
const UNSIGNED = "UNSIGNED-PAYLOAD";
const STREAMING = "STREAMING-";
const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const MAX_SKEW = 15 * 60 * 1000;
const NO_BYTES_SHA256 = sha256(new Uint8Array());

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * Checks that a request comes from who it says, now, for this region, with this body.
 *
 * @param request The request.
 * @param body Its body, as it came over the wire.
 * @param expected What it is held against.
 * @returns How to check the chunks of a body whose chunks are signed one by one.
 * @throws S3Error of whatever is wrong with it.
 */
export function checkSignature(
  request: ReceivedRequest,
  body: Uint8Array,
  expected: Expected,
): ChunkCheck | undefined {
  const claimed = readAuthorization(request.headers.authorization);
  checkWho(request, claimed, expected);
  checkWhere(request, claimed, expected.region);
  const time = checkWhen(request, claimed, expected.now);
  const payload = checkPayload(request, claimed, body);
  const canonical = canonicalRequest(request, claimed, payload);
  const scope = `${claimed.date}/${claimed.region}/${claimed.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const key = signingKey(expected.credentials.secretAccessKey, claimed);
  if (!sameText(hmac(key, toSign).toString("hex"), claimed.signature)) {
    const details = {
      AWSAccessKeyId: claimed.accessKeyId,
      StringToSign: toSign,
      SignatureProvided: claimed.signature,
      CanonicalRequest: canonical,
    };
    throw refusal("SignatureDoesNotMatch", { details });
  }
  if (!payload.startsWith(SIGNED_CHUNKS)) return undefined;
  return chunkCheck(key, time, scope, claimed.signature);
}

/**
 * How a payload is hashed, when it is not one hash over all of it.
 *
 * @param request The request.
 * @returns Whether its body is framed as `aws-chunked`.
 */
export function isFramed(request: ReceivedRequest): boolean {
  return request.headers["x-amz-content-sha256"]?.startsWith(STREAMING) ?? false;
}

/**
 * Checks a row of chunks, each signed over the one before.
 *
 * @param key The signing key.
 * @param time The request's time, as in `20130524T000000Z`.
 * @param scope Date, region and service.
 * @param seed The signature of the request's head.
 */
export function chunkCheck(
  key: Uint8Array,
  time: string,
  scope: string,
  seed: string,
): ChunkCheck {
  let previous = seed;
  return (data, signature) => {
    const head = `AWS4-HMAC-SHA256-PAYLOAD\n${time}\n${scope}\n${previous}`;
    const toSign = `${head}\n${NO_BYTES_SHA256}\n${sha256(data)}`;
    if (!sameText(hmac(key, toSign).toString("hex"), signature)) {
      throw refusal("SignatureDoesNotMatch", { details: { StringToSign: toSign } });
    }
    previous = signature;
  };
}

function readAuthorization(header: string | undefined): Authorization {
  if (header === undefined) throw refusal("AccessDenied");
  if (!header.startsWith("AWS4-HMAC-SHA256 ")) {
    const message = "The authorization mechanism that you provided is not supported. " +
      "Please use AWS4-HMAC-SHA256.";
    throw refusal("InvalidRequest", { message });
  }
  const field = (name: string) => new RegExp(`[ ,]${name}=([^,]+)`).exec(header)?.[1].trim() ?? "";
  const [accessKeyId, date, region, service, end] = field("Credential").split("/");
  const signedHeaders = field("SignedHeaders").split(";");
  const signature = field("Signature");
  if (end !== "aws4_request" || !signedHeaders.includes("host") || signature === "") {
    throw refusal("AuthorizationHeaderMalformed");
  }
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

function checkWho(request: ReceivedRequest, claimed: Authorization, expected: Expected): void {
  const { credentials } = expected;
  if (claimed.accessKeyId !== credentials.accessKeyId) {
    throw refusal("InvalidAccessKeyId", { details: { AWSAccessKeyId: claimed.accessKeyId } });
  }
  if (request.headers["x-amz-security-token"] !== credentials.sessionToken) {
    throw refusal("InvalidToken");
  }
}

function checkWhere(request: ReceivedRequest, claimed: Authorization, region: string): void {
  const service = request.operation === "GetCallerIdentity" ? "sts" : "s3";
  if (claimed.service !== service) {
    const message = `The authorization header is malformed; incorrect service ` +
      `"${claimed.service}". This endpoint belongs to "${service}".`;
    throw refusal("AuthorizationHeaderMalformed", { message });
  }
  if (claimed.region === region) return;
  const headers = { "x-amz-bucket-region": region };
  if (request.method === "HEAD") throw refusal("PermanentRedirect", { headers });
  const message = `The authorization header is malformed; the region '${claimed.region}' is ` +
    `wrong; expecting '${region}'`;
  const details = { Region: region };
  throw refusal("AuthorizationHeaderMalformed", { message, details, headers });
}

function checkWhen(request: ReceivedRequest, claimed: Authorization, now: number): string {
  const time = request.headers["x-amz-date"] ?? compactTime(request.headers.date);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  if (y === undefined) {
    throw refusal("AccessDenied", {
      message: "AWS authentication requires a valid Date or x-amz-date header",
    });
  }
  if (!time.startsWith(claimed.date)) throw refusal("AuthorizationHeaderMalformed");
  const requested = Date.UTC(+y, +mo - 1, +d, +h, +mi, +s);
  if (Math.abs(requested - now) <= MAX_SKEW) return time;
  const details = {
    RequestTime: time,
    ServerTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    MaxAllowedSkewMilliseconds: String(MAX_SKEW),
  };
  throw refusal("RequestTimeTooSkewed", { details });
}

function compactTime(date: string | undefined): string {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time)
    ? ""
    : `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, "").slice(0, 15)}Z`;
}

function checkPayload(
  request: ReceivedRequest,
  claimed: Authorization,
  body: Uint8Array,
): string {
  const said = request.headers["x-amz-content-sha256"];
  if (said === undefined) {
    if (claimed.service !== "s3") return sha256(body);
    const message = "Missing required header for this request: x-amz-content-sha256";
    throw refusal("InvalidRequest", { message });
  }
  if (said === UNSIGNED || said.startsWith(STREAMING)) return said;
  const computed = body.length === 0 ? NO_BYTES_SHA256 : sha256(body);
  if (computed === said) return said;
  const details = { ClientComputedContentSHA256: said, S3ComputedContentSHA256: computed };
  throw refusal("XAmzContentSHA256Mismatch", { details });
}

function canonicalRequest(
  request: ReceivedRequest,
  { signedHeaders }: Authorization,
  payload: string,
): string {
  const unsigned = Object.keys(request.headers)
    .filter((name) => name.startsWith("x-amz-") && !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw refusal("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
  const headers = signedHeaders.map((name) => `${name}:${canonicalValue(request.headers[name])}\n`);
  const path = request.path.split("/").map((part) => encode(decodeURIComponent(part))).join("/");
  const query = request.pairs
    .map((pair) => pair.map(encode))
    .sort(([a, x], [b, y]) => a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1)
    .map((pair) => pair.join("="));
  return [
    request.method,
    path,
    query.join("&"),
    headers.join(""),
    signedHeaders.join(";"),
    payload,
  ].join("\n");
}

function canonicalValue(value: string | undefined): string {
  return (value ?? "").trim().replace(/ +/g, " ");
}

/** Percent-encoding as in RFC 3986, which leaves fewer characters as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The last one made; a client signs thousands of requests with it. */
let lastKey = { of: "", key: new Uint8Array() };

/**
 * The key that requests of one day, region and service are signed with.
 *
 * @param secret The secret access key.
 * @param scope Date as in `20130524`, region and service.
 */
export function signingKey(
  secret: string,
  scope: { readonly date: string; readonly region: string; readonly service: string },
): Uint8Array {
  const of = JSON.stringify([secret, scope.date, scope.region, scope.service]);
  if (lastKey.of === of) return lastKey.key;
  const parts = [scope.date, scope.region, scope.service, "aws4_request"];
  const seed: Uint8Array = new TextEncoder().encode(`AWS4${secret}`);
  const key = new Uint8Array(parts.reduce((made, part) => hmac(made, part), seed));
  lastKey = { of, key };
  return key;
}

function hmac(key: Uint8Array, text: string) {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
