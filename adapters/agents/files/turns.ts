/**
 * A conversation in turns: some agents write down each answer of the model by itself, others what it did
 * until the user spoke again. For whoever reads it, it is the same.
 *
 * @module
 */
import {
  sumOfTokens,
  type TranscriptMessage,
  type TranscriptPart,
} from "../../../core/transcript.ts";

/**
 * Puts together what the model did in answer to one thing that the user said.
 *
 * @param messages In their order.
 */
export async function* inTurns(
  messages: AsyncIterable<TranscriptMessage>,
): AsyncGenerator<TranscriptMessage> {
  let turn: Turn | undefined;
  for await (const message of messages) {
    if (message.role === "assistant" && turn && !isApart(turn) && !isApart(message)) {
      goOn(turn, message);
    } else {
      if (turn) yield turn;
      turn = message.role === "assistant" ? { ...message, parts: [...message.parts] } : undefined;
      if (!turn) yield message;
    }
  }
  if (turn) yield turn;
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/** A message that others are added to. */
type Turn = Writable<TranscriptMessage> & { readonly parts: TranscriptPart[] };

/** What begins with a note is about the conversation, or a sub-agent's. */
function isApart({ parts }: TranscriptMessage): boolean {
  return parts[0]?.type === "note";
}

function goOn(turn: Turn, { model, tokens, parts }: TranscriptMessage): void {
  if (model !== undefined) turn.model = model;
  if (tokens) turn.tokens = turn.tokens ? sumOfTokens(turn.tokens, tokens) : tokens;
  turn.parts.push(...parts);
}
