/**
 * A proxy on loopback before a store, which does to requests and replies what networks do.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
  type ServerResponse,
} from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/**
 * What happens to a request.
 *
 * - `"drop"`: the connection is closed before anything is passed on; `"reset"`: it is reset.
 * - `"cut"`: half of the body reaches the store, then both connections break.
 * - `"hang"`: it is taken and never answered.
 * - `"lose reply"`: it is done, and nobody is told.
 * - `"late"`: its sender's connection breaks at once; it is done some time later.
 * - `"truncate"`, `"corrupt"`: half of the reply's body comes, or one byte of it is another.
 * - `{ delayMs }`: it is done later, and answered then.
 * - `{ status }`: it is answered so, with that body, and never passed on.
 */
export type Mischief =
  | "drop"
  | "reset"
  | "cut"
  | "hang"
  | "lose reply"
  | "late"
  | "truncate"
  | "corrupt"
  | { readonly delayMs: number }
  | {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };

/** A request, as far as mischief goes by it. */
export interface Passing {
  readonly method: string;
  /** With its query, as it was sent. */
  readonly path: string;
}

/** How a request was done. */
export interface Answered {
  /** The status of the reply. */
  readonly status: number;
  /** The etag in it, where there is one. */
  readonly etag: string | undefined;
  /** Its sender had given it up before the store got it. */
  readonly isGivenUp: boolean;
}

/** What is done with what passes. */
export interface ProxyOptions {
  /** The store's address, as in `http://127.0.0.1:9000`. */
  readonly target: string;
  /** Says what happens to a request; nothing by default. */
  meet?(passing: Passing): Mischief | undefined;
  /** Is told what the store has done, before anybody else is. */
  answered?(passing: Passing, how: Answered): void;
  /** How late a late request is done, in milliseconds; 300 by default. */
  readonly lateMs?: number;
}

/** A running proxy. */
export interface Proxy {
  /** Its address. */
  readonly endpoint: string;
  /** What is on its way now. */
  readonly underWay: ReadonlySet<Passing>;
  /** Waits until what is late has been done. */
  settled(): Promise<void>;
  /** Breaks every connection and takes no other, as if the store had been stopped. */
  shut(): Promise<void>;
  /** Listens at its address again. */
  reopen(): Promise<void>;
  /** Ends it, with every connection. */
  stop(): Promise<void>;
}

/**
 * Starts a proxy on a free port of 127.0.0.1.
 *
 * @param options What it does.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const proxy = new LoopbackProxy(options);
  await proxy.listen();
  return proxy;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

class LoopbackProxy implements Proxy {
  readonly underWay = new Set<Passing>();
  readonly #options: ProxyOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #late = new Set<Promise<unknown>>();
  /** The last write of each object that was passed on. */
  readonly #writes = new Map<string, Promise<unknown>>();
  readonly #server = createServer((message, response) => {
    // A sender that is killed under way is what this is for.
    void this.#serve(message, response).catch(() => response.destroy());
  });
  endpoint = "";

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
    this.endpoint = `http://127.0.0.1:${address.port}`;
  }

  async shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async reopen(): Promise<void> {
    await this.listen(Number(new URL(this.endpoint).port));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#late);
  }

  async stop(): Promise<void> {
    await this.settled();
    await this.shut();
    this.#agent.destroy();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const passing = { method: message.method ?? "", path: message.url ?? "" };
    this.underWay.add(passing);
    response.on("error", () => response.destroy());
    try {
      const body = await bytesOf(message);
      const mischief = this.#options.meet?.(passing);
      await this.#play(mischief, passing, message, body, response);
    } finally {
      this.underWay.delete(passing);
    }
  }

  async #play(
    mischief: Mischief | undefined,
    passing: Passing,
    message: IncomingMessage,
    body: Uint8Array,
    response: ServerResponse,
  ): Promise<void> {
    if (mischief === "hang") return;
    if (mischief === "drop") return void response.destroy();
    if (mischief === "reset") return reset(response);
    if (mischief === "cut") {
      await this.#passHalf(message, body);
      return reset(response);
    }
    if (mischief === "late") {
      reset(response);
      return this.#passLate(passing, message, body, response);
    }
    if (typeof mischief === "object" && "status" in mischief) {
      const { status, headers = {}, body: text = "" } = mischief;
      return void response.writeHead(status, headers).end(text);
    }
    if (typeof mischief === "object") await delay(mischief.delayMs);
    const reply = await this.#inTurn(passing, message, body, response);
    if (mischief === "lose reply") return void response.destroy();
    answer(response, reply, mischief);
  }

  /** Writes of one object pass one after the other, so that who is told of one finds what it did. */
  async #inTurn(
    passing: Passing,
    message: IncomingMessage,
    body: Uint8Array,
    response: ServerResponse,
  ): Promise<Reply> {
    const pass = () => this.#pass(passing, message, body, response.destroyed);
    if (passing.method !== "PUT") return await pass();
    const [object = ""] = passing.path.split("?", 1);
    const passed = (this.#writes.get(object) ?? Promise.resolve()).then(pass, pass);
    this.#writes.set(object, passed);
    return await passed;
  }

  /** Passes a request on, and gives the whole reply. */
  async #pass(
    passing: Passing,
    message: IncomingMessage,
    body: Uint8Array,
    isGivenUp: boolean,
  ): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      const request = send(this.#target(message), (incoming) => {
        bytesOf(incoming).then((bytes) => {
          const { statusCode: status = 500, headers } = incoming;
          resolve({ status, headers, body: bytes });
        }, reject);
      });
      request.on("error", reject);
      request.end(body);
    });
    const { status, headers: { etag } } = reply;
    this.#options.answered?.(passing, { status, etag, isGivenUp });
    return reply;
  }

  async #passHalf(message: IncomingMessage, body: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      const request = send(this.#target(message));
      request.on("error", () => resolve());
      request.on("close", () => resolve());
      request.write(body.subarray(0, Math.floor(body.length / 2)), () => request.destroy());
    });
  }

  #passLate(
    passing: Passing,
    message: IncomingMessage,
    body: Uint8Array,
    response: ServerResponse,
  ): void {
    const work = delay(this.#options.lateMs ?? 300)
      .then(() => this.#inTurn(passing, message, body, response))
      .finally(() => this.#late.delete(work));
    this.#late.add(work);
  }

  #target({ method, url, headers }: IncomingMessage) {
    const { hostname, port } = new URL(this.#options.target);
    return { hostname, port, method, path: url, headers, agent: this.#agent };
  }
}

function answer(response: ServerResponse, reply: Reply, mischief: Mischief | undefined): void {
  const { status, headers, body } = reply;
  response.writeHead(status, headers);
  if (mischief === "truncate" && body.length > 1) {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  } else response.end(mischief === "corrupt" ? corrupted(body) : body);
}

function corrupted(body: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(body);
  if (copy.length > 0) copy[Math.floor(copy.length / 2)] ^= 1;
  return copy;
}

function reset(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null && "resetAndDestroy" in socket) socket.resetAndDestroy();
  response.destroy();
}

async function bytesOf(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}
