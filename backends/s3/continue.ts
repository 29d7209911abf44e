/**
 * Storing an object of which the store has the beginning, without sending that; where it makes sense,
 * and until the store turns out not to be made for it.
 *
 * @module
 */
import { type Beginning, bodySize, PART_SIZE } from "../../core/backend.ts";
import { isArchiveError } from "../../core/errors.ts";
import type { KeyCall } from "../support/call.ts";
import { underCondition } from "./condition.ts";
import type { S3Connection } from "./connection.ts";
import { continuedUpload, copyableLength } from "./continued_upload.ts";
import { COPIED_PART } from "./copied_part.ts";
import { CopyFailed } from "./copy_failed.ts";
import { failureBehind } from "./failure.ts";
import { headObject } from "./head.ts";
import { uploadInParts } from "./upload.ts";
import { optionsOf, type Writing } from "./writing.ts";

/**
 * Stores an object, if that can be done without sending all of it.
 *
 * @param connection The store.
 * @param call The call, whose key it is.
 * @param writing What to store.
 * @returns The new etag, and how many bytes were copied; nothing where all of it has to be sent.
 */
export async function continueObject(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
): Promise<{ etag?: string; copied: number } | undefined> {
  const { body, mode } = writing;
  const beginning = usable(connection, writing);
  if (beginning === undefined || !await isWanted(connection, call, beginning)) return undefined;
  const isGuarded = typeof mode === "object" && mode.ifMatch === beginning.etag;
  const upload = continuedUpload(connection, call, { body, beginning, isGuarded });
  const options = optionsOf(connection.settings, writing);
  try {
    const write = () => uploadInParts(connection, call, upload, options);
    const etag = await underCondition(connection, call, writing, write);
    return { etag, copied: beginning.length };
  } catch (error) {
    const cause = error instanceof CopyFailed ? error.cause : error;
    if (isStoresFault(error)) connection.partCopies.refuse(cause);
    if (error instanceof CopyFailed || isRefused(error)) return undefined;
    throw error;
  }
}

/** What can be copied by the rules for parts, if anything. */
function usable(
  { settings: { quirks } }: S3Connection,
  { body, mode, continues }: Writing,
): Beginning | undefined {
  const size = bodySize(body);
  if (continues === undefined || mode === "create") return undefined;
  if (!Number.isSafeInteger(continues.length) || continues.length >= size) return undefined;
  const length = copyableLength(continues.length);
  const rest = size - length;
  // One part that is copied, and one that is sent and no longer.
  const fits = length <= COPIED_PART && rest <= Math.min(PART_SIZE, length);
  return length <= 0 || quirks.equalParts && !fits ? undefined : { ...continues, length };
}

/**
 * Whether the user, and what is known of the store, are for it. Where versions are kept, each copy
 * would be stored whole and paid for; so the store is asked once, before the first.
 */
async function isWanted(
  connection: S3Connection,
  call: KeyCall,
  { etag }: Beginning,
): Promise<boolean> {
  const { settings: { incremental, quirks }, partCopies } = connection;
  if (incremental === "never" || partCopies.refusal !== undefined) return false;
  if (incremental === "always") return true;
  if (!quirks.copyParts || partCopies.keepsVersions === true) return false;
  if (partCopies.keepsVersions === false) return true;
  try {
    const standing = await headObject(connection, call);
    return standing.etag === etag && !partCopies.keepsVersions;
  } catch (error) {
    if (isArchiveError(error, "NotFound") || isArchiveError(error, "Unauthorized")) return false;
    throw error;
  }
}

/** The store does not take such an upload. Bytes that are all sent may be another matter. */
function isRefused(error: unknown): boolean {
  return isArchiveError(error, "Invalid") || isArchiveError(error, "NotSupported");
}

/**
 * Whether it would be so with any object. A store that breaks down over it is given no second chance
 * either: a session must not wait for what a plain upload would not have met.
 */
function isStoresFault(error: unknown): boolean {
  if (error instanceof CopyFailed) return error.isForGood;
  const status = failureBehind(error)?.facts.status ?? 0;
  return isRefused(error) || status >= 500 && !isArchiveError(error, "Throttled");
}
