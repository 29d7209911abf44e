/**
 * A restored session as `--json` shows it.
 *
 * @module
 */
import type { RestoreOutcome } from "../../core/agent.ts";
import { type ErrorJson, errorJson } from "./report.ts";

/** One session in `restore --json`. */
export interface RestoredJson extends Omit<RestoreOutcome, "error"> {
  /** Why it failed; only where it did. */
  readonly error?: ErrorJson;
}

/**
 * What became of a session.
 *
 * @param outcome Of which.
 */
export function restoredJson({ error, ...outcome }: RestoreOutcome): RestoredJson {
  return { ...outcome, ...(error && { error: errorJson(error) }) };
}
