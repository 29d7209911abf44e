/**
 * A line of an agent's file as an element of a JSON array, and back, byte for byte.
 *
 * A line that is JSON is its own element, with the white space around it and the carriage return at
 * its end. Anything else, such as half a line, a blank one, or what is no UTF-8, is kept in base64.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isRecord, jsonIn } from "../../../core/fields.ts";

/** A line, or a piece of one that is too long for one element. */
export interface LinePiece {
  /** Its bytes, without the line feed. */
  readonly bytes: Uint8Array;
  /** Whether the next piece goes on with the same line. */
  readonly goesOn: boolean;
}

/** A line as it stands in an archive. */
export interface RecordElement {
  /** JSON without a line feed. */
  readonly json: Uint8Array;
  /** What the line says; undefined where it is not JSON. */
  readonly value: unknown;
}

/** The field of what is kept in base64. */
const RAW = "$raw";
/** What no element begins with but one that is kept in base64. */
const RAW_BEGIN = `{"${RAW}":"`;
const RAW_END = '"}';
const RAW_GOES_ON = '","goesOn":true}';

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Makes an element of a line.
 *
 * @param piece The line, or a piece of it.
 */
export function elementOf({ bytes, goesOn }: LinePiece): RecordElement {
  const value = goesOn ? undefined : valueOf(bytes);
  if (value !== undefined && !(isRecord(value) && RAW in value)) return { json: bytes, value };
  const json = RAW_BEGIN + base64(bytes) + (goesOn ? RAW_GOES_ON : RAW_END);
  return { json: encoder.encode(json), value };
}

/**
 * Makes the line again.
 *
 * @param json An element, without the comma behind it.
 */
export function pieceOf(json: string): LinePiece {
  if (!json.startsWith(RAW_BEGIN)) return { bytes: encoder.encode(json), goesOn: false };
  const goesOn = json.endsWith(RAW_GOES_ON);
  const text = json.slice(RAW_BEGIN.length, -(goesOn ? RAW_GOES_ON : RAW_END).length);
  const { buffer, byteOffset, length } = Buffer.from(text, "base64");
  return { bytes: new Uint8Array(buffer, byteOffset, length), goesOn };
}

/**
 * What the line says of which an element was made; undefined where it is not JSON.
 *
 * @param json The element, without the comma behind it.
 */
export function valueIn(json: string): unknown {
  if (!json.startsWith(RAW_BEGIN)) return jsonIn(json);
  const { bytes, goesOn } = pieceOf(json);
  return goesOn ? undefined : valueOf(bytes);
}

/** What a line says; undefined where it is not JSON. */
function valueOf(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return jsonIn(text);
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("base64");
}
