import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { commonLength, PrefixHash } from "../../core/document/prefix_hash.ts";

const MIB = 1 << 20;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Bytes that do not repeat, taken in pieces of a length. */
function hashed(bytes: Uint8Array, piece: number, watch: number[] = []): PrefixHash {
  const hash = new PrefixHash(watch);
  for (let at = 0; at < bytes.length; at += piece) hash.add(bytes.subarray(at, at + piece));
  return hash;
}

function noise(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761);
  return new Uint8Array(words.buffer, 0, length);
}

describe("a hash that notes beginnings", () => {
  it("knows the lengths it watches and every MiB from five on, however the bytes come", () => {
    const bytes = noise(7 * MIB + 13);
    const watch = [0, 1, 5 * MIB, 5 * MIB, 6 * MIB + 1, bytes.length, bytes.length + 1];
    for (const piece of [1 << 16, 100_003, 3 * MIB, bytes.length]) {
      const hash = hashed(bytes, piece, watch);
      assert.equal(hash.size, bytes.length);
      assert.equal(hash.sha256, sha256(bytes));
      const reached = [0, 1, 5 * MIB, 6 * MIB + 1, bytes.length];
      assert.deepEqual(
        [...hash.prefixes],
        reached.map((length) => [length, sha256(bytes.subarray(0, length))]),
      );
      assert.deepEqual(
        hash.marks,
        [5, 6, 7].map((mib) => sha256(bytes.subarray(0, mib * MIB)).slice(0, 16)),
      );
    }
  });

  it("marks nothing below 5 MiB", () => {
    assert.deepEqual(hashed(noise(5 * MIB - 1), MIB).marks, []);
    assert.equal(hashed(noise(5 * MIB), MIB).marks.length, 1);
  });
});

describe("the common length of two documents", () => {
  const bytes = noise(9 * MIB);
  const { marks } = hashed(bytes, MIB);

  it("ends with the last MiB before the first byte that differs", () => {
    for (const [at, common] of [[6.5, 6], [7, 7], [8.9, 8], [5.01, 5], [4, 0]]) {
      const other = bytes.slice();
      other[at * MIB | 0] ^= 1;
      assert.equal(commonLength(marks, hashed(other, MIB).marks), common * MIB, `at ${at}`);
    }
  });

  it("ends with the shorter one", () => {
    assert.equal(commonLength(marks, hashed(bytes.subarray(0, 7.5 * MIB), MIB).marks), 7 * MIB);
    assert.equal(commonLength(marks, []), 0);
  });
});
