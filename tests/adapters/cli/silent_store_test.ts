import { createServer, type Server, type Socket } from "node:net";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { onStage } from "./stage.ts";

/** A server that takes connections and says nothing; gives its address. */
async function withSilence(play: (endpoint: string) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket)).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    await play(`http://127.0.0.1:${address.port}`);
  } finally {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
}

/** Commands that only ask the store. */
const COMMANDS = [["list"], ["show", "p/2026-01-01/ses_1.json"], ["show", "ses_1"]] as const;

describe("a store that says nothing", () => {
  it("is given up by every command as soon as the user wishes", () =>
    withSilence((endpoint) =>
      onStage([], async ({ archive, configure }) => {
        const credentials = { accessKeyId: "AKIAFAKE", secretAccessKey: "fake" };
        const far = { type: "s3", bucket: "archives", region: "us-east-1", endpoint, credentials };
        await configure(JSON.stringify({ backends: { far } }));
        await Promise.all(COMMANDS.map(async ([command, ...argv]) => {
          const before = performance.now();
          const { code, stderr } = await archive([command, "--timeout=1", "--debug", ...argv]);
          const took = performance.now() - before;
          assert.equal(code, 1, stderr);
          assert.match(stderr, /^error: .*did not answer/);
          assert.ok(took > 2_500 && took < 15_000, `${command} ${argv} took ${took} ms`);
        }));
      })
    ));

  it("cannot be waited for no time at all", () =>
    onStage([], async ({ archive }) => {
      const { code, stderr } = await archive(["list", "--timeout", "0"]);
      assert.equal(code, 2);
      assert.match(stderr, /--timeout is "0"; give a whole number, 1 to 600/);
    }));
});
