/**
 * Reading the native lines back: message by message, then the rest. Lines that this program wrote
 * are read at constant memory; the same JSON laid out in any other way is taken whole.
 *
 * @module
 */
import { ArchiveError } from "../../../core/errors.ts";
import { fieldsOf } from "../../../core/fields.ts";

/** What native lines begin with. */
export const FIRST_LINE = '{"messages":[';

/** A piece of a session. */
export type NativePiece =
  /** One element of `messages`, parsed, and the text it was parsed from when it had its own line. */
  | { readonly kind: "message"; readonly value: unknown; readonly text?: string }
  /** Everything else, parsed: `info`, `todos` and whatever more there is. Comes last. */
  | { readonly kind: "rest"; readonly value: Readonly<Record<string, unknown>> };

/**
 * Reads native lines.
 *
 * @param lines As `LoadedSession.native` gives them, or the same JSON in other lines.
 * @throws {ArchiveError} `Corrupt` when they are no JSON object.
 */
export async function* readNative(lines: AsyncIterable<string>): AsyncGenerator<NativePiece> {
  const whole: string[] = [];
  let number = 0;
  let ended = false;
  for await (const line of lines) {
    number++;
    if (number === 1 ? line !== FIRST_LINE : whole.length > 0) whole.push(line);
    else if (number > 1) {
      if (ended) throw damaged(number, "it follows the end");
      ended = line.startsWith("]");
      yield ended ? restOf(parsed(`{"messages":[${line}`, number)) : messageOf(line, number);
    }
  }
  if (whole.length > 0) yield* piecesOf(parsed(whole.join("\n"), 1));
  else if (!ended) throw damaged(number, "the end is missing");
}

function messageOf(line: string, number: number): NativePiece {
  const text = line.endsWith(",") ? line.slice(0, -1) : line;
  return { kind: "message", value: parsed(text, number), text };
}

function* piecesOf(session: unknown): Generator<NativePiece> {
  const { messages } = fieldsOf(session);
  for (const value of Array.isArray(messages) ? messages : []) yield { kind: "message", value };
  yield restOf(session);
}

function restOf(session: unknown): NativePiece {
  const { messages, ...rest } = fieldsOf(session);
  // What stands in the place of the messages and is none must not get lost.
  return { kind: "rest", value: Array.isArray(messages) ? rest : { ...fieldsOf(session) } };
}

function parsed(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(number, "it is no JSON", cause);
  }
}

function damaged(number: number, why: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    "Corrupt",
    `line ${number} of the archived OpenCode session is damaged: ${why}`,
    { cause },
  );
}
