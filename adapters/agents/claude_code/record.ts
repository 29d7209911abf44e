/**
 * What a line of Claude Code's files says, as far as anything here goes by it.
 * `docs/formats/claude-code.md` describes them.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TokenCounts } from "../../../core/transcript.ts";
import { countOf, type Fields, textOf, textsOf, timeOf } from "../files/values.ts";

/** A line. */
export interface ClaudeRecord {
  /** What it is: `user`, `assistant`, `system`, `custom-title` and more. */
  readonly type: string;
  /** Its own id, where it has one. */
  readonly id: string;
  /** When it was written, ISO 8601 in UTC; undefined where it does not tell. */
  readonly at: string | undefined;
  /** All of it. */
  readonly fields: Fields;
  /** What went to the model or came from it. */
  readonly message: Fields;
}

/**
 * Reads a line.
 *
 * @param value What it is in JSON.
 */
export function recordOf(value: unknown): ClaudeRecord {
  const fields = fieldsOf(value);
  return {
    type: textOf(fields.type),
    id: textOf(fields.uuid),
    at: timeOf(fields.timestamp),
    fields,
    message: fieldsOf(fields.message),
  };
}

/** The blocks of a message; a text alone is one. */
export function blocksOf({ content }: Fields): readonly Fields[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content.map(fieldsOf) : [];
}

/** What Claude Code puts before the model in the user's name begins so. */
const CONTEXT =
  /^\s*(<(command-(name|message|args)|local-command-\w+|system-reminder|bash-(input|stdout|stderr)|user-memory-input|task-notification)\b|Caveat: The messages below|\[Request interrupted by user)/;

/**
 * What the user said in a record: nothing in one that Claude Code wrote in their name.
 *
 * @param record Of the type `user`.
 */
export function saidIn({ fields, message }: ClaudeRecord): string {
  if (fields.isMeta === true || fields.isCompactSummary === true) return "";
  return blocksOf(message).filter(({ type }) => type === "text").map(({ text }) => textOf(text))
    .filter((text) => text.trim() !== "" && !CONTEXT.test(text)).join("\n");
}

/** The name of a model; that of what Claude Code answered by itself is none. */
export function modelOf({ model }: Fields): string {
  const name = textOf(model);
  return name === "" || name === "<synthetic>" ? "" : `anthropic/${name}`;
}

/** Tokens as the model's provider counts them. */
export function tokensOf(usage: unknown): TokenCounts {
  const fields = fieldsOf(usage);
  return {
    input: countOf(fields.input_tokens),
    output: countOf(fields.output_tokens),
    reasoning: 0,
    cacheRead: countOf(fields.cache_read_input_tokens),
    cacheWrite: countOf(fields.cache_creation_input_tokens),
  };
}

/** The text of a tool's result. */
export function resultOf({ content }: Fields): string {
  return textsOf(content);
}
