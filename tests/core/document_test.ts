import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import {
  DocumentWriter,
  isArchiveError,
  type LoadedSession,
  MemoryAgent,
  type MemoryMessage,
  readDocument,
  type Summary,
} from "@session-archiver/archiver";
import fc from "../properties.ts";

const SUMMARY: Summary = {
  title: "A title",
  updatedAt: "2026-01-02T00:00:00.000Z",
  parentId: null,
  agentVersion: "1.0",
  messages: 2,
  models: ["a/b"],
  tokens: { input: 1, output: 2, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
  cost: 0.5,
};

function session(lines: readonly string[]): LoadedSession {
  return {
    id: "ses_1",
    projectPath: "/home/me/x",
    createdAt: "2026-01-01T00:00:00.000Z",
    token: "t",
    native: (async function* () {
      for (const line of lines) yield await Promise.resolve(encode(line));
    })(),
    summary: () => SUMMARY,
    inPlace: () => [],
    warnings: () => [],
  };
}

async function written(lines: readonly string[], watch: number[] = []) {
  const writer = new DocumentWriter("test", session(lines), watch);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of writer.chunks()) chunks.push(new Uint8Array(chunk));
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { bytes, digest: writer.digest() };
}

async function read(bytes: Uint8Array<ArrayBuffer>, name = "k.json") {
  const document = await readDocument(new Blob([bytes]).stream(), name);
  const native: string[] = [];
  for await (const line of document.native) native.push(line);
  return { ...document, native };
}

const NATIVE = ['{"messages":[', '{"id":1},', '{"id":2}', '],"info":{"a":1}}'];
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("DocumentWriter", () => {
  it("writes one message a line, what stays first, what changes last", async () => {
    const { bytes } = await written(NATIVE);
    assert.equal(
      text(bytes),
      '{"format":"session-archive","version":1,"agent":"test","id":"ses_1",' +
        '"projectPath":"/home/me/x","createdAt":"2026-01-01T00:00:00.000Z",\n' +
        '"native":{"messages":[\n{"id":1},\n{"id":2}\n],"info":{"a":1}},\n' +
        `"summary":${JSON.stringify(SUMMARY)}}\n`,
    );
    assert.deepEqual(JSON.parse(text(bytes)).native, {
      messages: [{ id: 1 }, { id: 2 }],
      info: { a: 1 },
    });
  });

  it("tells size and hash of what it wrote", async () => {
    const { bytes, digest } = await written(NATIVE);
    assert.equal(digest.size, bytes.length);
    assert.equal(digest.sha256, sha256(bytes));
  });

  it("gives the same bytes for the same session", async () => {
    assert.deepEqual((await written(NATIVE)).bytes, (await written(NATIVE)).bytes);
  });

  it("knows a grown session by the hash of what it had before", async () => {
    const before = await written(NATIVE);
    const { length } = before.digest.extent;
    assert.equal(text(before.bytes.subarray(0, length)).split("\n").at(-1), '{"id":2}');
    const grown = ['{"messages":[', '{"id":1},', '{"id":2},', '{"id":3}', '],"info":{"a":2}}'];
    const after = await written(grown, [length]);
    assert.equal(after.digest.prefixes.get(length), before.digest.extent.sha256);
    const changed = ['{"messages":[', '{"id":9},', '{"id":2},', '{"id":3}', '],"info":{"a":2}}'];
    const other = await written(changed, [length]);
    assert.notEqual(other.digest.prefixes.get(length), before.digest.extent.sha256);
  });

  it("hashes any beginnings it is asked for, across chunks", async () => {
    const big = Array.from({ length: 9 }, (_, i) => JSON.stringify("é".repeat(90_000) + i) + ",");
    const lines = ['{"messages":[', ...big, "0", "]}"];
    const { bytes } = await written(lines);
    const watch = [0, 1, 100_000, 700_001, bytes.length, bytes.length + 1];
    const { digest } = await written(lines, watch);
    assert.equal(digest.prefixes.size, 5);
    for (const [length, hash] of digest.prefixes) {
      assert.equal(hash, sha256(bytes.subarray(0, length)), String(length));
    }
  });

  it("takes a session whose native part is one line", async () => {
    const { bytes } = await written(['{"all":"here"}']);
    assert.deepEqual((await read(bytes)).native, ['{"all":"here"}']);
  });
});

describe("readDocument()", () => {
  it("gives back what was written", async () => {
    const { bytes, digest } = await written(NATIVE);
    const document = await read(bytes);
    assert.deepEqual(document.native, NATIVE);
    assert.deepEqual(document.summary(), SUMMARY);
    assert.deepEqual(document.header, digest.header);
    assert.equal(document.sha256(), digest.sha256);
  });

  it("reads compressed documents whatever they are called, and hashes what is in them", async () => {
    const { bytes, digest } = await written(NATIVE);
    const document = await read(new Uint8Array(gzipSync(bytes)), "k.json");
    assert.equal(document.compressed, true);
    assert.deepEqual(document.native, NATIVE);
    assert.equal(document.sha256(), digest.sha256);
  });

  it("reads a document in chunks of any size", async () => {
    const { bytes } = await written(['{"messages":[', '"é日😀",', '"\\n"', "]}"]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1 }), async (sizes) => {
        let at = 0;
        let turn = 0;
        const stream = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (at >= bytes.length) return controller.close();
            const end = at + 1 + sizes[turn++ % sizes.length];
            controller.enqueue(bytes.slice(at, end));
            at = end;
          },
        });
        const lines: string[] = [];
        for await (const line of (await readDocument(stream, "k")).native) lines.push(line);
        assert.deepEqual(lines, ['{"messages":[', '"é日😀",', '"\\n"', "]}"]);
      }),
      { numRuns: 30 },
    );
  });

  it("accepts fields that it does not know", async () => {
    const { bytes } = await written(NATIVE);
    const newer = text(bytes).replace('"version":1,', '"version":1,"new":[1],')
      .replace('"summary":{', '"summary":{"new":true,');
    assert.deepEqual((await read(encode(newer))).native, NATIVE);
  });

  it("refuses a later major version, naming it", async () => {
    const { bytes } = await written(NATIVE);
    const later = encode(text(bytes).replace('"version":1', '"version":2'));
    await assert.rejects(
      read(later, "p/k.json"),
      (error) =>
        isArchiveError(error, "NotSupported") && /p\/k\.json.*version 2/.test(error.message),
    );
  });

  it("finds every truncation", async () => {
    const { bytes } = await written(NATIVE);
    // The line feed at the very end carries nothing.
    for (let length = 0; length < bytes.length - 1; length++) {
      await assert.rejects(
        read(bytes.slice(0, length)),
        (error) => isArchiveError(error, "Corrupt") && error.key === "k.json",
        `cut at ${length}`,
      );
    }
  });

  it("names what is wrong with something that is no archive", async () => {
    const { bytes } = await written(NATIVE);
    const whole = text(bytes);
    const cases: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
      ["empty", new Uint8Array(), /is empty/],
      ["foreign", encode("GIF89a\n"), /not a session archive.*GIF89a/],
      ["other JSON", encode('{"some":"json"}\n'), /not a session archive/],
      ["invalid UTF-8", encode(whole).map((byte) => byte === 0x41 ? 0xff : byte), /UTF-8/],
      ["half a gzip", new Uint8Array(gzipSync(bytes)).slice(0, 60), /gzip|cut off|empty/],
      ["no time", encode(whole.replace("2026-01-01T00", "2026-13-01T00")), /createdAt/],
      ["no agent", encode(whole.replace('"agent":"test"', '"agent":7')), /agent.*7/],
      ["re-formatted", encode(JSON.stringify(JSON.parse(whole), null, 2)), /not a session archive/],
    ];
    for (const [what, damaged, message] of cases) {
      await assert.rejects(
        read(damaged),
        (error) => isArchiveError(error, "Corrupt") && message.test(error.message),
        what,
      );
    }
  });

  it("takes what a summary lacks for nothing", async () => {
    const { bytes } = await written(NATIVE);
    const bare = text(bytes).replace(/"summary":.*\n$/, '"summary":{"title":"t","models":7}}\n');
    assert.deepEqual((await read(encode(bare))).summary(), {
      title: "t",
      updatedAt: "1970-01-01T00:00:00.000Z",
      parentId: null,
      agentVersion: null,
      messages: 0,
      models: [],
      tokens: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
      cost: 0,
    });
  });

  it("lets go of the body when it is not read to its end", async () => {
    const { bytes } = await written(NATIVE);
    let cancelled = 0;
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes.slice(0, 150)),
        cancel: () => void cancelled++,
      });
    await (await readDocument(body(), "k")).close();
    assert.equal(cancelled, 1);
    for await (const line of (await readDocument(body(), "k")).native) {
      if (line !== "") break;
    }
    assert.equal(cancelled, 2);
  });
});

describe("a document", () => {
  it("round-trips any messages", async () => {
    const message = fc.record({
      id: fc.string({ unit: "grapheme" }),
      role: fc.constantFrom<"user" | "assistant">("user", "assistant"),
      text: fc.string({ unit: "grapheme" }),
    });
    await fc.assert(fc.asyncProperty(fc.array(message), async (messages: MemoryMessage[]) => {
      const agent = new MemoryAgent();
      agent.set({ id: "s", projectPath: "/p", createdAt: "2026-01-01T00:00:00.000Z", messages });
      const loaded = await agent.load({ agent: "memory", store: "memory:", id: "s" });
      const writer = new DocumentWriter("memory", loaded);
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of writer.chunks()) chunks.push(new Uint8Array(chunk));
      const { native } = await readDocument(new Blob(chunks).stream(), "k");
      const told: string[] = [];
      for await (const { parts } of agent.transcript(native)) {
        for (const part of parts) if (part.type === "text") told.push(part.text);
      }
      assert.deepEqual(told, messages.map(({ text }) => text));
    }));
  });
});
