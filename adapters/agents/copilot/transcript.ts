/**
 * A session of Copilot in the common view: what the user said, and each of the model's messages with
 * what it thought, said and called.
 *
 * Sub-agents write into the same file; each of their messages says whose it is.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TranscriptMessage, TranscriptPart } from "../../../core/transcript.ts";
import { messagesIn } from "../files/conversation.ts";
import { CopilotCalls } from "./calls.ts";
import { fileOf, noteOf } from "./parts.ts";
import { type Fields, textOf } from "../files/values.ts";
import { type CopilotEvent, eventOf, isSaid, modelName, tokensOf } from "./record.ts";

/** A message whose calls may still be answered. */
type Draft = TranscriptMessage & { readonly parts: TranscriptPart[] };

/**
 * Turns records into messages.
 *
 * @param records What each says.
 */
export function transcriptOf(
  records: AsyncIterable<unknown>,
): AsyncGenerator<TranscriptMessage> {
  return messagesIn(records, eventOf, new CopilotReading());
}

class CopilotReading {
  readonly #calls = new CopilotCalls();
  /** What each request took whose message is still to come. */
  readonly #usage = new Map<string, Fields>();
  readonly #agents = new Map<string, string>();
  readonly #thoughts = new Set<string>();
  #model = "";
  #drafts: Draft[] = [];

  *take(event: CopilotEvent): Generator<TranscriptMessage> {
    const { type, data } = event;
    switch (type) {
      case "session.start":
        return this.#chosen(data.selectedModel);
      case "session.resume":
        // What was not answered when the session was left will not be.
        yield* this.end();
        return this.#chosen(data.selectedModel);
      case "session.model_change":
        return event.agent === "" ? this.#chosen(data.newModel) : undefined;
      case "subagent.started":
        this.#agents.set(event.agent, textOf(data.agentDisplayName) || textOf(data.agentName));
        return;
      case "session.usage_record":
        return this.#took(fieldsOf(data.usage));
      case "user.message":
        return yield* this.#user(event);
      case "assistant.message":
        return this.#assistant(event);
      case "assistant.reasoning":
        return this.#add(event, "assistant", this.#thoughtsIn(data.content));
      case "tool.user_requested":
        return this.#add(event, "user", [this.#calls.begin(data)]);
      case "tool.execution_start":
        return this.#began(event);
      case "tool.execution_complete":
        return this.#calls.settle(data);
    }
    const note = noteOf(event);
    if (note !== undefined) this.#add(event, "assistant", [{ type: "note", text: note }]);
  }

  /** What is left when there are no more records. */
  *end(): Generator<TranscriptMessage> {
    for (const { parts, ...message } of this.#drafts) {
      yield { ...message, parts: parts.map((part) => this.#calls.settled(part)) };
    }
    this.#drafts = [];
    this.#calls.forget();
    this.#thoughts.clear();
  }

  #chosen(model: unknown): void {
    this.#model = textOf(model) || this.#model;
  }

  #took(usage: Fields): void {
    const call = textOf(usage.apiCallId);
    if (call !== "") this.#usage.set(call, usage);
  }

  *#user(event: CopilotEvent): Generator<TranscriptMessage> {
    // What a sub-agent is told stands in the call that started it.
    if (event.agent !== "") return;
    const said = isSaid(event);
    // Users may speak while a call is on its way.
    if (said && !this.#calls.areOpen) yield* this.end();
    const text = textOf(event.data.content);
    const { attachments } = event.data;
    const parts: TranscriptPart[] = text.trim() === "" ? [] : [{ type: "text", text }];
    if (Array.isArray(attachments)) parts.push(...attachments.map(fileOf));
    this.#add(event, said ? "user" : "system", parts);
  }

  #assistant(event: CopilotEvent): void {
    const { data } = event;
    const text = textOf(data.content);
    const parts = this.#thoughtsIn(data.reasoningText);
    if (text.trim() !== "") parts.push({ type: "text", text });
    if (Array.isArray(data.toolRequests)) {
      parts.push(...data.toolRequests.map((request) => this.#calls.begin(fieldsOf(request))));
    }
    const model = textOf(data.model) || this.#model;
    this.#add(event, "assistant", parts, {
      ...(model !== "" && { model: modelName(model, data.providerId) }),
      ...this.#tokensOf(data),
    });
  }

  #tokensOf({ apiCallId, outputTokens }: Fields): Pick<TranscriptMessage, "tokens"> {
    const call = textOf(apiCallId);
    const usage = this.#usage.get(call) ??
      (outputTokens === undefined ? undefined : { outputTokens });
    // One request may give several messages.
    this.#usage.delete(call);
    return usage ? { tokens: tokensOf(usage) } : {};
  }

  /** Some versions tell a thought twice: by itself, and with the message. */
  #thoughtsIn(value: unknown): TranscriptPart[] {
    const text = textOf(value);
    if (text.trim() === "" || this.#thoughts.has(text)) return [];
    this.#thoughts.add(text);
    return [{ type: "reasoning", text }];
  }

  /** A call that no message asked for. */
  #began(event: CopilotEvent): void {
    if (this.#calls.has(event.data)) return;
    this.#add(event, "assistant", [this.#calls.begin(event.data)]);
  }

  #add(
    { at, agent, id, data }: CopilotEvent,
    role: TranscriptMessage["role"],
    parts: TranscriptPart[],
    more: Pick<TranscriptMessage, "model" | "tokens"> = {},
  ): void {
    if (parts.length === 0) return;
    const name = this.#agents.get(agent) ?? agent;
    if (name !== "") parts.unshift({ type: "note", text: `sub-agent ${name}` });
    this.#drafts.push({
      ...{ id: textOf(data.messageId) || id, role },
      ...(at && { createdAt: at }),
      ...more,
      parts,
    });
  }
}
