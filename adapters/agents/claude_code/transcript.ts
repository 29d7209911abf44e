/**
 * A session of Claude Code in the common view.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TranscriptMessage, TranscriptPart } from "../../../core/transcript.ts";
import { Conversation, messagesIn } from "../files/conversation.ts";
import { type Fields, textOf } from "../files/values.ts";
import { blocksOf, type ClaudeRecord, modelOf, recordOf, resultOf, saidIn } from "./record.ts";
import { Usage } from "./usage.ts";

/**
 * Turns records into messages, in the order in which they were written. What was taken back is there
 * too.
 *
 * @param records What each says.
 */
export function transcriptOf(
  records: AsyncIterable<unknown>,
): AsyncGenerator<TranscriptMessage> {
  return messagesIn(records, recordOf, new ClaudeReading());
}

class ClaudeReading {
  readonly #conversation = new Conversation();
  #usage = new Usage();
  /** Whether it is a sub-agent's. Older versions wrote their records among the session's. */
  #isSidechain: boolean | undefined;

  *take(record: ClaudeRecord): Generator<TranscriptMessage> {
    const { type, at, fields } = record;
    if (type === "user" || type === "assistant") {
      this.#isSidechain ??= fields.isSidechain === true;
      if ((fields.isSidechain === true) !== this.#isSidechain) return;
    }
    if (type === "user") yield* this.#user(record);
    else if (type === "assistant") this.#assistant(record);
    else if (type === "system") this.#noted(fields, at);
  }

  *end(): Generator<TranscriptMessage> {
    if (!this.#usage.isEmpty) this.#conversation.took(this.#usage.sum());
    this.#usage = new Usage();
    yield* this.#conversation.end();
  }

  *#user(record: ClaudeRecord): Generator<TranscriptMessage> {
    const { id, at, fields, message } = record;
    const blocks = blocksOf(message);
    for (const block of blocks) {
      if (block.type === "tool_result") this.#answered(block);
    }
    if (fields.isCompactSummary === true) {
      this.#conversation.add({ type: "note", text: "compacted" }, { id, at });
    }
    const said = saidIn(record);
    const files = blocks.flatMap(fileIn);
    if (said === "" && (files.length === 0 || fields.isMeta === true)) return;
    yield* this.end();
    const text: TranscriptPart[] = said === "" ? [] : [{ type: "text", text: said }];
    yield* this.#conversation.says([...text, ...files], { id, at });
  }

  #assistant(record: ClaudeRecord): void {
    const { id, at, message } = record;
    this.#conversation.uses(modelOf(message));
    for (const block of blocksOf(message)) {
      if (block.type === "text") this.#conversation.writes("text", textOf(block.text), { id, at });
      else if (block.type === "thinking") {
        this.#conversation.writes("reasoning", textOf(block.thinking), { id, at });
      } else if (textOf(block.type).endsWith("tool_use")) {
        const call = { tool: textOf(block.name), status: "running", input: block.input } as const;
        this.#conversation.calls(textOf(block.id), call, { id, at });
      } else if (textOf(block.type).endsWith("tool_result")) this.#answered(block);
    }
    this.#usage.take(record);
  }

  #answered(block: Fields): void {
    const status = block.is_error === true ? "error" : "completed";
    const output = resultOf(block);
    this.#conversation.settles(textOf(block.tool_use_id), (part) => ({ ...part, status, output }));
  }

  #noted({ subtype, content }: Fields, at: string | undefined): void {
    const kind = textOf(subtype);
    if (kind !== "api_error" && kind !== "compact_boundary") return;
    const text = textOf(content) || kind.replaceAll("_", " ");
    this.#conversation.add({ type: "note", text }, { at });
  }
}

/** A picture or a document that the user gave. */
function fileIn({ type, source, title }: Fields): TranscriptPart[] {
  if (type !== "image" && type !== "document") return [];
  const mime = textOf(fieldsOf(source).media_type);
  const name = textOf(title);
  return [{ type: "file", ...(name && { name }), ...(mime && { mime }) }];
}
