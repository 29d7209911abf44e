/**
 * A conversation as plain text for a terminal.
 *
 * @module
 */
import type { TranscriptMessage, TranscriptPart } from "../../core/transcript.ts";
import { momentText } from "./amounts.ts";
import { printableJson, printableLine, printableText } from "./printable.ts";

/** What stands above a conversation. */
export interface TranscriptHead {
  /** The session's title; may be empty. */
  readonly title: string;
  /** The session's id. */
  readonly id: string;
  /** The agent's name. */
  readonly agent: string;
  /** Where it took place. */
  readonly projectPath: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

/**
 * Writes a conversation: first its head, then one message a piece. Everything in it is safe to show.
 *
 * @param head What stands above it.
 * @param messages The conversation.
 */
export async function* transcriptText(
  head: TranscriptHead,
  messages: AsyncIterable<TranscriptMessage>,
): AsyncGenerator<string> {
  const { title, id, agent, projectPath, createdAt } = head;
  const about = `${agent} ${id} · ${projectPath} · ${momentText(createdAt)} UTC`;
  yield `${printableLine(title || "(no title)")}\n${printableLine(about)}\n`;
  for await (const message of messages) {
    const parts = message.parts.map((part) => `${partText(part)}\n`);
    yield `\n── ${printableLine(messageHead(message))} ──\n${parts.join("")}`;
  }
}

/**
 * Who said something when: `assistant · provider/model · 2026-01-31 12:00`.
 *
 * @param message What was said.
 */
export function messageHead({ role, model, createdAt }: TranscriptMessage): string {
  return [role, ...(model ? [model] : []), ...(createdAt ? [momentText(createdAt)] : [])]
    .join(" · ");
}

function partText(part: TranscriptPart): string {
  switch (part.type) {
    case "text":
      return printableText(part.text).trimEnd();
    case "reasoning":
      return `[thinking]\n${indented(part.text)}`;
    case "tool":
      return toolText(part);
    case "file":
      return printableLine(`[file ${[part.name, part.mime].filter(Boolean).join(", ")}]`);
    case "note":
      return printableLine(`[${part.text}]`);
  }
}

function toolText(
  { tool, status, title, input, output }: Extract<TranscriptPart, { type: "tool" }>,
): string {
  const head = printableLine(`[${tool}: ${status}]${title ? ` ${title}` : ""}`);
  return [
    head,
    ...(input === undefined ? [] : [indented(printableJson(input))]),
    ...(output ? [indented(output)] : []),
  ].join("\n");
}

function indented(text: string): string {
  return printableText(text).trimEnd().replace(/^/gm, "    ");
}
