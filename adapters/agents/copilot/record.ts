/**
 * What a line of Copilot's files says, as far as anything here goes by it. A line is
 * `{type, data, id, timestamp, parentId}`; `docs/formats/copilot.md` describes them.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import { NO_TOKENS, sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import { countOf, type Fields, textOf, timeOf } from "../files/values.ts";

/** A line. */
export interface CopilotEvent {
  /** What it is: `session.start`, `user.message`, `assistant.message` and more. */
  readonly type: string;
  /** When it was written, ISO 8601 in UTC; undefined where it does not tell. */
  readonly at: string | undefined;
  /** The sub-agent that it is of; empty for the session itself. */
  readonly agent: string;
  /** Its id. */
  readonly id: string;
  /** What it says. */
  readonly data: Fields;
}

/**
 * Reads a line.
 *
 * @param value What it is in JSON.
 */
export function eventOf(value: unknown): CopilotEvent {
  const { type, timestamp, agentId, id, data } = fieldsOf(value);
  return {
    type: textOf(type),
    at: timeOf(timestamp),
    agent: textOf(agentId),
    id: textOf(id),
    data: fieldsOf(data),
  };
}

/**
 * Whether a message in the user's name was said by the user: skills, schedules and sub-agents speak in
 * it too, and name themselves as its source.
 *
 * @param event A `user.message`.
 */
export function isSaid({ agent, data }: CopilotEvent): boolean {
  const source = textOf(data.source) || "user";
  return agent === "" && source === "user" && data.isAutopilotContinuation !== true;
}

/**
 * A model as `provider/model`.
 *
 * @param model What Copilot calls it.
 * @param provider The user's own provider of it, where that is told.
 */
export function modelName(model: string, provider: unknown): string {
  return `${textOf(provider) || "github-copilot"}/${model}`;
}

/**
 * Tokens as Copilot counts them.
 *
 * @param usage Of one request, or of all to a model.
 */
export function tokensOf(usage: unknown): TokenCounts {
  const fields = fieldsOf(usage);
  const count = (name: string) => countOf(fields[name]);
  const [cacheRead, cacheWrite] = [count("cacheReadTokens"), count("cacheWriteTokens")];
  return {
    // What came from the cache or went there is counted among what was sent.
    input: Math.max(0, count("inputTokens") - cacheRead - cacheWrite),
    output: count("outputTokens"),
    reasoning: count("reasoningTokens"),
    ...{ cacheRead, cacheWrite },
  };
}

/**
 * The tokens of all models together.
 *
 * @param metrics `modelMetrics`, where each model has its `usage`.
 */
export function tokensOfAll(metrics: Fields): TokenCounts {
  return Object.values(metrics)
    .map((model) => tokensOf(fieldsOf(model).usage))
    .reduce(sumOfTokens, NO_TOKENS);
}
