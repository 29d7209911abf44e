/**
 * A line of an agent's file as an element of a JSON array, and back, byte for byte.
 *
 * A line that is JSON is its own element, with the white space around it and the carriage return at
 * its end. Anything else, such as half a line, a blank one, or what is no UTF-8, is kept in base64.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { fieldsOf, isRecord, jsonIn } from "../../../core/fields.ts";

/** A line, or a piece of one that is too long for one element. */
export interface LinePiece {
  /** Its bytes, without the line feed. */
  readonly bytes: Uint8Array;
  /** Whether the next piece goes on with the same line. */
  readonly goesOn: boolean;
  /** A byte follows in the same memory that whoever has the piece may write to. */
  readonly hasRoom?: true;
}

/** A line as it stands in an archive. */
export interface RecordElement {
  /** JSON without a line feed. */
  readonly json: Uint8Array;
  /** What the line says; undefined where it is not JSON. */
  readonly value: unknown;
  /** A byte follows in the same memory that whoever has the element may write to. */
  readonly hasRoom?: true;
}

/** The field of what is kept in base64. */
const RAW = "$raw";
/** What no element begins with but one that is kept in base64. */
const RAW_BEGIN = `{"${RAW}":"`;
const RAW_END = '"}';
const RAW_GOES_ON = '","goesOn":true}';
/** The field of a whole file that is one JSON document. */
const TEXT = "$text";
const TEXT_BEGIN = `{"${TEXT}":`;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Makes an element of a line.
 *
 * @param piece The line, or a piece of it.
 */
export function elementOf({ bytes, goesOn, hasRoom }: LinePiece): RecordElement {
  const value = goesOn ? undefined : valueOf(bytes);
  const isOurs = isRecord(value) && (RAW in value || TEXT in value);
  if (value !== undefined && !isOurs) return { json: bytes, value, ...(hasRoom && { hasRoom }) };
  const json = RAW_BEGIN + base64(bytes) + (goesOn ? RAW_GOES_ON : RAW_END);
  return { json: encoder.encode(json), value };
}

/**
 * Makes an element of a whole file.
 *
 * @param bytes The file.
 */
export function elementOfWhole(bytes: Uint8Array): RecordElement {
  const text = textIn(bytes);
  if (text === undefined) return elementOf({ bytes, goesOn: false });
  return { json: encoder.encode(JSON.stringify({ [TEXT]: text })), value: jsonIn(text) };
}

/**
 * Whether an element is of a whole file.
 *
 * @param json The element.
 */
export function isWhole(json: string): boolean {
  return json.startsWith(TEXT_BEGIN);
}

/**
 * Makes the line again.
 *
 * @param json An element, without the comma behind it.
 */
export function pieceOf(json: string): LinePiece {
  if (isWhole(json)) return { bytes: encoder.encode(wholeIn(json)), goesOn: false };
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
  if (isWhole(json)) return jsonIn(wholeIn(json));
  if (!json.startsWith(RAW_BEGIN)) return jsonIn(json);
  const { bytes, goesOn } = pieceOf(json);
  return goesOn ? undefined : valueOf(bytes);
}

/** What a line says; undefined where it is not JSON. */
function valueOf(bytes: Uint8Array): unknown {
  const text = textIn(bytes);
  return text === undefined ? undefined : jsonIn(text);
}

/** The text of a whole file; empty for an element that is none, which only damage makes. */
function wholeIn(json: string): string {
  const text = fieldsOf(jsonIn(json))[TEXT];
  return typeof text === "string" ? text : "";
}

/**
 * Bytes as text.
 *
 * @param bytes In UTF-8.
 * @returns Undefined where they are not.
 */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Bytes in base64. */
export function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("base64");
}
