/**
 * What is learnt of a session of Copilot, record by record.
 *
 * @module
 */
import { fieldsOf, isRecord } from "../../../core/fields.ts";
import type { Account } from "../files/format.ts";
import { CopilotCount } from "./count.ts";
import { type Fields, textOf, timeOf, titleOf } from "../files/values.ts";
import { type CopilotEvent, eventOf, isSaid, modelName } from "./record.ts";

/** Learns from the first `session.start`, and from what follows it. */
export class CopilotAccount implements Account {
  readonly #count = new CopilotCount();
  readonly #models = new Set<string>();
  #start: Fields | undefined;
  #cwd = "";
  #first: string | undefined;
  #last: string | undefined;
  #version = "";
  #title = "";
  #messages = 0;
  /** What the user chose; earlier versions do not tell it of each message. */
  #model = "";

  get projectPath(): string | undefined {
    return this.#cwd || undefined;
  }

  get createdAt(): string | undefined {
    return this.#start && (timeOf(this.#start.startTime) ?? this.#first);
  }

  take(value: unknown): void {
    const event = eventOf(value);
    this.#first ??= event.at;
    this.#last = event.at ?? this.#last;
    this.#count.take(event);
    if (event.type === "session.start") this.#starts(event.data);
    else if (event.type === "session.resume") this.#resumes(event.data);
    else if (event.type === "session.model_change") this.#changes(event);
    else if (event.type === "session.context_changed") this.#belongsTo(event.data);
    else if (event.type === "session.shutdown") this.#usedIn(event.data);
    else if (event.type === "user.message") this.#says(event);
    else if (event.type === "assistant.message") this.#answers(event.data);
  }

  summary(): ReturnType<Account["summary"]> {
    return {
      title: this.#title,
      updatedAt: this.#last,
      parentId: textOf(this.#start?.detachedFromSpawningParentSessionId) || null,
      agentVersion: this.#version || null,
      messages: this.#messages,
      models: [...this.#models],
      tokens: this.#count.tokens,
      cost: 0,
    };
  }

  #starts(data: Fields): void {
    this.#start ??= data;
    this.#version = textOf(data.copilotVersion) || this.#version;
    this.#resumes(data);
  }

  #resumes({ context, selectedModel }: Fields): void {
    this.#belongsTo(context);
    this.#chooses(selectedModel);
  }

  #changes({ agent, data }: CopilotEvent): void {
    if (agent === "") this.#chooses(data.newModel);
  }

  #chooses(model: unknown): void {
    this.#model = textOf(model) || this.#model;
  }

  /** Where it was begun: Copilot moves on with `/cd`, its sessions do not. */
  #belongsTo(context: unknown): void {
    this.#cwd ||= textOf(fieldsOf(context).cwd);
  }

  #says(event: CopilotEvent): void {
    const text = textOf(event.data.content);
    if (!isSaid(event) || text.trim() === "") return;
    this.#messages++;
    if (this.#title === "") this.#title = titleOf(text);
  }

  #answers({ model, providerId }: Fields): void {
    this.#messages++;
    const name = textOf(model) || this.#model;
    if (name !== "") this.#models.add(modelName(name, providerId));
  }

  #usedIn({ modelMetrics }: Fields): void {
    if (this.#models.size > 0 || !isRecord(modelMetrics)) return;
    for (const model of Object.keys(modelMetrics)) this.#models.add(modelName(model, ""));
  }
}
