/**
 * What is learnt of a session of Gemini CLI, record by record.
 *
 * @module
 */
import { NO_TOKENS, sumOfTokens, type TokenCounts } from "../../../core/transcript.ts";
import type { Account, FileName } from "../files/format.ts";
import { type Fields, textOf, timeOf, titleOf } from "../files/values.ts";
import { Messages } from "./messages.ts";
import { modelOf, saidIn, stepsIn, tokensOf } from "./record.ts";

/** Learns from all that was ever written down; what was taken back has taken its tokens, too. */
export class GeminiAccount implements Account {
  readonly #name: Pick<FileName, "parentId">;
  #createdAt: string | undefined;
  #metadata: Fields = {};
  #last: string | undefined;
  #said = "";
  readonly #messages = new Messages(isSaying);
  readonly #tokens = new Map<string, TokenCounts>();
  readonly #models = new Set<string>();

  /** @param name What the session's path told. */
  constructor(name: Pick<FileName, "parentId">) {
    this.#name = name;
  }

  /** Those that the user works in; the first is the project's. Mostly only sub-agents tell. */
  get projectPath(): string | undefined {
    const { directories } = this.#metadata;
    return (Array.isArray(directories) && textOf(directories[0])) || undefined;
  }

  get createdAt(): string | undefined {
    return this.#createdAt;
  }

  take(value: unknown): void {
    for (const step of stepsIn(value)) {
      this.#messages.take(step);
      if (step.kind === "metadata") this.#learn(step.fields);
      else if (step.kind === "message") this.#read(step.message);
      else if (step.kind === "messages") step.messages.forEach((message) => this.#read(message));
    }
  }

  summary(): ReturnType<Account["summary"]> {
    return {
      title: this.#title(),
      updatedAt: this.#last,
      parentId: this.#name.parentId ?? null,
      agentVersion: null,
      messages: [...this.#messages.values()].filter(Boolean).length,
      models: [...this.#models],
      tokens: [...this.#tokens.values()].reduce(sumOfTokens, NO_TOKENS),
      cost: 0,
    };
  }

  #learn(fields: Fields): void {
    this.#metadata = { ...this.#metadata, ...fields };
    this.#createdAt ??= timeOf(fields.startTime);
    this.#sees(fields.lastUpdated);
  }

  #read(message: Fields): void {
    this.#sees(message.timestamp);
    const model = modelOf(message);
    if (model !== undefined) this.#models.add(model);
    if (message.tokens) this.#tokens.set(textOf(message.id), tokensOf(message.tokens));
    if (this.#said === "" && message.type === "user") this.#said = askedIn(message);
  }

  #sees(time: unknown): void {
    const at = timeOf(time);
    if (at !== undefined && (this.#last === undefined || at > this.#last)) this.#last = at;
  }

  /** What a sub-agent calls its summary is the answer it gave. */
  #title(): string {
    const { kind, summary } = this.#metadata;
    return titleOf((kind !== "subagent" && textOf(summary).trim()) || this.#said);
  }
}

/** Whether somebody says something in a message, or does. */
function isSaying(message: Fields): boolean {
  return message.type === "gemini" || (message.type === "user" && saidIn(message) !== "");
}

/** What the user said to the model, and not to Gemini CLI. */
function askedIn(message: Fields): string {
  const said = saidIn(message);
  return /^\s*[/?]/.test(said) ? "" : said;
}
