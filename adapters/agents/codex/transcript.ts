/**
 * A session of Codex in the common view: what the user said, and for each of these what the model
 * answered, thought and called.
 *
 * Codex writes down twice what is said, once as the model sees it and once as the screen shows it.
 *
 * @module
 */
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";
import { Conversation, messagesIn } from "../files/conversation.ts";
import { type Fields, textOf, textsOf } from "../files/values.ts";
import { type CodexRecord, isSaid, recordOf, tokensOf } from "./record.ts";

/**
 * Turns records into messages.
 *
 * @param records What each says.
 */
export function transcriptOf(
  records: AsyncIterable<unknown>,
): AsyncGenerator<TranscriptMessage> {
  return messagesIn(records, recordOf, new CodexReading());
}

class CodexReading {
  readonly #conversation = new Conversation();
  #provider = "openai";
  #said: string | undefined;

  *take({ type, at, payload }: CodexRecord): Generator<TranscriptMessage> {
    if (type === "session_meta") this.#provider = textOf(payload.model_provider) || this.#provider;
    else if (type === "turn_context") this.#uses(textOf(payload.model));
    else if (type === "response_item") yield* this.#item(payload, at);
    else if (type === "event_msg") yield* this.#event(payload, at);
    else if (type === "compacted") {
      this.#conversation.add({ type: "note", text: "compacted" }, { at });
    }
  }

  end(): Generator<TranscriptMessage> {
    return this.#conversation.end();
  }

  #uses(model: string): void {
    this.#conversation.uses(model && `${this.#provider}/${model}`);
  }

  *#item(item: Fields, at: string | undefined): Generator<TranscriptMessage> {
    const type = textOf(item.type);
    if (type === "message") {
      const text = textsOf(item.content);
      if (item.role === "user") yield* this.#user(text, at);
      else if (item.role === "assistant") this.#writes("text", text, at);
    } else if (type === "reasoning") this.#writes("reasoning", textsOf(item.summary), at);
    else if (type.endsWith("_call_output")) this.#answered(item);
    else if (type.endsWith("_call")) this.#called(type, item, at);
  }

  *#event(event: Fields, at: string | undefined): Generator<TranscriptMessage> {
    switch (event.type) {
      case "user_message":
        return yield* this.#user(textOf(event.message), at);
      case "agent_message":
        return this.#writes("text", textOf(event.message), at);
      case "agent_reasoning":
        return this.#writes("reasoning", textOf(event.text), at);
      case "exec_command_end":
        return this.#ran(textOf(event.call_id), event);
      case "item_completed":
        return this.#completed(fieldsOf(event.item));
      case "token_count":
        return this.#counted(fieldsOf(event.info).last_token_usage);
      case "turn_aborted":
      case "error":
        this.#conversation.add({ type: "note", text: noteOf(event) }, { at });
    }
  }

  *#user(text: string, at: string | undefined): Generator<TranscriptMessage> {
    const isTwice = this.#said === text && !this.#conversation.isAnswered;
    if (isTwice || !isSaid(text)) return;
    this.#said = text;
    yield* this.#conversation.says([{ type: "text", text }], { at });
  }

  #writes(type: "text" | "reasoning", text: string, at: string | undefined): void {
    if (!this.#conversation.has(type, text)) this.#conversation.writes(type, text, { at });
  }

  #called(type: string, item: Fields, at: string | undefined): void {
    const tool = textOf(item.name) || type.slice(0, -"_call".length);
    const given = item.arguments ?? item.input ?? item.action;
    const input = typeof given === "string" ? jsonIn(given) ?? given : given;
    // Some are only written down when they are over, and have no answer of their own.
    const status = item.status === "completed" ? "completed" : "running";
    this.#conversation.calls(textOf(item.call_id), { tool, status, input }, { at });
  }

  #answered({ call_id, output }: Fields): void {
    const text = textOf(output) || textOf(fieldsOf(output).content) || textsOf(output);
    const status = fieldsOf(output).success === false ? "error" : "completed";
    this.#conversation.settles(
      textOf(call_id),
      (part) => part.output === undefined ? { ...part, status, output: text } : part,
    );
  }

  /** Of what later versions show, the rest stands in items for the model too. */
  #completed(item: Fields): void {
    if (item.type === "CommandExecution") this.#ran(textOf(item.id), item);
  }

  /** What a command wrote itself is better than what of it went to the model. */
  #ran(call: string, { aggregated_output, exit_code }: Fields): void {
    const output = textOf(aggregated_output);
    const status = exit_code === 0 ? "completed" : "error";
    this.#conversation.settles(call, (part) => ({ ...part, status, output }));
  }

  #counted(usage: unknown): void {
    if (usage !== undefined && usage !== null) this.#conversation.took(tokensOf(usage));
  }
}

function noteOf({ type, reason, message }: Fields): string {
  const why = textOf(message) || textOf(reason);
  return `${textOf(type).replaceAll("_", " ")}${why && `: ${why}`}`;
}
