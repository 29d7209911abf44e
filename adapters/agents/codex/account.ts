/**
 * What is learnt of a session of Codex, record by record.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import { NO_TOKENS, sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import type { Account } from "../files/format.ts";
import { type Fields, textOf, textsOf, timeOf, titleOf } from "../files/values.ts";
import { isSaid, recordOf, requestIn, tokensOf } from "./record.ts";

/** Learns from the first `session_meta`, which is the session's own: later ones come with forks. */
export class CodexAccount implements Account {
  #meta: Fields | undefined;
  #first: string | undefined;
  #last: string | undefined;
  #title = "";
  #messages = 0;
  readonly #models = new Set<string>();
  /** Tokens before the count was begun anew, as a resumed session does. */
  #before = NO_TOKENS;
  #total = NO_TOKENS;

  get projectPath(): string | undefined {
    return textOf(this.#meta?.cwd) || undefined;
  }

  get createdAt(): string | undefined {
    return this.#meta && (timeOf(this.#meta.timestamp) ?? this.#first);
  }

  take(value: unknown): void {
    const { type, at, payload } = recordOf(value);
    this.#first ??= at;
    this.#last = at ?? this.#last;
    if (type === "session_meta") this.#meta ??= payload;
    else if (type === "turn_context") this.#uses(textOf(payload.model));
    else if (type === "response_item" && payload.type === "message") this.#says(payload);
    else if (type === "event_msg" && payload.type === "token_count") {
      this.#counts(tokensOf(fieldsOf(payload.info).total_token_usage));
    }
  }

  summary(): ReturnType<Account["summary"]> {
    const meta = this.#meta ?? {};
    return {
      title: this.#title,
      updatedAt: this.#last,
      parentId: textOf(meta.parent_thread_id) || null,
      agentVersion: textOf(meta.cli_version) || null,
      messages: this.#messages,
      models: [...this.#models],
      tokens: sumOfTokens(this.#before, this.#total),
      cost: 0,
    };
  }

  #uses(model: string): void {
    const provider = textOf(this.#meta?.model_provider) || "openai";
    if (model !== "") this.#models.add(`${provider}/${model}`);
  }

  #says({ role, content }: Fields): void {
    const text = textsOf(content);
    if (role === "user" ? !isSaid(text) : role !== "assistant") return;
    this.#messages++;
    if (role === "user" && this.#title === "") this.#title = titleOf(requestIn(text));
  }

  #counts(total: TokenCounts): void {
    const isLess = total.input + total.cacheRead < this.#total.input + this.#total.cacheRead;
    if (isLess) this.#before = sumOfTokens(this.#before, this.#total);
    this.#total = total;
  }
}
