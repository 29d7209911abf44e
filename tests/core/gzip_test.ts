import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  Archiver,
  type ArchiverOptions,
  isArchiveError,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
} from "@session-archiver/archiver";

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
