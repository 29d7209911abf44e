import assert from "node:assert/strict";
import { appendFile, open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { OpenFile } from "../../../adapters/state/append_file.ts";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { MemoryLedger, NO_STORE } from "../../../core/ledger/ledger.ts";
import fc from "../../properties.ts";
import { entry, withFolder } from "./temporary.ts";

const lines = async (path: string) => (await readFile(path, "utf8")).trimEnd().split("\n");

describe("the ledger on disk", () => {
  it("is empty when there is no file, and makes none by being read", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      assert.equal(ledger.get(entry("a"), "any"), undefined);
      assert.deepEqual([...ledger.entries()], []);
      assert.equal(ledger.damaged, 0);
      await ledger.close();
      await assert.rejects(stat(path), { code: "ENOENT" });
    });
  });

  it("gives back after reopening exactly what was recorded", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const { etag: _, ...withoutEtag } = entry("no-etag");
      const entries = [
        entry("a"),
        entry("a", { backend: "file:/archives" }),
        entry("a", { store: "/another/opencode.db", state: "deleted" }),
        entry("child", { facts: { ...entry("child").facts, parentId: "a" }, state: "lost" }),
        entry("bare", { extent: { length: 0, sha256: "00".repeat(32), shape: [] } }),
        withoutEtag,
      ];
      const first = await FileLedger.open(path);
      for (const one of entries) await first.record(one);
      await first.close();
      const second = await FileLedger.open(path);
      assert.equal(second.damaged, 0);
      for (const one of entries) assert.deepEqual(second.get(one, one.backend), one);
      assert.equal([...second.entries()].length, entries.length);
      assert.equal(second.get(entry("a"), "elsewhere"), undefined);
      await second.close();
    });
  });

  it("gives back where plain files are, of each entry its own", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const layout = { name: "agentsview", machine: "laptop" };
      const entries = [
        entry("one", {
          key: "k1",
          plain: { ...layout, at: "laptop/raw/codex/ü/", isWhole: false },
        }),
        entry("none", { key: "k2", plain: { ...layout, isWhole: true } }),
        entry("other", { key: "k3" }),
      ];
      const first = await FileLedger.open(path);
      for (const one of entries) await first.record(one);
      await first.close();
      const again = await FileLedger.open(path);
      assert.equal(again.damaged, 0);
      assert.deepEqual([...again.entries()], entries);
      await again.close();
      // Of the first entry only what stands before it is left.
      const kept = (await lines(path)).filter((line) => !line.includes('"one"'));
      await writeFile(path, `${kept.join("\n")}\n`);
      const damaged = await FileLedger.open(path);
      assert.deepEqual([...damaged.entries()], entries.slice(1));
      await damaged.close();
    });
  });

  it("knows of what was found as one in memory does, before and after reopening", () => {
    const some = (...names: string[]) => fc.constantFrom(...names);
    const step = fc.tuple(some(NO_STORE, "/s", "/t"), some("a", "b"), some("k", "l"));
    return fc.assert(
      fc.asyncProperty(fc.array(step), (steps) =>
        withFolder(async (folder) => {
          const path = join(folder, "ledger.jsonl");
          const [memory, disk] = [new MemoryLedger(), await FileLedger.open(path)];
          for (const [store, id, key] of steps) {
            for (const one of [memory, disk]) await one.record(entry(id, { store, key }));
          }
          await disk.close();
          const again = await FileLedger.open(path, { readOnly: true });
          for (const one of [disk, again]) {
            assert.deepEqual([...one.entries()], [...memory.entries()]);
            for (const [store, id, key] of steps) {
              const session = entry(id, { store, key });
              const { backend } = session;
              assert.deepEqual(one.get(session, backend), memory.get(session, backend));
              assert.deepEqual(one.allAt(backend, key), memory.allAt(backend, key));
            }
          }
          await again.close();
        })),
      { numRuns: 60 },
    );
  });

  it("gives back the marks of long documents, through a rewrite too", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const marks = ["0123456789abcdef", "fedcba9876543210"];
      const long = entry("long", { extent: { ...entry("long").extent, marks } });
      const ledger = await FileLedger.open(path, { compactBytes: 2000 });
      for (let size = 0; size < 20; size++) await ledger.record({ ...long, size });
      await ledger.record(long);
      await ledger.record(entry("short"));
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.equal(again.damaged, 0);
      assert.deepEqual(again.get(long, long.backend), long);
      assert.deepEqual(again.get(entry("short"), long.backend), entry("short"));
      await again.close();
    });
  });

  it("gives no entry the marks of another, when the one between is damaged", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      const marks = ["0123456789abcdef"];
      const [lost, next] = [
        entry("lost", { sha256: "11".repeat(32), extent: { ...entry("lost").extent, marks } }),
        entry("next", { sha256: "22".repeat(32) }),
      ];
      await ledger.record(lost);
      await ledger.record(next);
      await ledger.close();
      const text = await readFile(path, "utf8");
      await writeFile(path, text.split("\n").filter((line) => !line.includes('"lost"')).join("\n"));
      const again = await FileLedger.open(path);
      assert.deepEqual(again.get(next, next.backend), next);
      await again.close();
    });
  });

  it("answers for a place with what was recorded there last, in memory and on disk", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      const [one, other] = [entry("a", { store: "/one" }), entry("a", { store: "/other" })];
      const stored = (from: FileLedger) => from.at(one.backend, one.key)?.store;
      for (const state of [one, other, { ...one, size: 7 }]) await ledger.record(state);
      assert.equal(stored(ledger), "/one");
      const both = ledger.allAt(one.backend, one.key).map(({ store, size }) => [store, size]);
      assert.deepEqual(both, [["/other", other.size], ["/one", 7]]);
      await ledger.record({ ...other, size: 8 });
      await ledger.record({ ...one, key: "moved/2026-01-01/a.json" });
      assert.equal(stored(ledger), "/other");
      await ledger.close();
      assert.equal(stored(await FileLedger.open(path)), "/other");
    });
  });

  it("keeps the last of several entries of one session, in memory and on disk", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      for (const size of [1, 2, 3]) await ledger.record(entry("a", { size }));
      assert.equal(ledger.get(entry("a"), entry("a").backend)?.size, 3);
      await ledger.close();
      const [only, ...rest] = (await FileLedger.open(path)).entries();
      assert.equal(only?.size, 3);
      assert.deepEqual(rest, []);
    });
  });

  it("finds entries by place, and forgets a place that a session has left", async () => {
    await withFolder(async (folder) => {
      const ledger = await FileLedger.open(join(folder, "ledger.jsonl"));
      const { backend } = entry("a");
      await ledger.record(entry("a", { key: "p/one.json" }));
      assert.equal(ledger.at(backend, "p/one.json")?.id, "a");
      await ledger.record(entry("a", { key: "p/two.json" }));
      assert.equal(ledger.at(backend, "p/one.json"), undefined);
      assert.equal(ledger.at(backend, "p/two.json")?.id, "a");
      assert.equal(ledger.at("elsewhere", "p/two.json"), undefined);
      await ledger.close();
    });
  });

  it("is a private file of ASCII lines of JSON that begins by saying what it is", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      await ledger.record(entry("a"));
      await ledger.close();
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const [header, ...rest] = await lines(path);
      assert.deepEqual(JSON.parse(header ?? ""), {
        format: "opencode-session-archiver-ledger",
        version: 1,
      });
      for (const line of rest) assert.match(line, /^[\x20-\x7e]+$/);
      assert.equal(rest.map((line) => JSON.parse(line)).length, 2);
    });
  });

  it("says what entries have in common once, and again after a while", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      await Promise.all(Array.from({ length: 100 }, (_, n) => ledger.record(entry(`${n}`))));
      const common = async () => (await lines(path)).filter((line) => line.startsWith('{"comm'));
      assert.equal((await common()).length, 1);
      await Promise.all(Array.from({ length: 400 }, (_, n) => ledger.record(entry(`b${n}`))));
      assert.ok((await common()).length > 1);
      await ledger.close();
    });
  });

  it("puts records that come together on disk together", async () => {
    await withFolder(async (folder) => {
      let syncs = 0;
      const counting: OpenFile = async (...where) => {
        const handle = await open(...where);
        return {
          write: (bytes, from, length) => handle.write(bytes, from, length),
          datasync: () => (syncs++, handle.datasync()),
          sync: () => handle.sync(),
          truncate: (length) => handle.truncate(length),
          stat: () => handle.stat(),
          close: () => handle.close(),
        };
      };
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path, { openFile: counting });
      const order: number[] = [];
      await Promise.all(
        Array.from(
          { length: 300 },
          (_, n) => ledger.record(entry(`${n}`)).then(() => order.push(n)),
        ),
      );
      assert.ok(syncs >= 1 && syncs <= 10, `${syncs} syncs`);
      assert.deepEqual(order, order.toSorted((a, b) => a - b));
      await ledger.close();
      assert.equal([...(await FileLedger.open(path)).entries()].length, 300);
    });
  });

  it("refuses a later version and says which", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      await writeFile(path, '{"format":"opencode-session-archiver-ledger","version":2}\n');
      await assert.rejects(
        FileLedger.open(path),
        (error) =>
          isArchiveError(error, "NotSupported") && error.message.includes(path) &&
          error.message.includes("version 2"),
      );
    });
  });

  it("refuses what it could not read again, and remembers nothing of it", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      for (const wrong of [{ size: NaN }, { sha256: "short" }, { size: -1 }, { size: 0.5 }]) {
        await assert.rejects(
          ledger.record(entry("a", wrong)),
          (error) => isArchiveError(error, "Invalid") && error.session === "a",
        );
      }
      assert.deepEqual([...ledger.entries()], []);
      await ledger.close();
    });
  });

  it("writes nothing when it was opened for reading, nor when it was closed", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const writer = await FileLedger.open(path);
      await writer.record(entry("a"));
      const reader = await FileLedger.open(path, { readOnly: true });
      const before = await readFile(path);
      await assert.rejects(reader.record(entry("b")), /opened for reading/);
      await reader.close();
      assert.deepEqual(await readFile(path), before);
      await writer.close();
      await assert.rejects(writer.record(entry("b")), /was closed/);
    });
  });

  it("does not count a line as damaged that another process is just writing", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const writer = await FileLedger.open(path);
      await writer.record(entry("a"));
      await writer.close();
      await appendFile(path, '["half');
      assert.equal((await FileLedger.open(path, { readOnly: true })).damaged, 0);
      assert.equal((await FileLedger.open(path)).damaged, 1);
    });
  });

  it("waits for what is being written when it is closed", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      const recorded = ledger.record(entry("a"));
      await ledger.close();
      await recorded;
      assert.equal([...(await FileLedger.open(path)).entries()].length, 1);
    });
  });

  it("is rewritten once most of it is superseded, and says the same then", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path, { compactBytes: 20_000 });
      let largest = 0;
      for (let size = 0; size < 300; size++) {
        const id = `ses_${size % 10}`;
        const shape = [`shape.${size % 30}`];
        await ledger.record(entry(id, { size, extent: { ...entry(id).extent, shape } }));
        largest = Math.max(largest, (await stat(path)).size);
      }
      await ledger.close();
      assert.ok(largest < 30_000, `grew to ${largest} bytes`);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const again = await FileLedger.open(path);
      assert.equal(again.damaged, 0);
      const found = [...again.entries()].sort((a, b) => a.size - b.size);
      assert.deepEqual(found.map(({ size }) => size), [
        290,
        291,
        292,
        293,
        294,
        295,
        296,
        297,
        298,
        299,
      ]);
      assert.deepEqual(
        found.map(({ extent }) => extent.shape[0]),
        found.map(({ size }) => `shape.${size % 30}`),
      );
    });
  });

  it("reads entries whose common part is longer than a block, and refuses endless ones", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const ledger = await FileLedger.open(path);
      const shape = (length: number) =>
        entry("big", { extent: { ...entry("big").extent, shape: ["x".repeat(length)] } });
      await ledger.record(shape(3_000_000));
      await ledger.record(entry("small"));
      await assert.rejects(ledger.record(shape(9_000_000)), /longer than 8388608 bytes/);
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.equal(again.damaged, 0);
      assert.deepEqual(again.get(entry("big"), entry("big").backend), shape(3_000_000));
    });
  });
});
