/**
 * The argument `KEY`: an archive's key, or the id of its session.
 *
 * @module
 */
import { checkSessionId, parseArchiveKey } from "../../core/archive_key.ts";
import { isArchiveError } from "../../core/errors.ts";
import { UsageError } from "./exit.ts";

/**
 * Checks one.
 *
 * @param text What the user gave.
 * @returns The same.
 */
export function keyOrId(text: string): string {
  if (parseArchiveKey(text)) return text;
  if (text.includes("/")) {
    throw new UsageError(
      `${JSON.stringify(text)} is no archive's key: keys look like ` +
        "home_me_project/2026-01-31/ses_1.json, and a session's id alone will do",
    );
  }
  try {
    return checkSessionId(text);
  } catch (error) {
    if (!isArchiveError(error, "Invalid")) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/**
 * Checks one of several.
 *
 * @param text What the user gave.
 * @param before Those before it.
 */
export function keysOrIds(text: string, before: readonly string[] = []): string[] {
  return [...before, keyOrId(text)];
}

/**
 * Checks one of several, which must be archives and no versions of them.
 *
 * @param text What the user gave.
 * @param before Those before it.
 */
export function archiveKeysOrIds(text: string, before: readonly string[] = []): string[] {
  if (parseArchiveKey(text)?.version) {
    throw new UsageError(
      `${JSON.stringify(text)} is a version itself; name its archive, or have it deleted by delete`,
    );
  }
  return keysOrIds(text, before);
}
