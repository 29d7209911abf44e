/**
 * The toasts that a running `opencode serve` shows, as its stream of events tells of them.
 *
 * @module
 */
import { get, type IncomingMessage } from "node:http";
import type { OpenCodeServer } from "./real_opencode.ts";

/** A toast. */
export interface Toast {
  readonly variant: string;
  readonly message: string;
}

/** The toasts of a directory. */
export interface Toasts {
  /** All so far. */
  readonly seen: readonly Toast[];
  /** Ends the stream. */
  close(): void;
}

/**
 * Begins to listen.
 *
 * @param server Whose.
 * @param directory The project that they are shown in.
 */
export async function listenToToasts(
  { address }: OpenCodeServer,
  directory: string,
): Promise<Toasts> {
  const seen: Toast[] = [];
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${address}/event?directory=${encodeURIComponent(directory)}`, resolve).on("error", reject);
  });
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    seen.push(...lines.flatMap(toastIn));
  });
  // The server may end before it is closed here.
  stream.on("error", () => stream.destroy());
  return { seen, close: () => void stream.destroy() };
}

function toastIn(line: string): Toast[] {
  if (!line.startsWith("data:")) return [];
  const { type, properties } = JSON.parse(line.slice("data:".length));
  return type === "tui.toast.show" ? [properties] : [];
}
