/**
 * A session of Gemini CLI in the common view: what is left of it after all that was replaced and taken
 * back.
 *
 * @module
 */
import { fieldsOf, isRecord } from "../../../core/fields.ts";
import type { TranscriptMessage, TranscriptPart } from "../../../core/transcript.ts";
import type { ToolPart } from "../files/conversation.ts";
import { type Fields, textOf, timeOf } from "../files/values.ts";
import { Messages } from "./messages.ts";
import { contentTextOf, modelOf, partsOf, saidIn, stepsIn, tokensOf } from "./record.ts";

type Status = ToolPart["status"];

/**
 * Turns records into messages.
 *
 * @param records What each says.
 */
export async function* transcriptOf(
  records: AsyncIterable<unknown>,
): AsyncGenerator<TranscriptMessage> {
  const messages = new Messages((message) => message);
  for await (const value of records) {
    for (const step of stepsIn(value)) messages.take(step);
  }
  const answers = answersIn(messages.values());
  for (const message of messages.values()) {
    const parts = partsIn(message, answers);
    if (parts.length > 0) yield { ...headOf(message), parts };
  }
}

function headOf(message: Fields): Omit<TranscriptMessage, "parts"> {
  const createdAt = timeOf(message.timestamp);
  const model = modelOf(message);
  const role = message.type === "user" ? "user" : isModels(message) ? "assistant" : "system";
  return {
    ...{ id: textOf(message.id), role },
    ...(createdAt && { createdAt }),
    ...(model && { model }),
    ...(isModels(message) && message.tokens ? { tokens: tokensOf(message.tokens) } : {}),
  };
}

const isModels = ({ type }: Fields) => type === "gemini";

function partsIn(message: Fields, answers: Answers): readonly TranscriptPart[] {
  if (isModels(message)) {
    return [...thoughtsIn(message), ...contentIn(message.content), ...toolsIn(message, answers)];
  }
  const text = saidIn(message);
  if (message.type === "user") {
    return [...(text ? [{ type: "text", text } as const] : []), ...filesIn(message.content)];
  }
  return text ? [{ type: "note", text: `${textOf(message.type) || "note"}: ${text}` }] : [];
}

function* thoughtsIn({ thoughts, content }: Fields): Generator<TranscriptPart> {
  const told = (Array.isArray(thoughts) ? thoughts : []).map((thought) => {
    const { subject, description } = fieldsOf(thought);
    return [textOf(subject), textOf(description)].filter(Boolean).join("\n");
  });
  // A session that was gone on with has them twice.
  const other = partsOf(content).filter(({ thought }) => thought === true)
    .map(({ text }) => textOf(text));
  for (const text of told.length > 0 ? told : other) if (text) yield { type: "reasoning", text };
}

function* contentIn(content: unknown): Generator<TranscriptPart> {
  const text = contentTextOf(content);
  if (text.trim() !== "") yield { type: "text", text };
  yield* filesIn(content);
}

function* filesIn(content: unknown): Generator<TranscriptPart> {
  for (const { inlineData, fileData } of partsOf(content)) {
    const { mimeType, displayName, fileUri } = fieldsOf(inlineData ?? fileData);
    const [mime, name] = [textOf(mimeType), textOf(displayName) || textOf(fileUri)];
    if (inlineData ?? fileData) {
      yield { type: "file", ...(name && { name }), ...(mime && { mime }) };
    }
  }
}

/** What tools answered, by the calls' ids. */
type Answers = ReadonlyMap<string, Fields>;

function answersIn(messages: Iterable<Fields>): Answers {
  const answers = new Map<string, Fields>();
  for (const { content } of messages) {
    for (const part of partsOf(content)) {
      const answer = fieldsOf(part.functionResponse);
      if (textOf(answer.id)) answers.set(textOf(answer.id), answer);
    }
  }
  return answers;
}

function* toolsIn({ toolCalls, content }: Fields, answers: Answers): Generator<ToolPart> {
  const seen = new Set<string>();
  for (const call of (Array.isArray(toolCalls) ? toolCalls : []).map(fieldsOf)) {
    seen.add(textOf(call.id));
    yield partOf(call, outputOf(call.result) ?? outputOf(answers.get(textOf(call.id))));
  }
  for (const part of partsOf(content)) {
    const call = fieldsOf(part.functionCall);
    const id = textOf(call.id);
    if (!part.functionCall || seen.has(id)) continue;
    const output = outputOf(answers.get(id));
    yield partOf({ ...call, status: output === undefined ? "executing" : "success" }, output);
  }
}

function partOf(call: Fields, output: string | undefined): ToolPart {
  const title = textOf(call.description);
  return {
    ...{ type: "tool", tool: textOf(call.name), status: statusOf(call.status), input: call.args },
    ...(output !== undefined && { output }),
    ...(title && { title }),
  };
}

/** Gemini CLI has more of them, all of calls that are under way. */
function statusOf(status: unknown): Status {
  if (status === "success") return "completed";
  return status === "error" || status === "cancelled" ? "error" : "running";
}

/** A tool's answer as text: `result` of a call, or one `functionResponse`. */
function outputOf(result: unknown): string | undefined {
  if (result === undefined || result === null || typeof result === "string") {
    return result ?? undefined;
  }
  if (Array.isArray(result)) {
    return result.map(outputOf).filter((text) => text !== undefined).join("\n");
  }
  const { functionResponse, response, text: own } = fieldsOf(result);
  if (functionResponse !== undefined) return outputOf(functionResponse);
  const { output, error } = fieldsOf(response);
  if (typeof own === "string") return own;
  const text = textOf(output) || textOf(error);
  return text === "" && isRecord(response) ? JSON.stringify(response) : text;
}
