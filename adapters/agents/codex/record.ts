/**
 * What a line of Codex's files says, as far as anything here goes by it. A line is
 * `{timestamp, type, payload}`; `docs/formats/codex.md` describes them.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TokenCounts } from "../../../core/transcript.ts";
import { countOf, type Fields, textOf, timeOf } from "../files/values.ts";

/** A line. */
export interface CodexRecord {
  /** What it is: `session_meta`, `turn_context`, `response_item`, `event_msg` and more. */
  readonly type: string;
  /** When it was written, ISO 8601 in UTC; undefined where it does not tell. */
  readonly at: string | undefined;
  /** What it says. */
  readonly payload: Fields;
}

/**
 * Reads a line.
 *
 * @param value What it is in JSON.
 */
export function recordOf(value: unknown): CodexRecord {
  const { type, timestamp, payload } = fieldsOf(value);
  return { type: textOf(type), at: timeOf(timestamp), payload: fieldsOf(payload) };
}

/** What Codex puts before the model in the user's name begins so. */
const CONTEXT = new RegExp(
  "^\\s*(?:# AGENTS\\.md instructions for |<(?:environment_context|user_instructions|" +
    "user_shell_command|turn_aborted|skill|codex_internal_context)\\b)",
);
/** What an editor puts before what the user said ends so. */
const REQUEST = "## My request for Codex:";

/**
 * Whether a text was said by the user, and is not what Codex adds in their name.
 *
 * @param text What stands in a message of the user's.
 */
export function isSaid(text: string): boolean {
  return text.trim() !== "" && !CONTEXT.test(text);
}

/**
 * What the user asked for, without what their editor put before it.
 *
 * @param text What they said.
 */
export function requestIn(text: string): string {
  const at = text.indexOf(REQUEST);
  return at < 0 ? text : text.slice(at + REQUEST.length);
}

/**
 * Tokens as Codex counts them.
 *
 * @param usage `total_token_usage` or `last_token_usage`.
 */
export function tokensOf(usage: unknown): TokenCounts {
  const fields = fieldsOf(usage);
  const count = (name: string) => countOf(fields[name]);
  const cacheRead = count("cached_input_tokens");
  return {
    // What came from the cache is counted among what was sent.
    input: Math.max(0, count("input_tokens") - cacheRead),
    output: count("output_tokens"),
    reasoning: count("reasoning_output_tokens"),
    cacheRead,
    cacheWrite: 0,
  };
}
