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
 * then {@linkcode plainObjectText} has its text. This spares parsing it a second time here.
 *
 * @param names The names it must not have.
 */
export function isPlainObject(names: readonly string[]): string {
  const found = names.map((name) => `json_type(data, '$.${name}')`).join();
  return `CASE WHEN json_valid(data) THEN coalesce(${found}) IS NULL ELSE 0 END`;
}

/**
 * The text of a column for which {@linkcode isPlainObject} is true.
 *
 * @param column What the column holds.
 * @returns Its text on one line; undefined when only {@linkcode columnJson} can tell.
 */
export function plainObjectText(column: Value): string | undefined {
  // SQLite takes a NUL for the end of the text, and a BLOB for a text.
  if (typeof column !== "string" || column.includes("\0")) return undefined;
  if (!column.startsWith("{") || !column.endsWith("}")) return undefined;
  return column.includes("\n") ? column.replaceAll("\n", " ") : column;
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
