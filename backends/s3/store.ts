/**
 * All that an open S3 backend works with, loaded when the first one is opened: what it costs to load
 * is not to be paid by whoever only imports the library.
 *
 * @module
 */
import { checkOptions } from "./check_options.ts";
import { S3Connection } from "./connection.ts";
import { credentialProvider } from "./credentials.ts";
import type { S3BackendOptions } from "./options.ts";
import { resolveS3Place } from "./place.ts";
import { settle } from "./settings.ts";

export { copyObject } from "./copy.ts";
export { deleteObject } from "./delete.ts";
export { getObject } from "./get.ts";
export { headObject } from "./head.ts";
export { roomAfter } from "./keys.ts";
export { listObjects } from "./list.ts";
export { checkedMetadata } from "./objects.ts";
export { putObject } from "./put.ts";
export { endOldUploads } from "./tidy.ts";

const TIMEOUTS = { connectMs: 5_000, idleMs: 30_000, requestMs: 30_000 };
const ATTEMPTS = 3;

/**
 * Finds out where to store and how to get there. No request is made.
 *
 * @param options What the user wants.
 * @throws ArchiveError `Invalid` for what can never work.
 */
export async function connectionTo(options: S3BackendOptions): Promise<S3Connection> {
  const { name: backend = "s3", env = process.env, attempts = ATTEMPTS } = options;
  const named = { ...options, backend, env };
  checkOptions(named);
  const place = await resolveS3Place(named);
  return new S3Connection(settle(named, place), {
    signIn: () => credentialProvider(named, place),
    attempts,
    timeouts: { ...TIMEOUTS, ...options.timeouts },
  });
}
