/**
 * What is learnt of a session of Claude Code, record by record.
 *
 * @module
 */
import type { Account } from "../files/format.ts";
import { textOf, titleOf } from "../files/values.ts";
import { type ClaudeRecord, modelOf, recordOf, saidIn } from "./record.ts";
import { Usage } from "./usage.ts";

/** Where titles stand, the best first. */
const TITLES = [
  ["custom-title", "customTitle"],
  ["agent-name", "agentName"],
  ["ai-title", "aiTitle"],
] as const;

/** Learns where a session belongs from the first record that tells: later ones may be elsewhere. */
export class ClaudeAccount implements Account {
  #projectPath: string | undefined;
  #first: string | undefined;
  #last: string | undefined;
  #version: string | null = null;
  #messages = 0;
  readonly #titles = new Map<string, string>();
  #summary = "";
  #said = "";
  readonly #answers = new Set<string>();
  readonly #models = new Set<string>();
  readonly #usage = new Usage();

  get projectPath(): string | undefined {
    return this.#projectPath;
  }

  get createdAt(): string | undefined {
    return this.#first;
  }

  take(value: unknown): void {
    const record = recordOf(value);
    const { type, at, fields } = record;
    this.#projectPath ??= textOf(fields.cwd) || undefined;
    this.#first ??= at;
    // Some are written down later than what follows them.
    if (at !== undefined && (this.#last === undefined || at > this.#last)) this.#last = at;
    this.#version = textOf(fields.version) || this.#version;
    if (type === "user") this.#says(record);
    else if (type === "assistant") this.#answersWith(record);
    else if (type === "summary") this.#summary ||= textOf(fields.summary);
    for (const [kind, field] of TITLES) {
      // The last one counts: a session may be named anew, and unnamed.
      if (type === kind) this.#titles.set(kind, textOf(fields[field]));
    }
  }

  summary(): ReturnType<Account["summary"]> {
    const named = TITLES.map(([kind]) => this.#titles.get(kind)).find(Boolean);
    return {
      title: titleOf(named || this.#summary || this.#said),
      updatedAt: this.#last,
      parentId: null,
      agentVersion: this.#version,
      messages: this.#messages,
      models: [...this.#models],
      tokens: this.#usage.sum(),
      cost: 0,
    };
  }

  #says(record: ClaudeRecord): void {
    const said = saidIn(record);
    if (said === "") return;
    this.#messages++;
    this.#said ||= said;
  }

  #answersWith(record: ClaudeRecord): void {
    const { message, id } = record;
    // Each of its blocks is a record.
    const answer = textOf(message.id) || id;
    if (!this.#answers.has(answer)) this.#messages++;
    this.#answers.add(answer);
    const model = modelOf(message);
    if (model !== "") this.#models.add(model);
    this.#usage.take(record);
  }
}
