/**
 * A conversation in one shape for all agents, for people and models to read.
 *
 * It is a view, computed from what an agent stored and never stored itself: the archive keeps the
 * agent's own records. Agents produce it; `adapters/cli/` prints it.
 *
 * @module
 */

/**
 * How many tokens something took, as the agent counted them.
 *
 * @since 0.1.0
 */
export interface TokenCounts {
  /** Sent to the model, without what came from a cache. */
  readonly input: number;
  /** Written by the model. */
  readonly output: number;
  /** Spent on thinking. */
  readonly reasoning: number;
  /** Read from the provider's cache. */
  readonly cacheRead: number;
  /** Written to the provider's cache. */
  readonly cacheWrite: number;
}

/** Tokens of nothing. */
export const NO_TOKENS: TokenCounts = {
  input: 0,
  output: 0,
  reasoning: 0,
  cacheRead: 0,
  cacheWrite: 0,
};

/**
 * The tokens of both.
 *
 * @param one Some.
 * @param other Others.
 */
export function sumOfTokens(one: TokenCounts, other: TokenCounts): TokenCounts {
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite: one.cacheWrite + other.cacheWrite,
  };
}

/**
 * One piece of a message.
 *
 * @since 0.1.0
 */
export type TranscriptPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | {
    readonly type: "tool";
    /** The tool's name. */
    readonly tool: string;
    /** `running` stays so for a turn that was cut off. */
    readonly status: "pending" | "running" | "completed" | "error";
    /** What it was called with. */
    readonly input: unknown;
    /** What it answered, or its error message. */
    readonly output?: string;
    /** What the agent called this call on screen. */
    readonly title?: string;
  }
  | {
    readonly type: "file";
    /** Name or path, when the agent kept one. */
    readonly name?: string;
    /** MIME type. */
    readonly mime?: string;
  }
  /** A thing the agent noted between messages: a compaction, a retry, an error. */
  | { readonly type: "note"; readonly text: string };

/**
 * One message of a conversation.
 *
 * @since 0.1.0
 */
export interface TranscriptMessage {
  /** The agent's id of the message. */
  readonly id: string;
  /** Who wrote it. */
  readonly role: "user" | "assistant" | "system";
  /** When it began, ISO 8601 in UTC, where the agent tells. */
  readonly createdAt?: string;
  /** The model that wrote it, as `provider/model`. */
  readonly model?: string;
  /** What it took. */
  readonly tokens?: TokenCounts;
  /** What it says, in order. */
  readonly parts: readonly TranscriptPart[];
}
