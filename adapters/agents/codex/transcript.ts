/**
 * A session of Codex in the common view: what the user said, and for each of these what the model
 * answered, thought and called.
 *
 * Codex writes down twice what is said, once as the model sees it and once as the screen shows it.
 *
 * @module
 */
import { fieldsOf, jsonIn } from "../../../core/fields.ts";
import {
  sumOfTokens,
  type TokenCounts,
  type TranscriptMessage,
  type TranscriptPart,
} from "../../../core/transcript.ts";
import {
  type CodexRecord,
  type Fields,
  isSaid,
  recordOf,
  textOf,
  textsOf,
  tokensOf,
} from "./record.ts";

type ToolPart = Extract<TranscriptPart, { type: "tool" }>;

/**
 * Turns records into messages.
 *
 * @param records What each says.
 */
export async function* transcriptOf(
  records: AsyncIterable<unknown>,
): AsyncGenerator<TranscriptMessage> {
  const conversation = new Conversation();
  for await (const value of records) yield* conversation.take(recordOf(value));
  yield* conversation.end();
}

/** What the model does in answer to one thing that the user said. */
interface Turn {
  readonly createdAt: string | undefined;
  readonly parts: TranscriptPart[];
  /** Where the part of each call stands. */
  readonly calls: Map<string, number>;
  tokens: TokenCounts | undefined;
}

class Conversation {
  #count = 0;
  #provider = "openai";
  #model = "";
  #turn: Turn | undefined;
  #said: string | undefined;

  *take({ type, at, payload }: CodexRecord): Generator<TranscriptMessage> {
    if (type === "session_meta") this.#provider = textOf(payload.model_provider) || this.#provider;
    else if (type === "turn_context") this.#model = textOf(payload.model) || this.#model;
    else if (type === "response_item") yield* this.#item(payload, at);
    else if (type === "event_msg") yield* this.#event(payload, at);
    else if (type === "compacted") this.#add({ type: "note", text: "compacted" }, at);
  }

  /** What is left when there are no more records. */
  *end(): Generator<TranscriptMessage> {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!turn || turn.parts.length === 0) return;
    yield {
      id: this.#nextId(),
      role: "assistant",
      ...(turn.createdAt && { createdAt: turn.createdAt }),
      ...(this.#model && { model: `${this.#provider}/${this.#model}` }),
      ...(turn.tokens && { tokens: turn.tokens }),
      parts: turn.parts,
    };
  }

  *#item(item: Fields, at: string | undefined): Generator<TranscriptMessage> {
    const type = textOf(item.type);
    if (type === "message") {
      const text = textsOf(item.content);
      if (item.role === "user") yield* this.#user(text, at);
      else if (item.role === "assistant") this.#addText("text", text, at);
    } else if (type === "reasoning") this.#addText("reasoning", textsOf(item.summary), at);
    else if (type.endsWith("_call_output")) this.#answered(item);
    else if (type.endsWith("_call")) this.#called(type, item, at);
  }

  *#event(event: Fields, at: string | undefined): Generator<TranscriptMessage> {
    switch (event.type) {
      case "user_message":
        return yield* this.#user(textOf(event.message), at);
      case "agent_message":
        return this.#addText("text", textOf(event.message), at);
      case "agent_reasoning":
        return this.#addText("reasoning", textOf(event.text), at);
      case "exec_command_end":
        return this.#ran(textOf(event.call_id), event);
      case "item_completed":
        return this.#completed(fieldsOf(event.item));
      case "token_count":
        return this.#counted(fieldsOf(event.info).last_token_usage);
      case "turn_aborted":
      case "error":
        return this.#add({ type: "note", text: noteOf(event) }, at);
    }
  }

  *#user(text: string, createdAt: string | undefined): Generator<TranscriptMessage> {
    const isTwice = this.#said === text && (this.#turn?.parts.length ?? 0) === 0;
    if (isTwice || !isSaid(text)) return;
    yield* this.end();
    this.#said = text;
    const parts = [{ type: "text", text } as const];
    yield { id: this.#nextId(), role: "user", ...(createdAt && { createdAt }), parts };
  }

  #addText(type: "text" | "reasoning", text: string, at: string | undefined): void {
    const isTwice = this.#turn?.parts.some((part) => part.type === type && part.text === text);
    if (text.trim() !== "" && !isTwice) this.#add({ type, text }, at);
  }

  #called(type: string, item: Fields, at: string | undefined): void {
    const tool = textOf(item.name) || type.slice(0, -"_call".length);
    const given = item.arguments ?? item.input ?? item.action;
    const input = typeof given === "string" ? jsonIn(given) ?? given : given;
    // Some are only written down when they are over, and have no answer of their own.
    const status = item.status === "completed" ? "completed" : "running";
    this.#add({ type: "tool", tool, status, input }, at);
    const id = textOf(item.call_id);
    if (id && this.#turn) this.#turn.calls.set(id, this.#turn.parts.length - 1);
  }

  #answered({ call_id, output }: Fields): void {
    const text = textOf(output) || textOf(fieldsOf(output).content) || textsOf(output);
    const isBad = fieldsOf(output).success === false;
    this.#settle(
      textOf(call_id),
      (part) =>
        part.output === undefined
          ? { ...part, status: isBad ? "error" : "completed", output: text }
          : part,
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
    this.#settle(call, (part) => ({ ...part, status, output }));
  }

  #settle(call: string, settled: (part: ToolPart) => ToolPart): void {
    const index = this.#turn?.calls.get(call);
    const part = index === undefined ? undefined : this.#turn?.parts[index];
    if (part?.type === "tool") this.#turn!.parts[index!] = settled(part);
  }

  #counted(usage: unknown): void {
    if (!this.#turn || usage === undefined || usage === null) return;
    const tokens = tokensOf(usage);
    this.#turn.tokens = this.#turn.tokens ? sumOfTokens(this.#turn.tokens, tokens) : tokens;
  }

  #add(part: TranscriptPart, createdAt: string | undefined): void {
    this.#turn ??= { createdAt, parts: [], calls: new Map(), tokens: undefined };
    this.#turn.parts.push(part);
  }

  #nextId(): string {
    return `#${this.#count++}`;
  }
}

function noteOf({ type, reason, message }: Fields): string {
  const why = textOf(message) || textOf(reason);
  return `${textOf(type).replaceAll("_", " ")}${why && `: ${why}`}`;
}
