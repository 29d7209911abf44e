/**
 * An agent in memory whose sessions another program reads, as one file each or as a file a message.
 *
 * @module
 */
import {
  type AgentLayout,
  MemoryAgent,
  type MemoryMessage,
  type PlainFile,
} from "@session-archiver/archiver";

/** What its layout is called. */
export const LAYOUT = { name: "agentsview", machine: "laptop" };

/** No file is of whole chunks. */
const CHUNK = 9973;
const encoder = new TextEncoder();

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += CHUNK) {
    yield await Promise.resolve(bytes.slice(at, at + CHUNK));
  }
}

async function* files(native: AsyncIterable<string>): AsyncGenerator<PlainFile> {
  let text = "";
  for await (const line of native) text += line;
  const { messages, info } = JSON.parse(text) as {
    messages: readonly MemoryMessage[];
    info: { readonly title: string };
  };
  const [kind, ...rest] = info.title.split(":");
  const place = rest.join(":");
  if (kind === "file") {
    const lines = messages.map((message) => `${message.text}\n`).join("");
    yield { path: `${place}.jsonl`, root: `${place}.jsonl`, chunks: chunksOf(lines) };
  }
  if (kind !== "folder") return;
  for (const { id, text } of messages) {
    yield { path: `${place}/${id}.txt`, root: `${place}/`, chunks: chunksOf(text) };
  }
}

/** A title `file:a/one` has a session lie at `a/one.jsonl`, `folder:a/one` in `a/one/`. */
export class LaidOutAgent extends MemoryAgent {
  /** See `Agent.layouts`. */
  readonly layouts = [LAYOUT.name];

  /** See `Agent.layout`. */
  layout(): Promise<AgentLayout> {
    return Promise.resolve({
      folder: "raw/memory",
      files,
      sessionOf: (path) => /^[^/]+\/([^/.]+)(?:\.jsonl|\/[^/]+\.txt)$/.exec(path)?.[1],
    });
  }
}
