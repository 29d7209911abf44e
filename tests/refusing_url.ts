/**
 * An address that answers nobody.
 *
 * @module
 */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** A URL on this machine that nothing listens on. */
export async function refusingUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}
