/**
 * Whether a store goes on where a page of a listing ended. Pages of a thousand keys are too many to
 * try that with, so this asks for pages of one.
 *
 * @module
 */
import type { Backend, Finding } from "../../core/backend.ts";
import { asArchiveError, isArchiveError } from "../../core/errors.ts";
import { TrialGround } from "../support/trial_ground.ts";
import { failedFinding } from "./probe_advice.ts";
import { ask, type BucketProbe } from "./probe_ask.ts";

const CHECK = "paging";
const NAMES = ["paged/a b.json", "paged/ä.json", "paged/ü+1.json"];

/**
 * Lists a few objects page by page, and removes them.
 *
 * @param backend The backend.
 * @param probe How to ask its store.
 */
export async function probePaging(backend: Backend, probe: BucketProbe): Promise<Finding> {
  const { connection: { settings }, limitMs, signal } = probe;
  const ground = new TrialGround(backend, limitMs, signal);
  try {
    for (const name of NAMES) await ground.put(name, new Uint8Array(1));
    const names = await pages(ground.key("paged/"), probe);
    if (names === NAMES.length) {
      return { check: CHECK, status: "ok", detail: "goes on where a page ended" };
    }
    return {
      check: CHECK,
      status: "failed",
      detail: `asked page by page, the store names ${names} objects of ${NAMES.length}`,
      advice: 'write "listVersion: 1" below the backend\'s "quirks"',
    };
  } catch (thrown) {
    if (isArchiveError(thrown, "Aborted")) throw thrown;
    return failedFinding(CHECK, asArchiveError(thrown), settings);
  } finally {
    await ground.clear();
  }
}

/** How many names come, one a page; one more than there are when it does not end. */
async function pages(prefix: string, probe: BucketProbe): Promise<number> {
  const { bucket, prefix: first } = probe.connection.settings;
  const request = {
    Bucket: bucket,
    Prefix: first + prefix,
    MaxKeys: 1,
    EncodingType: "url",
  } as const;
  let names = 0;
  let token: string | undefined;
  while (names <= NAMES.length) {
    const ContinuationToken = token;
    const answer = await ask(
      probe,
      "listing page by page",
      "ListObjectsV2",
      (s3, http) => s3.listObjectsV2({ ...request, ContinuationToken }, http),
    );
    names += answer.Contents?.length ?? 0;
    token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    if (token === undefined) break;
  }
  return names;
}
