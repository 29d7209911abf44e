/**
 * What a record of Gemini CLI's files says, as far as anything here goes by it: metadata, a message, or
 * a change of what stands before it. `docs/formats/gemini.md` describes them.
 *
 * @module
 */
import { fieldsOf, isRecord } from "../../../core/fields.ts";
import type { TokenCounts } from "../../../core/transcript.ts";
import { countOf, type Fields, textOf } from "../files/values.ts";

/** The parts of a content, which may be a text, a part or several of both. */
export function partsOf(content: unknown): readonly Fields[] {
  if (Array.isArray(content)) return content.flatMap(partsOf);
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  return isRecord(content) ? [content] : [];
}

/** The texts of a content as one, without the model's thoughts. */
export function contentTextOf(content: unknown): string {
  return partsOf(content).filter(({ thought }) => thought !== true).map(({ text }) => textOf(text))
    .join("");
}

/** What Gemini CLI puts before the model in the user's name begins so. */
const CONTEXT = /^\s*<(session_context|hook_context)>/;

/**
 * What the user said in a message, as it was shown to them.
 *
 * @param message A message of the user's.
 * @returns Nothing for what Gemini CLI says in their name, as the answers of tools.
 */
export function saidIn({ displayContent, content }: Fields): string {
  const text = contentTextOf(displayContent).trim() === ""
    ? contentTextOf(content)
    : contentTextOf(displayContent);
  return CONTEXT.test(text) || text.trim() === "" ? "" : text;
}

/** What a record does. */
export type Step =
  /** It tells something of the session. */
  | { readonly kind: "metadata"; readonly fields: Fields }
  /** It has these messages in place of all before it. */
  | { readonly kind: "messages"; readonly messages: readonly Fields[] }
  /** It adds a message, or has it in place of an earlier one with its id. */
  | { readonly kind: "message"; readonly message: Fields }
  /** It takes back a message and all behind it. */
  | { readonly kind: "rewind"; readonly to: string };

/**
 * Reads a record, in the order in which Gemini CLI asks what one is.
 *
 * @param value What it is in JSON.
 */
export function* stepsIn(value: unknown): Generator<Step> {
  const { $rewindTo: to, id, $set, sessionId } = fieldsOf(value);
  if (typeof to === "string") yield { kind: "rewind", to };
  else if (typeof id === "string") yield { kind: "message", message: fieldsOf(value) };
  else if (isRecord($set)) yield* metadataIn($set);
  else if (typeof sessionId === "string") yield* metadataIn(fieldsOf(value));
}

function* metadataIn({ messages, ...fields }: Fields): Generator<Step> {
  yield { kind: "metadata", fields };
  if (Array.isArray(messages)) yield { kind: "messages", messages: messagesIn(messages) };
}

/**
 * The messages of a list: what has an id.
 *
 * @param list Of messages.
 */
export function messagesIn(list: readonly unknown[]): readonly Fields[] {
  return list.map(fieldsOf).filter(({ id }) => typeof id === "string");
}

/**
 * Tokens as Gemini CLI counts them.
 *
 * @param tokens Of a message.
 */
export function tokensOf(tokens: unknown): TokenCounts {
  const fields = fieldsOf(tokens);
  const cacheRead = countOf(fields.cached);
  return {
    // What came from the cache is counted among what was sent; what tools added is not.
    input: Math.max(0, countOf(fields.input) - cacheRead) + countOf(fields.tool),
    output: countOf(fields.output),
    reasoning: countOf(fields.thoughts),
    cacheRead,
    cacheWrite: 0,
  };
}

/**
 * The model that wrote a message, as `provider/model`.
 *
 * @param message A message.
 */
export function modelOf({ model }: Fields): string | undefined {
  return textOf(model) === "" ? undefined : `google/${model}`;
}
