/**
 * Whether only what changed of a large session has to be sent. The least that can be copied is 5 MiB,
 * so this is not tried where it would not be used.
 *
 * @module
 */
import type { Backend, Finding } from "../../core/backend.ts";
import { asArchiveError, isArchiveError } from "../../core/errors.ts";
import { TrialGround } from "../support/trial_ground.ts";
import { LEAST_PART } from "./continued_upload.ts";
import { failedFinding } from "./probe_advice.ts";
import type { BucketProbe } from "./probe_ask.ts";

const CHECK = "part copy";
const WHOLE = "large sessions are sent whole at each pause";
const NAME = "grown.json";
const GROWTH = 1024;

/**
 * Has a store continue an object, and removes it.
 *
 * @param backend The backend.
 * @param probe How to ask its store.
 * @returns Nothing where the user does not want it.
 */
export async function probePartCopy(
  backend: Backend,
  probe: BucketProbe,
): Promise<Finding | undefined> {
  const { settings: { incremental, quirks }, partCopies } = probe.connection;
  if (incremental === "never") return undefined;
  if (incremental === "auto" && partCopies.keepsVersions) {
    const detail = `not used, as the bucket keeps versions: ${WHOLE}`;
    return { check: CHECK, status: "ok", detail };
  }
  if (incremental === "auto" && !quirks.copyParts) {
    return limited("the store is known not to copy parts", 'try it with "incremental: always"');
  }
  return await tried(backend, probe);
}

async function tried(backend: Backend, probe: BucketProbe): Promise<Finding> {
  const { connection: { settings, partCopies }, limitMs, signal } = probe;
  const ground = new TrialGround(backend, limitMs, signal);
  try {
    const bytes = new Uint8Array(LEAST_PART + GROWTH);
    const { etag = "" } = await ground.put(NAME, bytes.subarray(0, LEAST_PART));
    const continues = { etag, length: LEAST_PART };
    const { copied } = await ground.put(NAME, bytes, { continues });
    if (copied !== undefined) {
      return { check: CHECK, status: "ok", detail: "of large sessions only what changed is sent" };
    }
    if (partCopies.refusal === undefined) return limited("other bytes were copied");
    const told = failedFinding(CHECK, asArchiveError(partCopies.refusal), settings);
    return limited(told.detail, told.advice);
  } catch (thrown) {
    if (isArchiveError(thrown, "Aborted")) throw thrown;
    const told = failedFinding(CHECK, asArchiveError(thrown), settings);
    return limited(told.detail, told.advice);
  } finally {
    await ground.clear();
  }
}

function limited(why: string, remedy?: string): Finding {
  const advice = `nothing is lost by it; "incremental: never" spares the try`;
  return {
    check: CHECK,
    status: "limited",
    detail: `${why}: ${WHOLE}`,
    advice: remedy === undefined ? advice : `${remedy}; ${advice}`,
  };
}
