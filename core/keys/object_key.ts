/**
 * What a key may look like, and how keys are ordered: the rules at the door of every backend.
 *
 * How a session becomes a key is not here but in `core/keys/archive_key.ts`; what one file system or store
 * forbids beyond these rules is in that backend.
 *
 * @module
 */
import { ArchiveError } from "../errors.ts";

/**
 * The longest key that every backend takes, in UTF-8 bytes; S3's own limit.
 *
 * @since 0.1.0
 */
export const MAX_KEY_BYTES = 1024;

/**
 * What {@linkcode checkObjectKey} goes by.
 *
 * @since 0.1.0
 */
export interface ObjectKeyRules {
  /** The longest key, in UTF-8 bytes; {@linkcode MAX_KEY_BYTES} when left out. */
  maxBytes?: number;
  /** The name of the backend that was asked, for the error. */
  backend?: string;
}

// A backslash separates folders on Windows, where `a\..\..\b` would leave the root. It is refused
// everywhere, so that what one backend holds can always be copied into another.
const FORBIDDEN = /[\p{Cc}\p{Cs}\\]/u;

/**
 * Refuses a key that no backend takes: one that is empty or absolute, holds an empty, `.` or `..`
 * segment, a control character, a backslash or half of a surrogate pair, or is too long.
 *
 * @param key The key, as it came from the caller.
 * @param rules The limit, and whom the error should name.
 * @throws ArchiveError `Invalid`.
 *
 * @example
 * ```ts
 * import { checkObjectKey } from "@session-archiver/archiver";
 *
 * checkObjectKey("home_me_app/2024-01-15/ses_1.json"); // fine
 * try {
 *   checkObjectKey("../etc/passwd");
 * } catch (error) {
 *   console.log(error); // Invalid: the key "../etc/passwd" has a ".." segment …
 * }
 * ```
 *
 * @since 0.1.0
 */
export function checkObjectKey(key: string, rules: ObjectKeyRules = {}): void {
  const fault = objectKeyFault(key, rules.maxBytes);
  if (fault === undefined) return;
  throw new ArchiveError(
    "Invalid",
    `the key ${
      quoteKey(key)
    } ${fault}; use names separated by single slashes, like "project/2024-01-15/id.json"`,
    { backend: rules.backend, key },
  );
}

/**
 * Says what is wrong with a key, as the rest of a sentence that begins with it.
 *
 * @param key The key.
 * @param maxBytes The longest key, in UTF-8 bytes.
 * @returns The fault, or nothing when the key is fine.
 *
 * @since 0.1.0
 */
export function objectKeyFault(key: string, maxBytes: number = MAX_KEY_BYTES): string | undefined {
  if (key === "") return "is empty";
  if (key.startsWith("/")) return "begins with a slash";
  if (key.endsWith("/")) return "ends with a slash";
  for (const segment of key.split("/")) {
    if (segment === "") return "has an empty segment";
    if (segment === "." || segment === "..") return `has a ${JSON.stringify(segment)} segment`;
  }
  const bad = FORBIDDEN.exec(key)?.[0];
  if (bad !== undefined) return `holds ${nameOf(bad)}`;
  const bytes = utf8Length(key);
  if (bytes > maxBytes) return `is ${bytes} bytes long, more than the ${maxBytes} allowed`;
}

/**
 * Orders strings by their UTF-8 bytes, which is the order of their code points. Plain `<` compares
 * UTF-16 units and puts an emoji before U+FF5E.
 *
 * @param a One string.
 * @param b Another.
 * @returns Less than 0 when `a` comes first, more when `b` does, 0 when they are equal.
 *
 * @example
 * ```ts
 * import { compareUtf8 } from "@session-archiver/archiver";
 *
 * console.log(["\u{1F600}", "\uFF5E", "a"].sort(compareUtf8)); // ["a", "\uFF5E", "\u{1F600}"]
 * ```
 *
 * @since 0.1.0
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Puts UTF-16 units in the order of the code points that they begin: surrogates come last. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}

/**
 * Counts the UTF-8 bytes of a text without encoding it.
 *
 * @param text Any text; half of a surrogate pair counts 3, as its replacement would.
 *
 * @since 0.1.0
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (isPair(text, i)) i++; // 4 bytes for two units: the first has counted 1 + 2, the second 1
  }
  return bytes;
}

function isPair(text: string, i: number): boolean {
  const next = text.charCodeAt(i + 1);
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00;
}

/**
 * A key as one line of an error may show it: quoted, escaped, and cut when it is very long.
 *
 * @param key Any key, also one that is not allowed.
 *
 * @since 0.1.0
 */
export function quoteKey(key: string): string {
  const short = key.length > 200 ? `${key.slice(0, 200)}…` : key;
  // JSON escapes what is below U+0020 only; terminals also act on U+007F to U+009F.
  return JSON.stringify(short).replace(/[\p{Cc}\u2028\u2029]/gu, (one) => `\\u${hex(one)}`);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

function nameOf(character: string): string {
  if (character === "\\") return "a backslash";
  const code = `U+${hex(character)}`;
  return /\p{Cs}/u.test(character)
    ? `half of a surrogate pair (${code})`
    : `the control character ${code}`;
}
