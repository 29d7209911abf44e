/**
 * Signing a request's bytes with the hash that the caller has: the SDK need not hash them again, and
 * the store refuses bytes that are not those that were hashed when they were read.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";

/** What S3 signs, and compares with what arrives. */
const HEADER = "x-amz-content-sha256";

const known = new WeakMap<object, string>();

/**
 * Says what the bytes of a request hash to.
 *
 * @param request The input of an operation, as the SDK gets it.
 * @param sha256 SHA-256 of its body, 64 hex digits.
 */
export function tellHash(request: object, sha256: string): void {
  known.set(request, sha256);
}

/**
 * Lets a client use the hashes that were told.
 *
 * @param client The client.
 */
export function useToldHashes(client: S3): void {
  const told = new WeakMap<object, string>();
  // Later steps get a copy of the input; the context stays the same.
  client.middlewareStack.add((next, context) => (args) => {
    const sha256 = known.get(args.input);
    if (sha256 !== undefined) told.set(context, sha256);
    return next(args);
  }, { step: "initialize", priority: "high", name: "noteToldHash" });
  client.middlewareStack.add((next, context) => (args) => {
    const sha256 = told.get(context);
    if (sha256 !== undefined && hasHeaders(args.request)) args.request.headers[HEADER] = sha256;
    return next(args);
  }, { step: "build", name: "useToldHash" });
}

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === "object" && request !== null && "headers" in request &&
    typeof request.headers === "object" && request.headers !== null;
}
