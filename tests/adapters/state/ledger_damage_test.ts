import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { isArchiveError } from "../../../core/errors.ts";
import type { LedgerEntry } from "../../../core/ledger/ledger.ts";
import fc from "../../properties.ts";
import { entry, withFolder } from "./temporary.ts";

/** A ledger as three processes wrote it one after the other, its entries in order. */
async function written(path: string, count: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let round = 0; round < 3; round++) {
    const ledger = await FileLedger.open(path);
    for (let n = 0; n < count; n++) {
      const id = `ses_${round}_${n}`;
      const one = entry(id, { extent: { ...entry(id).extent, shape: [`shape.${n % 2}`] } });
      await ledger.record(one);
      entries.push(one);
    }
    await ledger.close();
  }
  return entries;
}

/** The entries whose line, and a statement of what it refers to, are whole lines of the file. */
function undamaged(
  bytes: Buffer,
  original: Buffer,
  entries: readonly LedgerEntry[],
): LedgerEntry[] {
  const there = new Set(bytes.toString("latin1").split("\n"));
  const rows = original.toString("latin1").split("\n").filter((line) => line.startsWith("["));
  const commons = [...there].filter((line) => line.startsWith('{"common":"'));
  const whole = new Set(original.toString("latin1").split("\n"));
  return entries.filter((_, n) => {
    const row = rows[n] ?? "";
    const id = row.split('"')[1];
    const stated = commons.some((line) => whole.has(line) && line.startsWith(`{"common":"${id}"`));
    return there.has(row) && stated;
  });
}

async function holdsAll(path: string, expected: readonly LedgerEntry[]): Promise<void> {
  const ledger = await FileLedger.open(path);
  for (const one of expected) assert.deepEqual(ledger.get(one, one.backend), one);
  const added = entry("added");
  await ledger.record(added);
  await ledger.close();
  const again = await FileLedger.open(path);
  for (const one of [...expected, added]) assert.deepEqual(again.get(one, one.backend), one);
}

describe("a damaged ledger", () => {
  it("keeps every whole line wherever its end is cut off, and goes on in a fresh line", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const entries = await written(path, 1);
      const original = await readFile(path);
      for (let end = original.length; end >= 0; end--) {
        const bytes = original.subarray(0, end);
        await writeFile(path, bytes);
        const kept = undamaged(bytes, original, entries);
        const { damaged } = await FileLedger.open(path);
        const midLine = end > 0 && original[end - 1] !== 0x0a;
        // A line that lacks nothing but its end is whole.
        const lineWhole = end < original.length && original[end] === 0x0a;
        assert.equal(damaged, midLine && !lineWhole ? 1 : 0, `cut at ${end}`);
        if (end % 3 === 0) await holdsAll(path, kept);
      }
    });
  });

  it("keeps what is undamaged, whatever happened to the rest", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const entries = await written(path, 6);
      const original = await readFile(path);
      const place = fc.nat({ max: original.length - 1 });
      const bytes = fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.constant(new Uint8Array(600)),
        fc.constantFrom("\n", "[]\n", "{}", '"', "\ufffd", "null\n").map((t) => Buffer.from(t)),
      );
      const change = fc.oneof(
        fc.record({ kind: fc.constant("over" as const), place, bytes }),
        fc.record({ kind: fc.constant("in" as const), place, bytes }),
        fc.record({ kind: fc.constant("out" as const), place, bytes }),
        fc.record({ kind: fc.constant("cut" as const), place, bytes }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
          let now = Buffer.from(original);
          for (const { kind, place, bytes } of changes) {
            const [head, tail] = [now.subarray(0, place), now.subarray(place)];
            if (kind === "in") now = Buffer.concat([head, bytes, tail]);
            if (kind === "out") now = Buffer.concat([head, tail.subarray(bytes.length)]);
            if (kind === "over") now = Buffer.concat([head, bytes, tail.subarray(bytes.length)]);
            if (kind === "cut") now = Buffer.from(head);
          }
          await writeFile(path, now);
          try {
            await holdsAll(path, undamaged(now, original, entries));
          } catch (error) {
            if (!isArchiveError(error, "NotSupported")) throw error;
          }
        }),
        { numRuns: 400 },
      );
    });
  });

  it("takes no line with foreign bytes in it for a good one", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      await written(path, 1);
      const original = await readFile(path);
      const at = original.indexOf("2026-01-15/ses_0");
      original[at] = 0xff;
      await writeFile(path, original);
      const ledger = await FileLedger.open(path);
      assert.equal(ledger.damaged, 1);
      assert.equal([...ledger.entries()].length, 2);
    });
  });

  it("counts rows whose common part is nowhere in the file", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      await written(path, 1);
      const lines = (await readFile(path, "latin1")).split("\n");
      await writeFile(path, lines.filter((line) => !line.startsWith('{"common"')).join("\n"));
      const ledger = await FileLedger.open(path);
      assert.equal(ledger.damaged, 3);
      assert.deepEqual([...ledger.entries()], []);
    });
  });

  it("passes over a stretch without any line end that is larger than all lines", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const entries = await written(path, 1);
      const original = await readFile(path);
      const hole = Buffer.alloc(20 << 20);
      await writeFile(
        path,
        Buffer.concat([original.subarray(0, -1), hole, Buffer.from("\n"), original]),
      );
      const ledger = await FileLedger.open(path);
      assert.ok(ledger.damaged >= 1);
      assert.equal([...ledger.entries()].length, entries.length);
      await writeFile(path, Buffer.concat([original, hole]));
      await holdsAll(path, entries);
    });
  });
});
