/**
 * Whether a bucket can be reached, and when it cannot: what else would work, so that the user can be
 * told which line to change.
 *
 * @module
 */
import type { Finding } from "../../core/backend.ts";
import { closest } from "../../core/closest.ts";
import { type ArchiveError, asArchiveError, isArchiveError } from "../../core/errors.ts";
import { bounded } from "../support/trial_ground.ts";
import { failureBehind } from "./failure.ts";
import { adviceIn, failedFinding } from "./probe_advice.ts";
import { ask, type BucketProbe, type VariableProbe } from "./probe_ask.ts";
import type { S3Settings } from "./settings.ts";

/** What came of it. */
export interface BucketVerdict {
  /** What to tell. */
  readonly finding: Finding;
  /** Whether it makes sense to try more. */
  readonly isReachable: boolean;
}

/**
 * Looks into the bucket.
 *
 * @param probe What it needs.
 */
export async function probeBucket(probe: VariableProbe): Promise<BucketVerdict> {
  const { settings } = probe.connection;
  try {
    await look(probe);
    const detail = `${settings.bucket} answers`;
    return { isReachable: true, finding: { check: "bucket", status: "ok", detail } };
  } catch (thrown) {
    const error = asArchiveError(thrown, { backend: settings.backend });
    if (isArchiveError(error, "Aborted")) throw error;
    return await explain(error, probe);
  }
}

/** A listing, for its errors have a body that says why; those of HEAD have none. */
async function look(probe: BucketProbe): Promise<void> {
  const { settings: { bucket, prefix, where } } = probe.connection;
  const doing = `looking into the bucket ${JSON.stringify(bucket)} at ${where}`;
  const request = { Bucket: bucket, Prefix: prefix, MaxKeys: 1 };
  const answer = await ask(
    probe,
    doing,
    "ListObjectsV2",
    (s3, http) => s3.listObjectsV2(request, http),
  );
  if (answer.IsTruncated === undefined && answer.Name === undefined) throw new NoListing();
}

/** The store answered with something else, as those do that take the bucket for a host of theirs. */
class NoListing extends Error {
  override readonly name = "NoListing";
}

async function explain(error: ArchiveError, probe: VariableProbe): Promise<BucketVerdict> {
  const { settings } = probe.connection;
  const code = failureBehind(error)?.code;
  if (code === "AccessDenied" || code === "AllAccessDisabled") return await denied(error, probe);
  const finding = failedFinding("bucket", error, settings);
  const advice = isMissing(error)
    ? await missingAdvice(probe)
    : await otherStyle(error, probe) ?? finding.advice;
  return { isReachable: false, finding: { ...finding, advice } };
}

function isMissing(error: ArchiveError): boolean {
  return /^NoSuchBucket$|^InvalidBucketName$/.test(failureBehind(error)?.code ?? "");
}

/** One who may not list may still write; a bucket that is not one's own is another matter. */
async function denied(error: ArchiveError, probe: BucketProbe): Promise<BucketVerdict> {
  const { settings } = probe.connection;
  const own = await ownBuckets(probe);
  const detail = `${settings.bucket} is there, and may not be listed`;
  if (own === undefined || own.includes(settings.bucket)) {
    const advice = adviceIn(error) ?? error.message;
    return { isReachable: true, finding: { check: "bucket", status: "limited", detail, advice } };
  }
  const advice = `it belongs to another account (yours has ${named(own)}): its owner must allow ` +
    "your user in the bucket's policy, or name another bucket";
  return {
    isReachable: true,
    finding: { check: "bucket", status: "failed", detail, advice, error },
  };
}

async function missingAdvice(probe: BucketProbe): Promise<string> {
  const { bucket, endpoint, region } = probe.connection.settings;
  const own = await ownBuckets(probe) ?? [];
  const meant = closest(bucket, own);
  const known = own.length === 0 ? "" : `the credentials see ${named(own)}` +
    `${meant === undefined ? "" : ` (did you mean ${meant}?)`}; `;
  const at = endpoint === undefined ? "" : ` --endpoint-url ${endpoint}`;
  return `${known}correct "bucket", or make it: aws s3 mb s3://${bucket} --region ${region}${at}`;
}

/** At most this many names are told. */
const SHOWN = 8;

function named(buckets: readonly string[]): string {
  if (buckets.length === 0) return "none";
  const more = buckets.length - SHOWN;
  return buckets.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The buckets of the account, where the credentials may see them. */
async function ownBuckets(probe: BucketProbe): Promise<readonly string[] | undefined> {
  const doing = "listing the buckets of the account";
  try {
    const { Buckets = [] } = await ask(
      probe,
      doing,
      "ListBuckets",
      (s3, http) => s3.listBuckets({}, http),
    );
    return Buckets.flatMap(({ Name }) => Name ?? []);
  } catch (error) {
    if (isArchiveError(error, "Aborted")) throw error;
    return undefined;
  }
}

/** Tries the other way to name the bucket, where the failure may come from that. */
async function otherStyle(error: ArchiveError, probe: VariableProbe): Promise<string | undefined> {
  const { endpoint, quirks: { pathStyle } } = probe.connection.settings;
  if (endpoint === undefined || !mayBeStyle(error, pathStyle)) return undefined;
  const other = probe.variant({ pathStyle: !pathStyle });
  try {
    await bounded(
      "trying the other address",
      async (signal) => {
        for await (const _ of other.list({ limit: 1, signal })) break;
      },
      probe.limitMs,
      probe.signal,
    );
  } catch (failure) {
    if (isArchiveError(failure, "Aborted")) throw failure;
    return undefined;
  } finally {
    await other.close?.();
  }
  return pathStyle
    ? 'the bucket answers when it stands in the host name; set "forcePathStyle: false"'
    : 'the bucket answers when it stands in the path; set "forcePathStyle: true"';
}

/** Bad keys, a bad region and silence are the same in either style. */
function mayBeStyle(error: ArchiveError, pathStyle: boolean): boolean {
  const failure = failureBehind(error);
  if (failure === undefined) return true;
  const { code } = error;
  if (code === "Unauthorized" || code === "Throttled" || code === "Timeout") return false;
  const named = /ENOTFOUND|EAI_|lookup|dns|certificate|altname|TLS|SSL/i;
  if (failure.facts.status === undefined) {
    return !pathStyle && named.test(`${failure.code} ${failure.message}`);
  }
  return !/^(AuthorizationHeaderMalformed|IllegalLocation.*)$/.test(failure.code);
}

/** What the user may see of the settings in force. */
export function addressText(settings: S3Settings): string {
  const { where, region, from, profile, provider, quirks } = settings;
  const style = settings.endpoint === undefined
    ? ""
    : `, bucket in the ${quirks.pathStyle ? "path" : "host name"}`;
  const who = profile === undefined ? "" : `, profile ${profile}`;
  return `${where} (from ${from.endpoint}), region ${region} (from ${from.region})${who}, ` +
    `taken for ${provider}${style}`;
}
