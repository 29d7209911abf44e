/**
 * Several files as the native part of an archive, and read back.
 *
 * ```text
 * {"files":[
 * {"path":"projects/…/tool-results/a.txt","text":"…"},
 * {"path":"file-history/…/0123456789abcdef@v1","base64":"…","goesOn":true},
 * {"path":"file-history/…/0123456789abcdef@v1","base64":"…"}
 * ]}
 * ```
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ArchiveError } from "../../../core/errors.ts";
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import { base64, textIn } from "./record.ts";

const FIRST = '{"files":[';
const LAST = "]}";

/** A file, or a piece of one that is too long for one element. */
export interface FilePiece {
  /** The file's path from its store, with slashes. */
  readonly path: string;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Whether the next piece goes on with the same file. */
  readonly goesOn: boolean;
}

/**
 * Writes native lines.
 *
 * @param pieces The files, each in one row of pieces.
 */
export async function* filesLines(pieces: AsyncIterable<FilePiece>): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  yield text.encode(FIRST);
  let held: string | undefined;
  for await (const { path, bytes, goesOn } of pieces) {
    if (held !== undefined) yield text.encode(`${held},`);
    // A piece of a file may end in the middle of a character.
    const told = goesOn ? undefined : textIn(bytes);
    const content = told === undefined ? { base64: base64(bytes) } : { text: told };
    held = JSON.stringify({ path, ...content, ...(goesOn && { goesOn }) });
  }
  if (held !== undefined) yield text.encode(held);
  yield text.encode(LAST);
}

/** A piece as it stands in an archive. */
export interface FileElement {
  /** The file's path from its store, with slashes. */
  readonly path: string;
  /** The element, as JSON. */
  readonly json: string;
  /** Its bytes. */
  bytes(): Uint8Array;
}

/**
 * Whether native lines are those of several files.
 *
 * @param first The first of them.
 */
export function areFiles(first: string): boolean {
  return first === FIRST;
}

/**
 * Reads native lines.
 *
 * @param lines As {@linkcode filesLines} writes them.
 * @throws {ArchiveError} `Corrupt` when they are something else.
 */
export async function* fileElements(lines: AsyncIterable<string>): AsyncGenerator<FileElement> {
  let number = 0;
  let hasEnded = false;
  for await (const line of lines) {
    number++;
    if (hasEnded || (number === 1 && line !== FIRST)) throw damaged(number);
    if (line === LAST) hasEnded = true;
    else if (number > 1) yield elementIn(line.endsWith(",") ? line.slice(0, -1) : line, number);
  }
  if (!hasEnded) throw damaged(number);
}

function elementIn(json: string, number: number): FileElement {
  const { path, text, base64 } = fieldsOf(jsonIn(json));
  if (typeof path !== "string") throw damaged(number);
  if (typeof text === "string") return { path, json, bytes: () => new TextEncoder().encode(text) };
  if (typeof base64 !== "string") throw damaged(number);
  return { path, json, bytes: () => new Uint8Array(Buffer.from(base64, "base64")) };
}

function damaged(number: number): ArchiveError {
  const message = `line ${number} of the archived files is damaged`;
  return new ArchiveError("Corrupt", message);
}
