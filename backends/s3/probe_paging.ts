/**
 * Whether a store goes on where a page of a listing ended. Pages of a thousand keys are too many to
 * try that with, so this asks for pages of one.
 *
 * @module
 */
import type { Backend, Finding } from "../../core/backend.ts";
import { asArchiveError, isArchiveError } from "../../core/errors.ts";
import { TrialGround, within } from "../support/trial_ground.ts";
import { failedFinding } from "./probe_advice.ts";
import type { Asking } from "./probe_hints.ts";

const CHECK = "paging";
const NAMES = ["paged/a b.json", "paged/ä.json", "paged/ü+1.json"];

/**
 * Lists a few objects page by page, and removes them.
 *
 * @param backend The backend.
 * @param asking How to ask its store.
 */
export async function probePaging(backend: Backend, asking: Asking): Promise<Finding> {
  const { connection: { settings }, patience, signal } = asking;
  const ground = new TrialGround(backend, patience, signal);
  try {
    for (const name of NAMES) await ground.put(name, new Uint8Array(1));
    const names = await pages(ground.key("paged/"), asking);
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
async function pages(prefix: string, { connection, patience, signal }: Asking): Promise<number> {
  const { backend, bucket, prefix: first } = connection.settings;
  const request = {
    Bucket: bucket,
    Prefix: first + prefix,
    MaxKeys: 1,
    EncodingType: "url",
  } as const;
  const doing = "listing page by page";
  let names = 0;
  let token: string | undefined;
  while (names <= NAMES.length) {
    const ContinuationToken = token;
    const answer = await within(
      doing,
      (signal) =>
        connection.run(
          { backend, doing, signals: [signal] },
          "ListObjectsV2",
          (s3, http) => s3.listObjectsV2({ ...request, ContinuationToken }, http),
        ),
      patience,
      signal,
    );
    names += answer.Contents?.length ?? 0;
    token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    if (token === undefined) break;
  }
  return names;
}
