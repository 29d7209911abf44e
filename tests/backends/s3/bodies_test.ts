/**
 * Reading: what comes is whole or an error, comes as fast as it is taken, and its connection is let
 * go of.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteRange } from "../../../core/backend.ts";
import { BUCKET, SHORT, storeFor } from "./fake_store.ts";
import { serving } from "./serving.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);

for (const fault of ["truncateBody", { truncateBody: "rst" }, "hangMidBody"] as const) {
  test(`a body that ends with ${JSON.stringify(fault)} is an error, after what did come`, async (t) => {
    const { s3, backend } = await storeFor(t, { timeouts: SHORT });
    s3.put(BUCKET, "a", BYTES);
    s3.fault({ on: "GetObject", do: fault });
    const { info, body } = await backend.get("a");
    assert.equal(info.size, 1000);
    const code = fault === "hangMidBody" ? "Timeout" : "Transient";
    await assert.rejects(bytesOf(body), { code, retryable: true, backend: "s3", key: "a" });
  });
}

test("a store that passes over ranges gives the right bytes all the same", async (t) => {
  const { backend } = await serving(t, (_, response) => {
    response.writeHead(200, { "content-length": "1000", etag: '"e"' });
    response.end(BYTES);
  });
  const ranges: readonly [ByteRange, number, number][] = [
    [{ start: 3, end: 7 }, 3, 7],
    [{ start: 990 }, 990, 1000],
    [{ suffix: 10 }, 990, 1000],
    [{ suffix: 5000 }, 0, 1000],
    [{ start: 995, end: 2000 }, 995, 1000],
  ];
  for (const [range, start, end] of ranges) {
    const { info, body } = await backend.get("a", { range });
    assert.equal(info.size, 1000);
    assert.deepEqual(await bytesOf(body), BYTES.slice(start, end), JSON.stringify(range));
  }
});

test("an object without its length is refused", async (t) => {
  const { backend } = await serving(t, (_, response) => {
    response.write(BYTES);
    response.end();
  });
  await assert.rejects(backend.get("a"), { code: "Transient", message: /without its length/ });
});

test("a body is taken from the store as fast as its consumer takes it", async (t) => {
  const total = 256 << 20;
  let sent = 0;
  const { backend } = await serving(t, (_, response) => {
    response.writeHead(200, { "content-length": String(total), etag: '"e"' });
    const chunk = new Uint8Array(1 << 20);
    const more = () => {
      while (sent < total) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  const { body } = await backend.get("a");
  const reader = body.getReader();
  await reader.read();
  await settled(() => sent);
  assert.ok(sent < total / 2, `${sent} bytes were sent for one chunk that was read`);
  await reader.cancel();
});

test("a slow consumer is no stalled store", async (t) => {
  const { s3, backend } = await storeFor(t, { timeouts: { ...SHORT, idleMs: 100 } });
  s3.put(BUCKET, "a", new Uint8Array(8 << 20));
  const { body } = await backend.get("a");
  const reader = body.getReader();
  let got = (await reader.read()).value?.byteLength ?? 0;
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    got += value.byteLength;
  }
  assert.equal(got, 8 << 20);
});

for (const how of ["cancelled", "stopped", "closed"] as const) {
  test(`a body that is ${how} lets go of its connection`, async (t) => {
    let left = () => {};
    const gone = new Promise<void>((resolve) => left = resolve);
    const { backend } = await serving(t, (_, response) => {
      response.on("close", left);
      response.writeHead(200, { "content-length": "1000000", etag: '"e"' });
      response.write(BYTES);
    });
    const stop = new AbortController();
    const { body } = await backend.get("a", { signal: stop.signal });
    const reader = body.getReader();
    await reader.read();
    if (how === "cancelled") await reader.cancel();
    if (how === "stopped") stop.abort();
    if (how === "closed") await backend.close();
    if (how !== "cancelled") await assert.rejects(reader.read(), { code: "Aborted" });
    await gone;
  });
}

test("connections are used again after bodies that were read to their end", async (t) => {
  const ports = new Set<number | undefined>();
  const { backend } = await serving(t, (request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(200, { "content-length": "1000", etag: '"e"' });
    response.end(BYTES);
  });
  for (let i = 0; i < 10; i++) await bytesOf((await backend.get("a")).body);
  assert.ok(ports.size <= 2, `${ports.size} connections for 10 requests`);
});

test("an object that is replaced between the asking and the looking is an error", async (t) => {
  const { s3, backend } = await storeFor(t);
  s3.put(BUCKET, "a", BYTES);
  s3.fault({ on: "GetObject", do: { status: 416, code: "InvalidRange" } });
  const get = backend.get("a", { range: { start: 10 } });
  await assert.rejects(get, { code: "Transient", message: /replaced while it was read/ });
});

/** What a store says of the bytes that it sends, and what is made of that when all are wanted, some, or the last. */
const SAID: readonly [
  range: string | undefined,
  sent: number[],
  ...meant: (number[] | RegExp)[],
][] = [
  ["bytes 500-999/1000", [500, 1000], /other bytes/, /other bytes/, [990, 1000]],
  ["bytes 0-599/1000", [0, 600], /other bytes/, [400, 600], /other bytes/],
  ["bytes 400-598/1000", [400, 599], /other bytes/, /other bytes/, /other bytes/],
  ["bytes 400-599/*", [400, 600], /other bytes/, [400, 600], /other bytes/],
  ["bytes 990-999/*", [990, 1000], /other bytes/, /other bytes/, [990, 1000]],
  ["bytes 0-999/1000", [0, 1000], [0, 1000], [400, 600], [990, 1000]],
  [undefined, [400, 600], /without saying which/, /without saying which/, /without saying which/],
  ["400-599", [400, 600], /without saying which/, /without saying which/, /without saying which/],
];
const ASKED = [undefined, { start: 400, end: 600 }, { suffix: 10 }] as const;

for (const [said, [start, end], ...meant] of SAID) {
  test(`206 with the range ${said} gives the bytes asked for, or is an error`, async (t) => {
    const { backend } = await serving(t, ({ method }, response) => {
      if (method === "HEAD") {
        return response.writeHead(200, { "content-length": "1000", etag: '"e"' }).end();
      }
      const range = said === undefined ? {} : { "content-range": said };
      const length = String(end - start);
      response.writeHead(206, { ...range, "content-length": length, etag: '"e"' });
      response.end(BYTES.subarray(start, end));
    });
    for (const [i, range] of ASKED.entries()) {
      const expected = meant[i];
      const read = backend.get("a", { range });
      if (expected instanceof RegExp) {
        await assert.rejects(read, { code: "Transient", message: expected });
        continue;
      }
      const { info, body } = await read;
      assert.equal(info.size, 1000);
      assert.deepEqual(await bytesOf(body), BYTES.slice(...expected), JSON.stringify(range));
    }
  });
}

test("a part of another object than the one whose length is told is an error", async (t) => {
  const { backend } = await serving(t, ({ method }, response) => {
    const headers = { "content-length": "1000", etag: `"${method}"` };
    if (method === "HEAD") return response.writeHead(200, headers).end();
    response.writeHead(206, { ...headers, "content-range": "bytes 0-999/*" }).end(BYTES);
  });
  const message = /replaced while it was read/;
  await assert.rejects(backend.get("a"), { code: "Transient", message });
});

async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
}

/** Waits until a number stays the same for a while. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
