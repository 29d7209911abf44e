/**
 * What it means when the condition is refused that a write sets by its mode.
 *
 * @module
 */
import type { PutMode } from "../../core/backend.ts";
import { quoteKey } from "../../core/keys/object_key.ts";
import { callError, type KeyCall } from "../support/call.ts";
import { claim } from "./claim.ts";
import type { S3Connection } from "./connection.ts";
import { failureBehind } from "./failure.ts";
import { pause } from "./pause.ts";
import type { Writing } from "./writing.ts";

/** How often a write that another one got in the way of is tried. */
const TRIES = 5;
/** The longest pause before the second try, in milliseconds; it doubles with each. */
const FIRST_PAUSE = 100;

/**
 * Refuses a mode that the store has no condition for.
 *
 * @param connection The store.
 * @param call The write.
 * @param mode Its mode.
 * @throws ArchiveError `NotSupported`.
 */
export function checkMode({ settings }: S3Connection, call: KeyCall, mode: PutMode): void {
  if (typeof mode !== "object" || settings.quirks.ifMatch) return;
  const message =
    `the backend ${JSON.stringify(call.backend)} cannot replace an object only if its ` +
    `etag matches: it is not known that ${settings.where} can; use "overwrite" or "create"`;
  throw callError(call, "NotSupported", message);
}

/**
 * Does the write, again when another one is in its way, and tells what a refused condition means:
 * that there is another object, or that an earlier attempt of ours was heard and its reply lost.
 *
 * @param connection The store.
 * @param call The write.
 * @param writing What is written, and under which condition.
 * @param write Does it.
 */
export async function underCondition(
  connection: S3Connection,
  call: KeyCall,
  writing: Writing,
  write: () => Promise<string | undefined>,
): Promise<string | undefined> {
  for (let left = TRIES, longest = FIRST_PAUSE;; longest *= 2) {
    try {
      return await write();
    } catch (error) {
      const refusal = refusalIn(error, writing.mode);
      if (refusal === undefined) throw error;
      if (refusal === "conflict") {
        if (--left === 0) throw error;
        await pause(call, Math.random() * longest);
        continue;
      }
      if (refusal.repeated) {
        const ours = await claim(connection, call, writing);
        if (ours !== undefined) return ours.etag;
      }
      throw conditionError(call, writing.mode, error);
    }
  }
}

/** What kept the write from being done, if its condition or another write did. */
function refusalIn(error: unknown, mode: PutMode): "conflict" | { repeated: boolean } | undefined {
  const failure = failureBehind(error);
  if (failure === undefined) return undefined;
  const { code, facts: { status, attempts } } = failure;
  const repeated = attempts > 1;
  // The upload is gone because its completion was done before.
  if (code === "NoSuchUpload") return repeated ? { repeated } : undefined;
  if (mode === "overwrite") return undefined;
  if (status === 409 && code !== "BucketAlreadyExists") return "conflict";
  if (status === 412) return { repeated };
  if (typeof mode === "object" && status === 404 && (code === "NoSuchKey" || code === "")) {
    return { repeated };
  }
}

/**
 * The error of a refused condition.
 *
 * @param call The write.
 * @param mode Its mode.
 * @param cause What it was refused with, where it was sent.
 */
export function conditionError(call: KeyCall, mode: PutMode, cause: unknown) {
  if (failureBehind(cause)?.code === "NoSuchUpload") return cause;
  const object = `the object ${quoteKey(call.key)} in the backend ${JSON.stringify(call.backend)}`;
  const failure = failureBehind(cause);
  if (mode === "create") {
    return callError(call, "AlreadyExists", `${object} exists already; delete it first`, failure);
  }
  const wanted = typeof mode === "object" ? mode.ifMatch : "";
  const message = `${object} no longer has the etag ${wanted}: read it again before you replace it`;
  return callError(call, "Precondition", message, failure);
}
