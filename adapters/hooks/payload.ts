/**
 * What an agent says to its hooks on their standard input.
 *
 * @module
 */
import type { EventEmitter } from "node:events";

/** The most that is kept of it, in bytes; what is longer says nothing. */
export const MOST_BYTES = 1 << 20;
/** How long the agent may take to say it, in milliseconds. */
const PATIENCE_MS = 1_000;

/** What is needed of a stream. */
export type Input = Pick<EventEmitter, "on">;

/**
 * Reads to the end, but not for long: the agent may wait for this process.
 *
 * @param input The stream.
 * @param patienceMs How long it may take.
 * @returns The text; undefined when it is too long, or does not end in time.
 */
export function readPayload(input: Input, patienceMs = PATIENCE_MS): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    const end = (text: string | undefined) => {
      clearTimeout(timer);
      resolve(text);
    };
    input.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      // Read on, since an agent may take a pipe that is closed early for a failure.
      if (size <= MOST_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    input.on("end", () => end(size <= MOST_BYTES ? textOf(chunks) : undefined));
    input.on("error", () => end(undefined));
  });
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
