/**
 * What is told a backend of the beginning that it has already: on one that believes every word, and
 * so stores something else as soon as one is wrong.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import {
  Archiver,
  type ArchiverOptions,
  type Beginning,
  type Body,
  type CopyOutcome,
  MemoryAgent,
  MemoryBackend,
  MemoryLedger,
  type PutOptions,
} from "@session-archiver/archiver";
import { bodySize } from "../../core/backend.ts";
import fc, { propertyRuns } from "../properties.ts";

const KEY = "home_me_project/2026-01-31/one.json";
const MIB = 1 << 20;

/** Copies what it is told that it has, unseen, and takes only the rest. */
class Believer extends MemoryBackend {
  /** What it was told with the last write. */
  told: Beginning | undefined;

  override async put(key: string, body: Body, options: PutOptions = {}) {
    this.told = options.continues;
    const { etag } = this.told ? await this.head(key) : {};
    if (this.told === undefined || this.told.etag !== etag) {
      return await super.put(key, body, options);
    }
    const { length: copied } = this.told;
    const own = await bytesOf(this, key);
    const rest = body instanceof Uint8Array
      ? body.subarray(copied)
      : await body.read(copied, bodySize(body));
    const spliced = new Uint8Array(copied + rest.length);
    spliced.set(own.subarray(0, copied));
    spliced.set(rest, copied);
    return { ...await super.put(key, spliced, options), copied };
  }
}

/** A backend with what archives into it. */
function world(options: Partial<ArchiverOptions> = {}, backend = new Believer()) {
  const agent = new MemoryAgent();
  const ledger = new MemoryLedger();
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger, ...options });
  /** Archives a session of these texts, each of a MiB or so many bytes. */
  const archives = async (...texts: readonly (string | readonly [string, number])[]) => {
    agent.set({
      id: "one",
      projectPath: "/home/me/project",
      createdAt: "2026-01-31T12:00:00.000Z",
      title: `${texts.length}`,
      messages: texts.map((text, at) => {
        const [letter, length] = typeof text === "string" ? [text, MIB] : text;
        return { id: `m${at}`, role: "user", text: letter.repeat(length) };
      }),
    });
    let last: CopyOutcome | undefined;
    for await (const { copies: [copy] } of archiver.archiveAll()) last = copy;
    if (last?.error) throw last.error;
    return last?.bytes ?? 0;
  };
  const entry = () => ledger.at(backend.identity, KEY);
  return { agent, ledger, backend, archives, entry };
}

describe("what a backend is told that it has", () => {
  it("is all that only grows, to the byte, when a long session has grown", async () => {
    const { backend, archives, entry } = world();
    const seven = ["a", "b", "c", "d", "e", "f", "g"];
    await archives(...seven);
    const before = entry();
    const sent = await archives(...seven, ["h", 1000]);
    assert.deepEqual(backend.told, { etag: before?.etag, length: before?.extent.length });
    assert.ok(sent < MIB / 100, `${sent} bytes were sent`);
    await assertStored(backend, entry()?.sha256);
  });

  it("is what comes before the MiB that changed, when something in the middle has", async () => {
    const { backend, archives, entry } = world();
    await archives("a", "b", "c", "d", "e", "f", "g", "h");
    await archives("a", "b", "c", "d", "e", "f", "G", "h");
    assert.equal(backend.told?.length, 6 * MIB);
    await assertStored(backend, entry()?.sha256);
  });

  it("is nothing below 5 MiB, and nothing when the change is before that", async () => {
    const { backend, archives, entry } = world();
    await archives("a", "b", "c", "d");
    await archives("a", "b", "c", "d", "e", "f");
    assert.equal(backend.told, undefined);
    await archives("a", "X", "c", "d", "e", "f");
    assert.equal(backend.told, undefined);
    await assertStored(backend, entry()?.sha256);
  });

  it("is nothing of a packed document", async () => {
    const { backend, archives } = world({ compress: "gzip" });
    const seven = ["a", "b", "c", "d", "e", "f", "g"];
    await archives(...seven);
    await archives(...seven, "h");
    assert.equal(backend.told, undefined);
  });

  it("is nothing of an object that somebody else wrote, or that is not known", async () => {
    for (const ifMatch of [true, false]) {
      const store = new Believer();
      Object.assign(store, { capabilities: { ...store.capabilities, ifMatch } });
      const { backend, archives, entry } = world({}, store);
      const seven = ["a", "b", "c", "d", "e", "f", "g"];
      await archives(...seven);
      await MemoryBackend.prototype.put.call(backend, KEY, await bytesOf(backend, KEY));
      await archives(...seven, "h");
      assert.equal(backend.told, undefined);
      await assertStored(backend, entry()?.sha256);
    }
  });

  it("is told of a store without conditional writes too, once it was looked at", async () => {
    const store = new Believer();
    Object.assign(store, { capabilities: { ...store.capabilities, ifMatch: false } });
    const { backend, archives, entry } = world({}, store);
    await archives("a", "b", "c", "d", "e", "f");
    const sent = await archives("a", "b", "c", "d", "e", "f", ["g", 10]);
    assert.ok(backend.told && sent < MIB / 100);
    await assertStored(backend, entry()?.sha256);
  });

  it("is true after whatever edits, so that what is stored is the document", async () => {
    const edit = fc.oneof(
      fc.record({ how: fc.constant("grow" as const), bytes: fc.integer({ min: 0, max: MIB }) }),
      fc.record({ how: fc.constant("change" as const), at: fc.nat(20) }),
      fc.record({ how: fc.constant("shorten" as const), at: fc.nat(20), by: fc.nat(3000) }),
      fc.record({ how: fc.constant("cut" as const), to: fc.integer({ min: 3, max: 12 }) }),
    );
    let copied = 0;
    const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edits, async (all) => {
        const { backend, archives, entry } = world();
        let texts: [string, number][] = Array.from({ length: 7 }, () => ["a", MIB]);
        await archives(...texts);
        for (const [round, one] of all.entries()) {
          const letter = String.fromCharCode(98 + round);
          if (one.how === "grow") texts.push([letter, one.bytes]);
          else if (one.how === "cut") texts = texts.slice(0, one.to);
          else {
            const at = one.at % texts.length;
            const [old, length] = texts[at];
            texts[at] = one.how === "change"
              ? [letter, length]
              : [old, Math.max(0, length - one.by)];
          }
          await archives(...texts);
          if (backend.told) copied++;
          await assertStored(backend, entry()?.sha256);
        }
      }),
      { numRuns: propertyRuns(20) },
    );
    assert.ok(
      copied > propertyRuns(10) / 2,
      `only ${copied} writes had a beginning that was known`,
    );
  });
});

async function bytesOf(backend: MemoryBackend, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await backend.get(key);
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

async function assertStored(backend: MemoryBackend, sha256: string | undefined): Promise<void> {
  const found = createHash("sha256").update(await bytesOf(backend, KEY)).digest("hex");
  assert.equal(found, sha256);
}
