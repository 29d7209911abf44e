/**
 * Keys as people and models shorten them: without the folders that they are in, without their ending,
 * or without both, which leaves a session's id.
 *
 * @module
 */
import { checkSessionId } from "./session_id.ts";
import { ArchiveError } from "../errors.ts";

/** The day and the folder before it, if they are there; the id; the mark of a version, if it is one. */
const SHORT_KEY = /^(?:(?:[^/]+\/)?\d{4}-\d{2}-\d{2}\/)?([^/~]+)(?:~[0-9a-f]{8})?$/;

/**
 * Makes sure that a text can be a key, or short for one.
 *
 * @param text Anything.
 * @returns The same text.
 * @throws {ArchiveError} `Invalid`, saying what keys look like.
 */
export function checkShortKey(text: string): string {
  const id = SHORT_KEY.exec(withoutEnding(text))?.[1];
  if (id === undefined && text.includes("/")) {
    throw new ArchiveError(
      "Invalid",
      `${JSON.stringify(text)} is no archive's key: keys look like ` +
        `home_me_project/2026-01-31/ses_1.json, and a session's id alone will do`,
      { key: text },
    );
  }
  checkSessionId(id ?? text);
  return text;
}

/**
 * Whether a text is short for a key, or the key itself.
 *
 * @param text A key with all the folders that it is in, the last of them or none, and with its ending
 * or without.
 * @param key The key.
 */
export function isShortFor(text: string, key: string): boolean {
  return [key, withoutEnding(key)].some((form) => `/${form}`.endsWith(`/${text}`));
}

/**
 * A key, or what is short for one, without `.json` or `.json.gz`.
 *
 * @param key Which.
 */
export function withoutEnding(key: string): string {
  return key.replace(/\.json(?:\.gz)?$/, "");
}
