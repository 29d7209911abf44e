/**
 * Counting tokens. A message that is streamed is written down several times, each time with what it
 * took so far.
 *
 * @module
 */
import { NO_TOKENS, sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import { textOf } from "../files/values.ts";
import { type ClaudeRecord, tokensOf } from "./record.ts";

/** Counts those of each message once, as they were when it had the most. */
export class Usage {
  readonly #messages = new Map<string, TokenCounts>();
  #count = 0;

  /**
   * Takes what a record of the type `assistant` tells.
   *
   * @param record The record.
   */
  take({ message, fields }: ClaudeRecord): void {
    if (message.usage === undefined || message.usage === null) return;
    const id = `${textOf(message.id) || `#${this.#count++}`}\n${textOf(fields.requestId)}`;
    const tokens = tokensOf(message.usage);
    const known = this.#messages.get(id);
    if (known === undefined || known.output <= tokens.output) this.#messages.set(id, tokens);
  }

  /** Of all messages. */
  sum(): TokenCounts {
    return [...this.#messages.values()].reduce(sumOfTokens, NO_TOKENS);
  }

  /** Whether any were told. */
  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }
}
