/**
 * Bodies in and replies out, with the faults that a connection can have.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { joined } from "./aws_chunked.ts";
import type { Answer } from "./faults.ts";
import type { Reply } from "./reply.ts";

/**
 * Reads a body to its end.
 *
 * @param message The request.
 * @throws Error when the connection ends first.
 */
export function readBody(message: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    message.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    message.on("end", () => resolve(compact(joined(chunks))));
    message.on("error", reject);
    message.on("close", () => {
      if (!message.complete) reject(new Error("the connection ended in the middle of a body"));
    });
  });
}

/** A plain array; a small body would keep all of the buffer alive that it was read into. */
function compact(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  return length * 2 < buffer.byteLength
    ? new Uint8Array(bytes)
    : new Uint8Array(buffer, byteOffset, length);
}

/** How long bytes are under way at most; nothing waits for it but the reset of a connection. */
const ARRIVAL_MS = 20;

/** What every reply carries. */
export interface Stamp {
  /** The id of the request. */
  readonly requestId: string;
  /** The server's time. */
  readonly now: Date;
}

/**
 * Sends a reply, or what a fault leaves of it.
 *
 * @param response Where to.
 * @param reply What to send.
 * @param stamp What every reply carries.
 * @param fault What goes wrong.
 */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  stamp: Stamp,
  fault: Answer | undefined,
): void {
  if (fault === "loseReply") cutConnection(response, "fin");
  else if (fault === "hangMidBody") sendHalf(response, reply, stamp, () => {});
  else if (fault === "truncateBody") {
    sendHalf(response, reply, stamp, () => cutConnection(response, "fin"));
  } else if (typeof fault === "object" && "truncateBody" in fault) {
    // A reset drops what is under way, so the half is given the time to arrive.
    const wait = fault.truncateBody === "rst" ? ARRIVAL_MS : 0;
    const cut = () => cutConnection(response, fault.truncateBody);
    sendHalf(response, reply, stamp, () => setTimeout(cut, wait));
  } else {
    const body = fault === "corruptBody" ? corrupted(reply.body) : reply.body;
    response.writeHead(reply.status, headersOf(reply, stamp, body.length));
    if (response.req.method === "HEAD") response.end();
    else response.end(body);
  }
}

/**
 * Ends a connection without a reply, or in the middle of it.
 *
 * @param response What will not be sent.
 * @param how With a FIN or a RST.
 */
export function cutConnection(response: ServerResponse, how: "fin" | "rst"): void {
  const { socket } = response.req;
  if (how === "fin") socket.end();
  else if (!socket.destroyed) socket.resetAndDestroy();
}

/** Announces at least one byte, so that the reply is never whole. */
function sendHalf(response: ServerResponse, reply: Reply, stamp: Stamp, then: () => void): void {
  const { body } = reply;
  response.writeHead(reply.status, headersOf(reply, stamp, Math.max(1, body.length)));
  const half = body.subarray(0, body.length >> 1);
  if (half.length > 0 && response.req.method !== "HEAD") {
    response.write(half, then);
    return;
  }
  response.flushHeaders();
  then();
}

function corrupted(body: Uint8Array): Uint8Array {
  const copy = new Uint8Array(body);
  if (copy.length > 0) copy[copy.length >> 1] ^= 1;
  return copy;
}

function headersOf(reply: Reply, stamp: Stamp, length: number): Record<string, string> {
  const headers = {
    ...reply.headers,
    date: stamp.now.toUTCString(),
    "x-amz-request-id": stamp.requestId,
    "x-amz-id-2": "fake",
  };
  const bodiless = reply.status === 204 || reply.status === 304;
  return bodiless ? headers : { ...headers, "content-length": String(length) };
}
