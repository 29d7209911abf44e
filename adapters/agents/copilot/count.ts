/**
 * How many tokens a session of Copilot took. What it tells depends on its version: all of a session
 * whenever that is left, each request, or only what each message of the model's was long.
 *
 * @module
 */
import { fieldsOf, isRecord } from "../../../core/fields.ts";
import { NO_TOKENS, sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import { type CopilotEvent, tokensOf, tokensOfAll } from "./record.ts";

/** Counts, record by record. */
export class CopilotCount {
  /** Before the total was begun anew. */
  #before = NO_TOKENS;
  /** When the session was last left. */
  #total = NO_TOKENS;
  /** Of each request since then, and of each message. */
  #requests = NO_TOKENS;
  #messages = NO_TOKENS;

  /** All of them. */
  get tokens(): TokenCounts {
    const since = this.#requests === NO_TOKENS ? this.#messages : this.#requests;
    return [this.#before, this.#total, since].reduce(sumOfTokens);
  }

  /**
   * Takes the next record.
   *
   * @param event What it says.
   */
  take({ type, data }: CopilotEvent): void {
    if (type === "session.usage_record") {
      this.#requests = sumOfTokens(this.#requests, tokensOf(data.usage));
    } else if (type === "assistant.message") {
      const { outputTokens } = data;
      this.#messages = sumOfTokens(this.#messages, tokensOf({ outputTokens }));
    } else if (type === "session.shutdown" || type === "session.usage_checkpoint") {
      const metrics = data.modelMetrics ?? fieldsOf(data.accountingSnapshot).modelMetrics;
      if (isRecord(metrics)) this.#totals(tokensOfAll(metrics));
    }
  }

  #totals(total: TokenCounts): void {
    const isLess = sent(total) < sent(this.#total);
    if (isLess) this.#before = sumOfTokens(this.#before, this.#total);
    this.#total = total;
    this.#requests = this.#messages = NO_TOKENS;
  }
}

function sent({ input, cacheRead, cacheWrite }: TokenCounts): number {
  return input + cacheRead + cacheWrite;
}
