/**
 * A wire to a server that can go dead: connections are made and nothing ever comes back, as with a
 * store behind a broken network.
 *
 * @module
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire; dead at first. */
export interface SilentWire {
  /** The address of its near end, `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** How many connections were made while it was dead. */
  readonly swallowed: number;
  /** Mends it. What was sent into the dead wire is lost, and its connections break. */
  mend(): void;
  /** Ends it and every connection. */
  stop(): Promise<void>;
}

/**
 * Makes a dead wire on a free port of 127.0.0.1.
 *
 * @param endpoint The address of the server at its far end.
 */
export async function startSilentWire(endpoint: string): Promise<SilentWire> {
  const far = { host: "127.0.0.1", port: Number(new URL(endpoint).port) };
  const open = new Set<Socket>();
  let isDead = true;
  let swallowed = 0;
  const keep = (socket: Socket) => {
    open.add(socket);
    // Either end may go away at any time.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    return socket;
  };
  const breakAll = () => open.forEach((socket) => socket.destroy());
  const server = createServer((near) => {
    keep(near);
    if (isDead) {
      swallowed++;
      near.resume();
      return;
    }
    const beyond = keep(connect(far));
    near.pipe(beyond).pipe(near);
    near.on("close", () => beyond.destroy());
    beyond.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get swallowed() {
      return swallowed;
    },
    mend() {
      isDead = false;
      breakAll();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        breakAll();
      }),
  };
}
