/**
 * A conversation as Markdown. What tools said stands in fences that nothing in it can close.
 *
 * @module
 */
import type { TranscriptMessage, TranscriptPart } from "../../core/transcript.ts";
import { momentText } from "./amounts.ts";
import { printableJson, printableLine, printableText } from "./printable.ts";
import { messageHead, type TranscriptHead } from "./transcript_text.ts";

/**
 * Writes a conversation: first its head, then one message a piece.
 *
 * @param head What stands above it.
 * @param messages The conversation.
 */
export async function* transcriptMarkdown(
  head: TranscriptHead,
  messages: AsyncIterable<TranscriptMessage>,
): AsyncGenerator<string> {
  const { title, id, agent, projectPath, createdAt } = head;
  yield [
    `# ${plain(title || "(no title)")}\n\n`,
    `- Session: ${code(id)} of ${plain(agent)}\n- Project: ${code(projectPath)}\n`,
    `- Created: ${momentText(createdAt)} UTC\n`,
  ].join("");
  for await (const message of messages) {
    const parts = message.parts.map((part) => `\n${partMarkdown(part)}\n`);
    yield `\n## ${plain(messageHead(message))}\n${parts.join("")}`;
  }
}

function partMarkdown(part: TranscriptPart): string {
  switch (part.type) {
    case "text":
      return closed(printableText(part.text).trimEnd());
    case "reasoning":
      return printableText(part.text).trimEnd().replace(/^/gm, "> ");
    case "tool":
      return toolMarkdown(part);
    case "file":
      return `*File: ${code(part.name ?? "without a name")}${
        part.mime ? `, ${plain(part.mime)}` : ""
      }*`;
    case "note":
      return `*${plain(part.text)}*`;
  }
}

function toolMarkdown(
  { tool, status, title, input, output }: Extract<TranscriptPart, { type: "tool" }>,
): string {
  return [
    `**${plain(tool)}** (${status})${title ? `: ${plain(title)}` : ""}`,
    ...(input === undefined ? [] : [fenced(printableJson(input, 2), "json")]),
    ...(output ? [fenced(printableText(output))] : []),
  ].join("\n\n");
}

/**
 * Text in a fence that is longer than any row of backticks in it.
 *
 * @param text What goes in.
 * @param language What it is.
 */
export function fenced(text: string, language = ""): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** A message may itself be Markdown; a fence it leaves open must not swallow what follows. */
function closed(text: string): string {
  let open: string | undefined;
  for (const line of text.split("\n")) {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (!fence) continue;
    const [, marks, rest] = fence;
    if (open === undefined) {
      if (!(marks.startsWith("`") && rest.includes("`"))) open = marks;
    } else if (marks[0] === open[0] && marks.length >= open.length && rest.trim() === "") {
      open = undefined;
    }
  }
  return open === undefined ? text : `${text}\n${open}`;
}

function code(text: string): string {
  const line = printableLine(text);
  const marks = "`".repeat(longestRun(line) + 1);
  const space = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${marks}${space}${line}${space}${marks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}

/** One line that means nothing in Markdown. */
function plain(text: string): string {
  return printableLine(text).replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}
