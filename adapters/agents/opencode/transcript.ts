/**
 * A session in the shape that people read, the same for all agents.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TranscriptMessage, TranscriptPart } from "../../../core/transcript.ts";
import { readNative } from "./native.ts";
import { isoTime } from "./sessions.ts";
import { countTokens, modelName } from "./summary.ts";

/** The fields of something whose shape nobody vouches for. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Turns native lines into the common view.
 *
 * @param native The lines of a document.
 */
export async function* transcriptOf(
  native: AsyncIterable<string>,
): AsyncGenerator<TranscriptMessage> {
  for await (const piece of readNative(native)) {
    if (piece.kind === "message") yield messageOf(fieldsOf(piece.value));
  }
}

function messageOf(message: Fields): TranscriptMessage {
  const info = fieldsOf(message.info);
  const { role, tokens } = info;
  const parts = (Array.isArray(message.parts) ? message.parts : []).flatMap(partsOf);
  const { created } = fieldsOf(info.time);
  const model = modelOf(info);
  return {
    id: textOf(info.id) ?? "",
    role: role === "user" || role === "assistant" ? role : "system",
    ...(typeof created === "number" ? { createdAt: isoTime(created) } : {}),
    ...(model === undefined ? {} : { model }),
    ...(tokens === undefined ? {} : { tokens: countTokens(tokens) }),
    parts: [...parts, ...notesOnMessage(info)],
  };
}

/** Only what a model wrote has a model; a prompt merely asks for one. */
function modelOf({ role, providerID, modelID }: Fields): string | undefined {
  return role === "assistant" && typeof modelID === "string"
    ? modelName(providerID, modelID)
    : undefined;
}

function notesOnMessage({ $raw, error }: Fields): TranscriptPart[] {
  if (typeof $raw === "string") return [note("this message was broken in OpenCode's database")];
  if (error === undefined) return [];
  const { name, data } = fieldsOf(error);
  const message = textOf(fieldsOf(data).message);
  return [note([textOf(name) ?? "error", message].filter(Boolean).join(": "))];
}

function partsOf(value: unknown): TranscriptPart[] {
  const part = fieldsOf(value);
  switch (part.type) {
    case "text":
      return [{ type: "text", text: textOf(part.text) ?? "" }];
    case "reasoning":
      return [{ type: "reasoning", text: textOf(part.text) ?? "" }];
    case "tool":
      return [toolOf(part)];
    case "file":
      return [fileOf(part)];
    // These frame a step for the agent itself; people see what is between them.
    case "step-start":
    case "step-finish":
    case "snapshot":
      return [];
    case "patch":
      return [note(`changed ${listOf(part.files)}`)];
    case "compaction":
      return [note(part.auto === true ? "compacted the conversation by itself" : "compacted")];
    case "agent":
      return [note(`agent ${textOf(part.name) ?? "?"}`)];
    case "retry":
      return [note(retryOf(part))];
    case "subtask":
      return [note(`subtask for ${textOf(part.agent) ?? "?"}: ${textOf(part.prompt) ?? ""}`)];
    default:
      return [note(
        typeof part.$raw === "string"
          ? "this part was broken in OpenCode's database"
          : `a part of the unknown type ${JSON.stringify(part.type) ?? "(none)"}`,
      )];
  }
}

function toolOf(part: Fields): TranscriptPart {
  const state = fieldsOf(part.state);
  const output = textOf(state.output) ?? textOf(state.error);
  const title = textOf(state.title);
  return {
    type: "tool",
    tool: textOf(part.tool) ?? "?",
    status: statusOf(state.status),
    input: state.input,
    ...(output === undefined ? {} : { output }),
    ...(title === undefined ? {} : { title }),
  };
}

function statusOf(status: unknown): "pending" | "running" | "completed" | "error" {
  switch (status) {
    case "running":
    case "completed":
    case "error":
      return status;
    default:
      return "pending";
  }
}

function fileOf(part: Fields): TranscriptPart {
  const name = textOf(part.filename) ?? textOf(fieldsOf(part.source).path);
  const mime = textOf(part.mime);
  return {
    type: "file",
    ...(name === undefined ? {} : { name }),
    ...(mime === undefined ? {} : { mime }),
  };
}

function retryOf({ attempt, error }: Fields): string {
  const message = textOf(fieldsOf(fieldsOf(error).data).message);
  return `try ${String(attempt ?? "?")} failed${message ? `: ${message}` : ""}`;
}

function listOf(files: unknown): string {
  return Array.isArray(files) && files.length > 0 ? files.join(", ") : "files";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function note(text: string): TranscriptPart {
  return { type: "note", text };
}
