/**
 * A model that costs nothing and says what a test wants: an OpenAI-compatible server on loopback.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/** What the model does with a prompt. */
export type Reply =
  /** Says it at once, or word by word over some milliseconds. */
  | { readonly text: string; readonly lastsMs?: number }
  | { readonly tool: string; readonly input: unknown }
  /** Says a little, then nothing more for good. */
  | "hang";

/** A running fake model. */
export interface FakeModel {
  /** Its base URL. */
  readonly url: string;
  /** Resolves when a request has begun to hang. */
  hanging(): Promise<void>;
  /** Ends it and every open answer. */
  close(): Promise<void>;
}

/**
 * Starts one on a free port.
 *
 * @param reply What to do with the newest prompt. After a tool call the model echoes.
 */
export async function startFakeModel(reply: (prompt: string) => Reply): Promise<FakeModel> {
  let nowHanging = () => {};
  const hanging = new Promise<void>((resolve) => nowHanging = resolve);
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
    const asked = JSON.parse(text || "{}") as Asked;
    const last = asked.messages?.at(-1);
    const prompt = textOf(last);
    const echoed = { text: `echo: ${prompt}` };
    const wanted = last?.role === "user" && asked.tools ? reply(prompt) : echoed;
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (wanted === "hang") {
      send(response, { delta: { role: "assistant", content: "so far " } });
      nowHanging();
    } else await answer(response, wanted);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      process.stderr.write(`fake model: ${error?.stack ?? error}\n`);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    hanging: () => hanging,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Asked {
  readonly messages?: readonly Said[];
  readonly tools?: unknown;
}

interface Said {
  readonly role: string;
  readonly content: string | readonly { readonly text?: string }[];
}

function textOf(message: Said | undefined): string {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("");
}

async function answer(response: ServerResponse, wanted: Exclude<Reply, "hang">): Promise<void> {
  if ("tool" in wanted) {
    const call = { name: wanted.tool, arguments: JSON.stringify(wanted.input) };
    const calls = [{ index: 0, id: `call_${Date.now()}`, type: "function", function: call }];
    send(response, { delta: { role: "assistant", tool_calls: calls } });
  } else await say(response, wanted.text.slice(0, 200), wanted.lastsMs);
  send(response, { delta: {}, finish_reason: "tool" in wanted ? "tool_calls" : "stop" }, {
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
  response.end("data: [DONE]\n\n");
}

async function say(response: ServerResponse, text: string, lastsMs?: number): Promise<void> {
  const pieces = lastsMs === undefined ? [text] : text.split(/(?<= )/);
  for (const content of pieces) {
    send(response, { delta: { role: "assistant", content } });
    if (lastsMs !== undefined) await delay(lastsMs / pieces.length);
    // Whoever asked was killed, perhaps.
    if (response.destroyed) return;
  }
}

function send(response: ServerResponse, choice: object, more: object = {}): void {
  const base = { id: "c1", object: "chat.completion.chunk", created: 1, model: "echo" };
  const chunk = { ...base, choices: [{ index: 0, ...choice }], ...more };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}
