/**
 * The calls of a conversation with Copilot, each of which is answered in a later record.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TranscriptPart } from "../../../core/transcript.ts";
import type { ToolPart } from "../files/conversation.ts";
import { type Fields, textOf } from "../files/values.ts";

/** Pairs calls with what they gave, by `toolCallId`. */
export class CopilotCalls {
  readonly #parts = new Map<string, ToolPart>();
  readonly #answers = new Map<TranscriptPart, ToolPart>();

  /** Whether any is not answered yet. */
  get areOpen(): boolean {
    return this.#answers.size < this.#parts.size;
  }

  /**
   * Whether a call is known.
   *
   * @param call As it begins.
   */
  has({ toolCallId }: Fields): boolean {
    return this.#parts.has(textOf(toolCallId));
  }

  /**
   * A call that is not answered yet.
   *
   * @param call As the model's message asks for it, or as it begins.
   */
  begin(call: Fields): ToolPart {
    const title = textOf(call.intentionSummary) || textOf(call.toolTitle);
    const part: ToolPart = {
      type: "tool",
      tool: textOf(call.name) || textOf(call.toolName),
      status: "running",
      input: call.arguments,
      ...(title && { title }),
    };
    this.#parts.set(textOf(call.toolCallId), part);
    return part;
  }

  /**
   * Takes what a call gave.
   *
   * @param answer How it ended.
   */
  settle({ toolCallId, success, result, error }: Fields): void {
    const part = this.#parts.get(textOf(toolCallId));
    if (!part) return;
    const { content, detailedContent } = fieldsOf(result);
    const output = textOf(fieldsOf(error).message) || textOf(content) || textOf(detailedContent);
    const status = success === false ? "error" : "completed";
    this.#answers.set(part, { ...part, status, output });
  }

  /**
   * A part as it is in the end.
   *
   * @param part Of a message.
   */
  settled(part: TranscriptPart): TranscriptPart {
    return this.#answers.get(part) ?? part;
  }

  /** Lets go of all of them. */
  forget(): void {
    this.#parts.clear();
    this.#answers.clear();
  }
}
