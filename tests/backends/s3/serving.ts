/**
 * A backend whose store is a few lines of the test: for what no store of the fake's kind would say.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { S3Backend, type S3BackendOptions } from "../../../backends/s3.ts";
import { BUCKET, SHORT } from "./fake_store.ts";

/**
 * Starts a server with a backend on it, both ended with the test.
 *
 * @param t The test.
 * @param serve Answers a request.
 * @param options What the backend is told beyond the place.
 */
export async function serving(
  t: TestContext,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<S3BackendOptions> = {},
): Promise<{ backend: S3Backend }> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const backend = await S3Backend.open({
    bucket: BUCKET,
    endpoint: `http://127.0.0.1:${address.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    env: {},
    timeouts: SHORT,
    attempts: 1,
    ...options,
  });
  t.after(async () => {
    await backend.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { backend };
}
