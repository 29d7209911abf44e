/**
 * What an archive is about, in a few lines: for whoever wonders whether to read it.
 *
 * @module
 */
import type { Summary } from "../../core/agent.ts";
import { oneLine, shortened } from "../../core/one_line.ts";
import type { RetrievedArchive } from "../../core/restore/retrieval.ts";
import type { TranscriptMessage } from "../../core/transcript.ts";
import { countText, momentText } from "./amounts.ts";
import { printableLine } from "./printable.ts";

/** What `show --format summary --json` prints. */
export interface ArchiveSummary extends Summary {
  /** Where it is. */
  readonly key: string;
  /** The backend that it was read from. */
  readonly backend: string;
  /** The agent's name. */
  readonly agent: string;
  /** The session's id. */
  readonly id: string;
  /** The directory it belonged to. */
  readonly projectPath: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** How the first prompt begins; absent without one. */
  readonly firstPrompt?: string;
  /** How the last answer begins; absent without one. */
  readonly lastAnswer?: string;
}

/** How many characters of a prompt or an answer tell what it is about. */
const EXCERPT = 500;

/**
 * Reads an archive once from end to end.
 *
 * @param archive Which.
 * @param messages Its conversation.
 */
export async function summaryOf(
  archive: RetrievedArchive,
  messages: AsyncIterable<TranscriptMessage>,
): Promise<ArchiveSummary> {
  let firstPrompt: string | undefined;
  let lastAnswer: string | undefined;
  for await (const message of messages) {
    const text = excerptOf(message);
    if (text === undefined) continue;
    if (message.role === "user") firstPrompt ??= text;
    else if (message.role === "assistant") lastAnswer = text;
  }
  const { key, backend, header: { agent, id, projectPath, createdAt } } = archive;
  return {
    ...{ key, backend, agent, id, projectPath, createdAt },
    ...archive.summary(),
    ...(firstPrompt !== undefined && { firstPrompt }),
    ...(lastAnswer !== undefined && { lastAnswer }),
  };
}

/** How what was said begins, in one line. */
function excerptOf({ parts }: TranscriptMessage): string | undefined {
  const said = parts.find((part) => part.type === "text" && part.text.trim() !== "");
  if (said?.type !== "text") return undefined;
  return shortened(oneLine(said.text.slice(0, 2 * EXCERPT)), EXCERPT);
}

/**
 * A summary for people and models.
 *
 * @param summary Which.
 * @returns Lines, each with its end; safe to show.
 */
export function summaryText(summary: ArchiveSummary): string {
  const { title, agent, agentVersion, id, projectPath, createdAt, updatedAt } = summary;
  const { parentId, messages, models, tokens, cost, firstPrompt, lastAnswer } = summary;
  const lines = [
    `title: ${title || "(none)"}`,
    `session: ${id} of ${[agent, agentVersion].filter(Boolean).join(" ")}`,
    `project: ${projectPath}`,
    `created: ${momentText(createdAt)} UTC, last changed ${momentText(updatedAt)} UTC`,
    ...(parentId === null ? [] : [`started by: ${parentId}`]),
    `size: ${countText(messages, "message")}, ${amount(tokens.input)} tokens in, ` +
    `${amount(tokens.output)} out, $${cost.toFixed(2)}`,
    ...(models.length > 0 ? [`models: ${models.join(", ")}`] : []),
    ...(firstPrompt === undefined ? [] : [`first prompt: ${firstPrompt}`]),
    ...(lastAnswer === undefined ? [] : [`last answer: ${lastAnswer}`]),
  ];
  return lines.map((line) => `${printableLine(line)}\n`).join("");
}

function amount(count: number): string {
  return count.toLocaleString("en-US");
}
