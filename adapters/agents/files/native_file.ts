/**
 * One file of lines as the native part of an archive, and read back.
 *
 * ```text
 * {"path":"sessions/2026/…/rollout-….jsonl","records":[
 * {…},
 * {…}
 * ],"endsInLineFeed":true}
 * ```
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ArchiveError } from "../../../core/errors.ts";
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import { type LinePiece, pieceOf, type RecordElement } from "./record.ts";

const FIRST_END = ',"records":[';
const LAST_BEGIN = "]";
const COMMA = 0x2c;

/**
 * Writes native lines.
 *
 * @param path The file's path from its store, with slashes.
 * @param elements Its lines as elements, each without a comma.
 * @param endsInLineFeed Whether the last line does; asked once there are no more.
 */
export async function* nativeLines(
  path: string,
  elements: AsyncIterable<Pick<RecordElement, "json" | "hasRoom">>,
  endsInLineFeed: () => boolean,
): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  yield text.encode(JSON.stringify({ path }).slice(0, -1) + FIRST_END);
  let held: Pick<RecordElement, "json" | "hasRoom"> | undefined;
  for await (const element of elements) {
    if (held) yield withComma(held);
    held = element;
  }
  if (held) yield held.json;
  yield text.encode(
    LAST_BEGIN + `,${JSON.stringify({ endsInLineFeed: endsInLineFeed() }).slice(1)}`,
  );
}

/** A line is copied only where there is no room behind it: there may be gigabytes of them. */
function withComma({ json, hasRoom }: Pick<RecordElement, "json" | "hasRoom">): Uint8Array {
  const { length } = json;
  const longer = hasRoom
    ? new Uint8Array(json.buffer, json.byteOffset, length + 1)
    : new Uint8Array(length + 1);
  if (!hasRoom) longer.set(json);
  longer[length] = COMMA;
  return longer;
}

/** A piece of a native part. */
export type NativePiece =
  /** Where the file was. Comes first. */
  | { readonly kind: "file"; readonly path: string }
  /** One record, as JSON. */
  | { readonly kind: "record"; readonly json: string }
  /** How it ends. Comes last. */
  | { readonly kind: "end"; readonly inLineFeed: boolean };

/**
 * Reads native lines.
 *
 * @param lines As {@linkcode nativeLines} writes them.
 * @throws {ArchiveError} `Corrupt` when they are something else.
 */
export async function* nativePieces(lines: AsyncIterable<string>): AsyncGenerator<NativePiece> {
  let number = 0;
  let hasEnded = false;
  for await (const line of lines) {
    number++;
    if (hasEnded) throw damaged(number, "it follows the end");
    if (number === 1) yield { kind: "file", path: pathIn(line) };
    else if (line.startsWith(LAST_BEGIN)) {
      hasEnded = true;
      yield { kind: "end", inLineFeed: isEndedIn(line, number) };
    } else yield { kind: "record", json: line.endsWith(",") ? line.slice(0, -1) : line };
  }
  if (!hasEnded) throw damaged(number, "the end is missing");
}

/**
 * The bytes of the file again.
 *
 * @param lines As {@linkcode nativeLines} writes them.
 */
export async function* fileBytes(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let last: LinePiece | undefined;
  for await (const piece of nativePieces(lines)) {
    if (piece.kind === "file") continue;
    if (last) yield lineBytes(last, piece.kind === "record" || piece.inLineFeed);
    last = piece.kind === "record" ? pieceOf(piece.json) : undefined;
  }
}

function lineBytes({ bytes, goesOn }: LinePiece, endsInFeed: boolean): Uint8Array {
  return goesOn || !endsInFeed ? bytes : Buffer.concat([bytes, LINE_FEED]);
}

const LINE_FEED = Uint8Array.of(0x0a);

/**
 * Where the file was.
 *
 * @param line The first of the native lines.
 */
export function pathIn(line: string): string {
  const { path } = fieldsOf(line.endsWith(FIRST_END) ? jsonIn(line + "]}") : undefined);
  if (typeof path !== "string") throw damaged(1, "it names no file");
  return path;
}

function isEndedIn(line: string, number: number): boolean {
  const { endsInLineFeed } = fieldsOf(jsonIn(`{"records":[${line}`));
  if (typeof endsInLineFeed !== "boolean") {
    throw damaged(number, "it does not tell how the file ends");
  }
  return endsInLineFeed;
}

function damaged(number: number, why: string): ArchiveError {
  return new ArchiveError("Corrupt", `line ${number} of the archived session is damaged: ${why}`);
}
