/**
 * Sessions of Copilot, made up.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { copilot } from "../../../../adapters/agents/copilot/mod.ts";
import type { TranscriptMessage } from "../../../../core/transcript.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

/** The session's id. */
export const ID = "0b9f2c1e-6a54-4c1b-9d3e-2f7a8b6c5d4e";
/** Where it lies, and where it lay before sessions had folders. */
export const [EVENTS, FLAT] = [`session-state/${ID}/events.jsonl`, `session-state/${ID}.jsonl`];

/** A record without its id and time. */
export type Event = readonly [type: string, data: Record<string, unknown>, agentId?: string];

/** A record. */
export function event(type: string, data: Record<string, unknown>, agentId?: string): Event {
  return [type, data, agentId];
}

/** How a session begins. */
export function beginning(cwd: string): Event[] {
  return [
    event("session.start", {
      ...{ sessionId: ID, version: 1, producer: "copilot-agent", copilotVersion: "1.0.102" },
      ...{ startTime: "2026-01-31T12:00:00.500Z", selectedModel: "gpt-9", context: { cwd } },
    }),
  ];
}

/** What the user says. */
export const asked = (content: string, more: Record<string, unknown> = {}) =>
  event("user.message", { content, transformedContent: `<now/>\n\n${content}`, ...more });

/** What the model says. */
export const said = (content: string, more: Record<string, unknown> = {}) =>
  event("assistant.message", { content, toolRequests: [], model: "gpt-9", ...more });

/** Tokens of a request, of which some came from the cache. */
export const usage = (inputTokens: number, cacheReadTokens: number, outputTokens: number) => ({
  ...{ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: 0, reasoningTokens: 1 },
});

/** The session is left. */
export const left = (models: Record<string, ReturnType<typeof usage>>) => {
  const entries = Object.entries(models).map(([model, usage]) => [model, { usage }]);
  return event("session.shutdown", { modelMetrics: Object.fromEntries(entries) });
};

/** Lines of a file, a second apart. */
export function linesOf(events: readonly Event[]): string {
  return events.map(([type, data, agentId], second) => {
    const timestamp = new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
    return JSON.stringify({ type, data, agentId, id: `e${second}`, timestamp }) + "\n";
  }).join("");
}

/** Writes a session's file. */
export async function write(home: string, events: readonly Event[], path = EVENTS) {
  const file = join(home, ...path.split("/"));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, linesOf(events));
  return file;
}

/** Writes a session, and reads it. */
export async function loadedFrom(home: string, events: readonly Event[]) {
  await write(home, events);
  const loaded = await copilot({ store: home }).load({ agent: "copilot", store: home, id: ID });
  const lines: string[] = [];
  for await (const line of loaded.native) lines.push(new TextDecoder().decode(line));
  return { ...loaded, lines, summary: loaded.summary() };
}

/** The conversation in a session. */
export async function messagesOf(events: readonly Event[]): Promise<TranscriptMessage[]> {
  const messages: TranscriptMessage[] = [];
  await inHome(async (home) => {
    const { lines } = await loadedFrom(home, events);
    async function* native() {
      yield* lines;
    }
    for await (const message of copilot().transcript(native())) messages.push(message);
  });
  return messages;
}
