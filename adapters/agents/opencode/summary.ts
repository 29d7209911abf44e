/**
 * The facts of a session, gathered message by message while it is loaded.
 *
 * @module
 */
import type { Summary } from "../../../core/agent.ts";
import { fieldsOf } from "../../../core/fields.ts";
import { sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import { isoTime } from "./sessions.ts";
import type { Row } from "./sqlite.ts";

/** What OpenCode calls a session that nobody has named yet. */
const PLACEHOLDER = /^(New|Child) session - \d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Gathers a {@linkcode Summary}. */
export class SummaryOfSession {
  #messages = 0;
  #cost = 0;
  #tokens: TokenCounts = countTokens(undefined);
  readonly #models = new Set<string>();

  /**
   * Takes one message in.
   *
   * @param info Its parsed `info`, or whatever is there instead.
   */
  add(info: unknown): void {
    this.#messages++;
    const { role, providerID, modelID, tokens, cost } = fieldsOf(info);
    if (role !== "assistant") return;
    if (typeof modelID === "string") this.#models.add(modelName(providerID, modelID));
    this.#tokens = sumOfTokens(this.#tokens, countTokens(tokens));
    this.#cost += count(cost);
  }

  /**
   * The summary of all messages so far. Where OpenCode counted tokens and cost for the whole
   * session, its counts win: they hold what reverted messages took, too.
   *
   * @param row The session's row.
   */
  of(row: Row): Summary {
    const title = String(row.title);
    const rollup: TokenCounts = {
      input: count(row.tokens_input),
      output: count(row.tokens_output),
      reasoning: count(row.tokens_reasoning),
      cacheRead: count(row.tokens_cache_read),
      cacheWrite: count(row.tokens_cache_write),
    };
    const counted = Object.values(rollup).some((tokens) => tokens > 0);
    return {
      title: PLACEHOLDER.test(title) ? "" : title,
      updatedAt: isoTime(Number(row.time_updated)),
      parentId: row.parent_id === null ? null : String(row.parent_id),
      agentVersion: row.version ? String(row.version) : null,
      messages: this.#messages,
      models: [...this.#models],
      tokens: counted ? rollup : this.#tokens,
      cost: count(row.cost) > 0 ? count(row.cost) : this.#cost,
    };
  }
}

/**
 * A model as `provider/model`.
 *
 * @param provider As OpenCode names it, if it does.
 * @param model As the provider names it.
 */
export function modelName(provider: unknown, model: string): string {
  return typeof provider === "string" ? `${provider}/${model}` : model;
}

/**
 * Tokens as OpenCode writes them in a message.
 *
 * @param tokens `{input, output, reasoning, cache: {read, write}}`, or anything else.
 */
export function countTokens(tokens: unknown): TokenCounts {
  const { input, output, reasoning, cache } = fieldsOf(tokens);
  const { read, write } = fieldsOf(cache);
  return {
    input: count(input),
    output: count(output),
    reasoning: count(reasoning),
    cacheRead: count(read),
    cacheWrite: count(write),
  };
}

function count(value: unknown): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : 0;
}
