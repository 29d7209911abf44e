/**
 * JSON as it lies in a column: taken over as text where it is whole, kept as bytes where it is not.
 *
 * @module
 */
import type { Value } from "./sqlite.ts";

/** A column's JSON: its text on one line with its value, or the bytes of what is broken. */
export type ColumnJson =
  | { readonly text: string; readonly value: unknown }
  | { readonly broken: string };

/**
 * Reads a column's JSON.
 *
 * @param column What the column holds; a BLOB counts as the text of its bytes.
 * @returns Its text, untouched but for line feeds between tokens, or `{"$raw": base64}`.
 */
export function columnJson(column: Value): ColumnJson {
  try {
    const text = typeof column === "string" ? column : textOf(column);
    const value: unknown = JSON.parse(text);
    // Inside strings JSON has no line feed; one between tokens is only white space.
    return { text: (text.includes("\n") ? text.replaceAll("\n", " ") : text).trim(), value };
  } catch {
    return { broken: JSON.stringify({ $raw: base64(bytesOf(column)) }) };
  }
}

/**
 * Whether SQLite finds that `data` holds a JSON object without some names, as an SQL expression;
 * then {@linkcode plainObjectBytes} takes it over. This spares reading it as text and parsing it.
 *
 * @param names The names it must not have.
 */
export function isPlainObject(names: readonly string[]): string {
  const found = names.map((name) => `json_type(data, '$.${name}')`).join();
  return `CASE WHEN json_valid(data) THEN coalesce(${found}) IS NULL ELSE 0 END`;
}

/**
 * The bytes of a column for which {@linkcode isPlainObject} is true, read as a BLOB.
 *
 * @param column What the column holds.
 * @returns Its bytes when they are one line and an object that is not empty; undefined when only
 * {@linkcode columnJson} can tell.
 */
export function plainObjectBytes(column: Value): Uint8Array | undefined {
  if (!(column instanceof Uint8Array)) return undefined;
  const isObject = column[0] === BRACE && column[1] === QUOTE && column.at(-1) === CLOSING_BRACE;
  return isObject && isOneWholeLine(column) ? column : undefined;
}

const [NUL, FEED, QUOTE, BRACE, CLOSING_BRACE] = [0x00, 0x0a, 0x22, 0x7b, 0x7d];

/**
 * Whether there is no line feed, and no NUL, which SQLite takes for the end of the text. Four bytes
 * at a time: this looks at every byte of every session, and `includes` took twice as long.
 */
function isOneWholeLine(bytes: Uint8Array): boolean {
  if (bytes.byteOffset % 4 !== 0) return !bytes.includes(FEED) && !bytes.includes(NUL);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let found = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const feeds = word ^ 0x0a0a0a0a;
    // Of each byte, the top bit is set where it is zero.
    found |= ((word - 0x01010101) & ~word) | ((feeds - 0x01010101) & ~feeds);
  }
  if ((found & 0x80808080) !== 0) return false;
  const rest = bytes.subarray(words.length * 4);
  return !rest.includes(FEED) && !rest.includes(NUL);
}

/** The text of an object that keeps a column as it is. */
export function rawObject(column: Value): string {
  return JSON.stringify({ $raw: base64(bytesOf(column)) });
}

function textOf(column: Value): string {
  if (!(column instanceof Uint8Array)) return String(column);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(column);
}

function bytesOf(column: Value): Uint8Array {
  return column instanceof Uint8Array ? column : new TextEncoder().encode(String(column));
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
