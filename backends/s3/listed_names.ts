/**
 * How the names in a store's listing are written, and whether they are those that were asked for.
 *
 * A listing whose names are read wrongly looks like one of a stranger's objects, and so like an
 * empty archive. What does not begin as it was asked to is therefore an error and never left out.
 *
 * @module
 */
import { quoteKey } from "../../core/keys/object_key.ts";
import { type Call, callError, describe } from "../support/call.ts";
import type { S3Settings } from "./settings.ts";

/** Makes the name of what is written in an answer. */
export type Reading = (text: string) => string;

/** One page of names, as they came. */
export interface WrittenNames {
  /** The names. */
  readonly texts: readonly string[];
  /** Whether the answer says that they are percent-encoded. */
  readonly encoded: boolean;
  /** What was asked for: every name begins with it. */
  readonly prefix: string;
}

const PLAIN: Reading = (text) => text;

/** As AWS encodes; as those do who leave a plus alone; and as those who only say that they encode. */
const ENCODED: readonly [Reading, ...Reading[]] = [
  (text) => decodeURIComponent(text.replaceAll("+", " ")),
  decodeURIComponent,
  PLAIN,
];

/**
 * Finds out how the names of one page are written: the first way in which all of them begin with
 * what was asked for.
 *
 * @param names The page.
 * @param call The listing.
 * @param settings What the backend goes by.
 * @throws ArchiveError `Corrupt` for names that are not encoded as the answer says, `NotSupported`
 * for names that nobody asked for.
 */
export function readingOf(names: WrittenNames, call: Call, settings: S3Settings): Reading {
  const { texts, encoded, prefix } = names;
  const readings = encoded ? ENCODED : [PLAIN] as const;
  if (encoded) checkEncoding(texts, call, settings);
  const fitting = readings.find((read) => texts.every((text) => read(text).startsWith(prefix)));
  if (fitting !== undefined) return fitting;
  const outside = texts.map(readings[0]).find((name) => !name.startsWith(prefix)) ?? "";
  const message = `${describe(call)} failed: ${settings.where} sent keys outside the prefix that ` +
    `was asked for: ${quoteKey(outside)} does not begin with ${
      quoteKey(prefix)
    }, so that nothing ` +
    `is known of what is there; ${remedy(settings)}`;
  throw callError(call, "NotSupported", message);
}

function checkEncoding(texts: readonly string[], call: Call, settings: S3Settings): void {
  try {
    texts.forEach(decodeURIComponent);
  } catch (cause) {
    const message = `${describe(call)} failed: ${settings.where} sent a key that is not ` +
      'percent-encoded as it says; set the quirk "urlEncodedListing" to false';
    throw callError(call, "Corrupt", message, cause);
  }
}

function remedy({ quirks }: S3Settings): string {
  return quirks.urlEncodedListing
    ? 'set the quirk "urlEncodedListing" to false, or, if that does not help, use another store'
    : 'set the quirk "urlEncodedListing" to true, or, if that does not help, use another store';
}
