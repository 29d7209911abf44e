/**
 * The sockets of one backend, kept open between requests.
 *
 * @module
 */
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";

/** Enough for several backends' parts and a listing's HEADs at once. */
const OPTIONS = { keepAlive: true, maxSockets: 64 };

/** Both kinds of sockets. */
export interface Sockets {
  /** For `http:`. */
  readonly httpAgent: HttpAgent;
  /** For `https:`. */
  readonly httpsAgent: HttpsAgent;
}

/** Makes them. */
export async function makeSockets(): Promise<Sockets> {
  const [http, https] = await Promise.all([import("node:http"), import("node:https")]);
  return {
    httpAgent: withoutHiddenRetry(new http.Agent(OPTIONS)),
    httpsAgent: withoutHiddenRetry(new https.Agent(OPTIONS)),
  };
}

/**
 * Deno sends a request again, unasked, when the connection that it was sent over had been used
 * before and closes without an answer. The store may have done its work by then: only the SDK, which
 * counts its attempts, may try again.
 */
function withoutHiddenRetry<T extends HttpAgent>(agent: T): T {
  const reuse = agent.reuseSocket?.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse?.(socket, request);
    request.reusedSocket = false;
  };
  return agent;
}
