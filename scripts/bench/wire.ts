/**
 * A wire to a store that counts what goes over it: every byte that is sent, headers too, and requests.
 *
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What went over a wire. */
export interface Traffic {
  /** Bytes that were sent to the store. */
  readonly bytes: number;
  /** Requests. */
  readonly requests: number;
}

/** A port of this machine that leads to a store. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #bytes = 0;
  #requests = 0;
  /** Its address. */
  endpoint = "";

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((from) => this.#join(from, connect(Number(port), hostname)));
  }

  /**
   * Lays a wire.
   *
   * @param target The store's address.
   */
  static async to(target: string): Promise<Wire> {
    const wire = new Wire(target);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    const address = wire.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("the wire has no port");
    wire.endpoint = `http://127.0.0.1:${address.port}`;
    return wire;
  }

  /** What went over it since the last time. */
  taken(): Traffic {
    const traffic = { bytes: this.#bytes, requests: this.#requests };
    this.#bytes = this.#requests = 0;
    return traffic;
  }

  /** Cuts it. */
  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(from: Socket, to: Socket): void {
    const reading = new Requests();
    from.on("data", (bytes) => {
      this.#bytes += bytes.length;
      this.#requests += reading.take(bytes);
    });
    for (const [socket, other] of [[from, to], [to, from]]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

/** Counts the requests on a connection. All have a length or no body, as those of the SDK do. */
class Requests {
  #head = "";
  #bodyLeft = 0;

  /** How many heads end in some bytes. */
  take(bytes: Uint8Array): number {
    let ended = 0;
    for (let at = 0; at < bytes.length;) {
      const skipped = Math.min(this.#bodyLeft, bytes.length - at);
      at += skipped;
      this.#bodyLeft -= skipped;
      if (at === bytes.length) break;
      this.#head += String.fromCharCode(bytes[at++]);
      if (!this.#head.endsWith("\r\n\r\n")) continue;
      ended++;
      this.#bodyLeft = Number(/^content-length: *(\d+)\r$/im.exec(this.#head)?.[1] ?? 0);
      this.#head = "";
    }
    return ended;
  }
}
