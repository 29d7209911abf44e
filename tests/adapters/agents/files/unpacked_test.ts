/**
 * What files packed with zstd hold.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import { unpacked } from "../../../../adapters/agents/files/unpacked.ts";

const skip = zlib.zstdCompressSync === undefined && "this runtime has no zstd";
const FILE = { path: "/p/one.jsonl.zst", modifiedMs: 0 };
const JUST_NOW = { path: "/p/one.jsonl.zst", modifiedMs: Date.now() };
/** A frame that is passed over. */
const SKIPPED = Buffer.from("502a4d1803000000414243", "hex");
/** A frame as Codex writes it, with no checksum and no length: `hi`, as it stands. */
const HI = Buffer.from("28b52ffd00581100006869", "hex");

const pack = (bytes: Uint8Array): Buffer => zlib.zstdCompressSync(bytes);

/** Lines that do not pack too well. */
const lines = (count: number): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_, n) => `{"n":${n},"x":"${Math.sin(n)}"}\n`).join(""),
  );

async function* inChunks(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function unpack(bytes: Uint8Array, length = 1 << 16, file = FILE): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unpacked(inChunks(bytes, length), file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("a file packed with zstd", { skip }, () => {
  it("holds what was packed, in whatever pieces it is read", async () => {
    const plain = lines(50_000);
    assert.ok((await unpack(pack(plain))).equals(plain));
    const few = lines(20);
    for (const length of [1, 2, 3, 7]) assert.ok((await unpack(pack(few), length)).equals(few));
  });

  it("holds the same with a checksum, as a run of one byte, and packed by streams", async () => {
    const { ZSTD_c_checksumFlag } = zlib.constants;
    const few = lines(20);
    const checked = zlib.zstdCompressSync(few, { params: { [ZSTD_c_checksumFlag]: 1 } });
    assert.ok((await unpack(checked)).equals(few));
    const run = Buffer.alloc(1 << 20, "x");
    assert.ok((await unpack(pack(run))).equals(run));
    assert.equal(String(await unpack(HI)), "hi");
  });

  it("holds what stands in each of its frames, but in those that are to be passed over", async () => {
    const one = pack(Buffer.from("one\n"));
    const two = pack(Buffer.from("two\n"));
    const nothing = pack(Buffer.alloc(0));
    const all = Buffer.concat([SKIPPED, one, nothing, SKIPPED, two, SKIPPED]);
    for (const length of [1, 5, 1 << 16]) {
      assert.equal(String(await unpack(all, length)), "one\ntwo\n");
    }
  });

  it("is told to be cut off wherever it was, or not to be whole yet", async () => {
    const few = pack(lines(200));
    for (const end of [0, 1, 3, 4, 5, 6, 9, few.length >> 1, few.length - 1]) {
      const cut = few.subarray(0, end);
      const message = /one\.jsonl\.zst is cut off/;
      await assert.rejects(unpack(cut), { code: "Corrupt", message }, `${end} bytes`);
      await assert.rejects(unpack(cut, 99, JUST_NOW), {
        code: "Transient",
        message: /not whole yet/,
      });
    }
    await assert.rejects(unpack(Buffer.concat([few, few.subarray(0, 2)])), { code: "Corrupt" });
  });

  it("is told to be damaged, also where it is no such file at all", async () => {
    const bytes = pack(lines(20_000));
    bytes.fill(7, bytes.length >> 1, (bytes.length >> 1) + 50);
    await assert.rejects(unpack(bytes), { code: "Corrupt", message: /one\.jsonl\.zst is / });
    const message = /one\.jsonl\.zst is damaged/;
    for (const odd of ["nothing of the kind", `${"x".repeat(99)}`]) {
      await assert.rejects(unpack(Buffer.from(odd), 99, JUST_NOW), { code: "Corrupt", message });
    }
    const more = Buffer.concat([pack(lines(1)), Buffer.from("more")]);
    await assert.rejects(unpack(more), { code: "Corrupt", message });
  });

  it("is read no further than it is wanted, however much it holds", async () => {
    const frame = pack(Buffer.alloc(64 << 20));
    let read = 0;
    async function* endless() {
      for (;; read++) yield frame;
    }
    let taken = 0;
    for await (const chunk of unpacked(endless(), FILE)) {
      assert.ok(chunk.length <= 1 << 18, "a chunk is small");
      taken += chunk.length;
      if (taken > 1 << 20) break;
    }
    assert.ok(read < 3, `${read} frames were read`);
  });
});

describe("a file packed with zstd, where the runtime cannot unpack it", () => {
  it("is named, with what to do", async () => {
    const chunks = unpacked(inChunks(HI, 99), FILE, null);
    await assert.rejects(chunks.next(), {
      code: "NotSupported",
      message: /one\.jsonl\.zst is packed with zstd.*use Node >= 22\.15, Deno or Bun/,
    });
  });
});
