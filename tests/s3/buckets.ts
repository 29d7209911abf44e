/**
 * The operations on buckets and on the account.
 *
 * @module
 */
import type { Call } from "./call.ts";
import { OWNER } from "./listing.ts";
import { refusal } from "./errors.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import { document, leaf, node, STS_NAMESPACE } from "./xml.ts";

/** Who everybody is here. */
const ACCOUNT = "123456789012";

/**
 * Says that a bucket is there, and where.
 *
 * @param call The call.
 */
export function headBucket(call: Call): Reply {
  call.store.bucket(call.request.bucket);
  return emptyReply(200, { "x-amz-bucket-region": call.region });
}

/**
 * Says where a bucket is; `us-east-1` goes without saying.
 *
 * @param call The call.
 */
export function bucketLocation(call: Call): Reply {
  call.store.bucket(call.request.bucket);
  const region = call.region === "us-east-1" ? "" : call.region;
  return xmlReply(document("LocationConstraint", [region]));
}

/**
 * Says that no bucket keeps versions.
 *
 * @param call The call.
 */
export function bucketVersioning(call: Call): Reply {
  call.store.bucket(call.request.bucket);
  return xmlReply(document("VersioningConfiguration", []));
}

/**
 * Makes a bucket.
 *
 * @param call The call.
 */
export function createBucket(call: Call): Reply {
  call.store.create(call.request.bucket);
  return emptyReply(200, { location: `/${call.request.bucket}` });
}

/**
 * Removes an empty bucket.
 *
 * @param call The call.
 */
export function deleteBucket(call: Call): Reply {
  call.store.remove(call.request.bucket);
  return emptyReply(204);
}

/**
 * Lists the buckets.
 *
 * @param call The call.
 */
export function listBuckets(call: Call): Reply {
  const buckets = call.store.names.map((name) =>
    node("Bucket", leaf("Name", name), leaf("CreationDate", call.now.toISOString()))
  );
  const owner = node("Owner", leaf("ID", OWNER), leaf("DisplayName", OWNER));
  return xmlReply(document("ListAllMyBucketsResult", [owner, node("Buckets", ...buckets)]));
}

/**
 * Answers the question "who am I" as the token service does.
 *
 * @param call The call.
 */
export function callerIdentity(call: Call): Reply {
  const form = new URLSearchParams(new TextDecoder().decode(call.body));
  if (form.get("Action") !== "GetCallerIdentity") throw refusal("MethodNotAllowed");
  const result = node(
    "GetCallerIdentityResult",
    leaf("Arn", `arn:aws:iam::${ACCOUNT}:user/fake`),
    leaf("UserId", OWNER),
    leaf("Account", ACCOUNT),
  );
  return xmlReply(document("GetCallerIdentityResponse", [result], STS_NAMESPACE));
}
