/**
 * What Copilot notes between messages, and what its user attaches to them.
 *
 * @module
 */
import { fieldsOf } from "../../../core/fields.ts";
import type { TranscriptPart } from "../../../core/transcript.ts";
import { textOf } from "../files/values.ts";
import type { CopilotEvent } from "./record.ts";

/**
 * What of a record is worth a note.
 *
 * @param event The record.
 * @returns Undefined for most of them.
 */
export function noteOf({ type, data }: CopilotEvent): string | undefined {
  switch (type) {
    case "session.error":
      return `error: ${textOf(data.message)}`;
    case "abort":
      return `aborted: ${textOf(data.reason)}`;
    case "session.compaction_complete":
      return data.success === false ? undefined : "compacted";
    case "session.context_cleared":
      return "context cleared";
  }
}

/**
 * What was attached to a message: a file, a folder, a selection, something on GitHub.
 *
 * @param attachment As the message tells it.
 */
export function fileOf(attachment: unknown): TranscriptPart {
  const { displayName, path, filePath, title, url, mimeType } = fieldsOf(attachment);
  const name = [displayName, path, filePath, title, url].map(textOf).find((text) => text !== "");
  const mime = textOf(mimeType);
  return { type: "file", ...(name && { name }), ...(mime && { mime }) };
}
