import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  Archiver,
  type ArchiverOptions,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
} from "@session-archiver/archiver";
import { plainBytes } from "../../core/gzip.ts";

const PLAIN = "home_me_project/2026-01-31/one.json";
const PACKED = `${PLAIN}.gz`;

function stand(size = 1) {
  const agent = new MemoryAgent();
  const backend = new MemoryBackend({ name: "store" });
  const ledger = new MemoryLedger();
  const set = (texts: readonly string[]) =>
    agent.set({
      id: "one",
      projectPath: "/home/me/project",
      createdAt: "2026-01-31T12:00:00.000Z",
      title: "One",
      messages: texts.map((text, index) => ({ id: `m${index}`, role: "user", text })),
    });
  set(["hello ".repeat(100 * size)]);
  const archiver = (options: Partial<ArchiverOptions> = {}) =>
    new Archiver({ agents: [agent], backends: [backend], ledger, compress: "gzip", ...options });
  return { agent, backend, ledger, set, archiver };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function stored(backend: MemoryBackend, key: string): Promise<Uint8Array> {
  const { body } = await backend.get(key);
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

const joined = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();

describe("archives packed with gzip", () => {
  it("say so in their names, and hold the same document", async () => {
    const { backend, archiver } = stand();
    const plain = stand();
    await collect(plain.archiver({ compress: "none" }).archiveAll());
    const [{ copies: [copy] }] = await collect(archiver().archiveAll());
    assert.equal(copy.key, PACKED);
    const bytes = await stored(backend, PACKED);
    assert.equal(copy.bytes, bytes.length);
    assert.deepEqual([...gunzipSync(bytes)], [...await stored(plain.backend, PLAIN)]);
  });

  it("are listed, read and verified as plain ones are, with and without a ledger", async () => {
    const { archiver } = stand();
    await collect(archiver().archiveAll());
    for (const options of [{}, { ledger: new MemoryLedger() }]) {
      const [row] = await collect(archiver(options).list());
      assert.deepEqual([row.key, row.title, row.messages], [PACKED, "One", 1]);
      const document = await archiver(options).retrieve(await archiver(options).resolve("one"));
      assert.match(joined(await collect(document.bytes())), /^\{"format":"session-archive"/);
      const [outcome] = await collect(archiver(options).verify());
      assert.equal(outcome.status, "ok");
    }
  });

  it("are not sent again while the session is the same, even when the ledger is lost", async () => {
    const { archiver } = stand();
    await collect(archiver().archiveAll());
    for (const options of [{}, { ledger: new MemoryLedger() }]) {
      const [{ copies: [copy] }] = await collect(archiver(options).archiveAll());
      assert.equal(copy.status, "unchanged");
    }
  });

  it("keep what an overwrite would lose, packed too", async () => {
    const { archiver, set, backend } = stand();
    set(["first ".repeat(50), "second ".repeat(50)]);
    await collect(archiver().archiveAll());
    set(["first ".repeat(50)]);
    const [{ copies: [copy] }] = await collect(archiver().archiveAll());
    assert.match(copy.version ?? "", /one~[0-9a-f]{8}\.json\.gz$/);
    assert.match(gunzipSync(await stored(backend, copy.version!)).toString(), /second/);
    const outcomes = await collect(archiver().verify());
    assert.deepEqual(outcomes.map(({ status }) => status), ["ok", "ok"]);
  });

  it("leave an archive that is there in its form", async () => {
    const { archiver, set } = stand();
    await collect(archiver({ compress: "none" }).archiveAll());
    set(["hello ".repeat(100), "more"]);
    const [{ copies: [copy] }] = await collect(archiver().archiveAll());
    assert.equal(copy.key, PLAIN);
    set(["hello ".repeat(100), "more", "and more"]);
    const { archiver: packed, set: change } = stand();
    await collect(packed().archiveAll());
    change(["hello ".repeat(100), "more"]);
    const [{ copies: [again] }] = await collect(packed({ compress: "none" }).archiveAll());
    assert.equal(again.key, PACKED);
  });

  it("may be larger than what fits in memory", async () => {
    const { archiver, set, backend } = stand();
    const noise = Array.from(
      { length: 12 },
      (_, i) =>
        Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("base64").repeat(10) +
        i,
    );
    set(noise);
    const [{ copies: [copy] }] = await collect(archiver().archiveAll());
    assert.equal(copy.status, "archived");
    assert.match(gunzipSync(await stored(backend, PACKED)).toString(), /"summary"/);
  });

  it("that are damaged are told from good ones", async () => {
    const { archiver, backend } = stand();
    await collect(archiver().archiveAll());
    const bytes = await stored(backend, PACKED);
    bytes[bytes.length - 5] ^= 0xff;
    const { metadata } = await backend.head(PACKED);
    await backend.put(PACKED, bytes, { metadata });
    const [outcome] = await collect(archiver().verify());
    assert.equal(outcome.status, "damaged");
    const document = archiver().retrieve(PACKED).then(({ bytes }) => collect(bytes()));
    await assert.rejects(document, (error) => isArchiveError(error, "Corrupt"));
  });
});

describe("plainBytes()", () => {
  const [one, two] = ["first ".repeat(5000), "second"];
  const packed = Buffer.concat([gzipSync(one), gzipSync(""), gzipSync(two)]);
  const first = gzipSync(one).length;

  for (const size of [1, first, first + 1, Infinity]) {
    const say = `in chunks of ${size === Infinity ? "any size" : size}`;

    it(`unpacks all members of gzip data, ${say}`, async () => {
      assert.equal(joined(await unpacked(packed, size)), one + two);
    });

    const DAMAGED: readonly [what: string, bytes: Uint8Array][] = [
      ["whose first member is cut", packed.subarray(0, first - 1)],
      ["whose last member is cut", packed.subarray(0, packed.length - 8)],
      ["with a wrong checksum", packed.with(first - 6, packed[first - 6] ^ 1)],
      ["with other bytes behind it", Buffer.concat([packed, Buffer.from([1, 2, 3, 4])])],
      ["with one byte behind it", Buffer.concat([packed, Buffer.from([1])])],
      ["with the beginning of a member behind it", Buffer.concat([packed, packed.subarray(0, 2)])],
      ["with zeros behind it", Buffer.concat([packed, new Uint8Array(64)])],
      ["with one zero behind it", Buffer.concat([packed, new Uint8Array(1)])],
      ["with zeros between members", Buffer.concat([packed, new Uint8Array(5), packed])],
      ["that is no more than its first two bytes", packed.subarray(0, 2)],
    ];
    for (const [what, bytes] of DAMAGED) {
      it(`refuses gzip data ${what}, ${say}`, async () => {
        await assert.rejects(unpacked(bytes, size), (error) => isArchiveError(error, "Corrupt"));
      });
    }
  }

  it("leaves other bytes as they are", async () => {
    for (const text of ["", "\u001f", "plain"]) {
      assert.equal(joined(await unpacked(Buffer.from(text), 1)), text);
    }
  });

  it("hands on the failure of what it reads", async () => {
    const failure = new Error("the line is cut");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(packed.subarray(0, first));
      },
      pull(controller) {
        controller.error(failure);
      },
    }, { highWaterMark: 0 });
    const { chunks } = await plainBytes(body, "x");
    await assert.rejects(collect(chunks), (error) => {
      assert.ok(isArchiveError(error, "Corrupt"));
      assert.equal(error.cause, failure);
      return true;
    });
  });

  it("reads no more of an endless source than it is asked for, and lets go of it", async () => {
    const bomb = gzipSync(new Uint8Array(8 << 20));
    let [pulled, cancelled] = [0, false];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(Uint8Array.from(bomb));
      },
      cancel() {
        cancelled = true;
      },
    });
    const { chunks } = await plainBytes(body, "x");
    const { value } = await chunks.next();
    assert.ok(value !== undefined && value.length <= 64 << 10, `${value?.length} bytes at a time`);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    assert.ok(pulled * bomb.length < 256 << 10, `${pulled} members read ahead`);
    await chunks.return(undefined);
    assert.ok(cancelled);
  });
});

/** All chunks of what is unpacked from a body that arrives in pieces. */
async function unpacked(bytes: Uint8Array, size: number): Promise<Uint8Array[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(Uint8Array.from(bytes.subarray(at, at + size)));
      }
      controller.close();
    },
  });
  const { chunks } = await plainBytes(body, "x");
  return await collect(chunks);
}
