/**
 * Writes whose end is not known, in the ledger on disk.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import type { Moment } from "../../../adapters/state/machine_clock.ts";
import { isArchiveError } from "../../../core/errors.ts";
import type { OpenWrite, Write } from "../../../core/ledger/ledger.ts";
import { Child, entry, withFolder } from "./temporary.ts";

const AT = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60_000;

function write(key: string): Write {
  return { backend: 's3:https://größe.example.com/"x"/', key, sha256: "ab".repeat(32) };
}

const openIn = (ledger: FileLedger): OpenWrite[] => [...ledger.openWrites()];
const keysIn = (ledger: FileLedger) => openIn(ledger).map(({ key }) => key);
const linesOf = async (path: string) => (await readFile(path, "latin1")).trimEnd().split("\n");

/** Runs something with a ledger's path. */
async function withLedger(body: (path: string) => Promise<void>): Promise<void> {
  await withFolder((folder) => body(join(folder, "ledger.jsonl")));
}

describe("a write in the ledger on disk", () => {
  it("is open after reopening exactly as it was, with the time at which it was sent", async () => {
    await withLedger(async (path) => {
      let time = AT;
      const ledger = await FileLedger.open(path, { now: () => ({ date: time }) });
      const first = await ledger.sending(write("a/Größe.json"));
      time += 5;
      const second = await ledger.sending(write("b"));
      assert.deepEqual([first.sentAt, second.sentAt], [AT, AT + 5]);
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.deepEqual(openIn(again), [first, second]);
      assert.equal(again.damaged, 0);
      for (const line of await linesOf(path)) assert.match(line, /^[\x20-\x7e]+$/);
    });
  });

  it("is as old as the machine's uptime says where the clock was set since", async () => {
    await withLedger(async (path) => {
      let now: Moment = { date: AT, run: { boot: "this run", ms: 50_000 } };
      const options = { now: () => now };
      const ledger = await FileLedger.open(path, options);
      assert.equal((await ledger.sending(write("a"))).sentAt, AT);
      for (const set of [-1, 1]) {
        now = { date: AT + set * DAY, run: { boot: "this run", ms: 110_000 } };
        assert.equal(openIn(ledger)[0].sentAt, now.date - 60_000);
      }
      await ledger.close();
      const again = await FileLedger.open(path, options);
      assert.deepEqual([again.damaged, openIn(again)[0].sentAt], [0, now.date - 60_000]);
      now = { date: AT + DAY, run: { boot: "the next run", ms: 110_000 } };
      assert.equal(openIn(again)[0].sentAt, AT);
    });
  });

  it("is not open once it is settled, or acknowledged; one with the same content stays so", async () => {
    await withLedger(async (path) => {
      const ledger = await FileLedger.open(path);
      const [settled, done, other] = [
        await ledger.sending(write("a")),
        await ledger.sending(write("b")),
        await ledger.sending(write("b")),
      ];
      await ledger.settle(settled);
      await ledger.record(entry("one", { key: "b" }), done);
      assert.deepEqual(openIn(ledger), [other]);
      await ledger.settle(done);
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.deepEqual(openIn(again), [other]);
      assert.equal([...again.entries()].length, 1);
    });
  });

  it("never has the number of another one, also of one that was settled before", async () => {
    await withLedger(async (path) => {
      const numbers = new Set<number>();
      for (let round = 0; round < 3; round++) {
        const ledger = await FileLedger.open(path);
        for (const key of ["a", "b"]) {
          const open = await ledger.sending(write(key));
          numbers.add(open.number);
          await ledger.settle(open);
        }
        await ledger.close();
      }
      assert.equal(numbers.size, 6);
    });
  });

  it("costs one write to disk before it is sent, and none of its own when it is acknowledged", async () => {
    await withLedger(async (path) => {
      const ledger = await FileLedger.open(path);
      await ledger.record(entry("zero"));
      const open = await ledger.sending(write("a"));
      const before = (await linesOf(path)).length;
      const recorded = ledger.record(entry("one"), open);
      await recorded;
      const added = (await linesOf(path)).slice(before);
      assert.deepEqual(added.map((line) => line[0]), ["[", "{"]);
      assert.equal(added[1], `{"settled":${open.number}}`);
      await ledger.close();
    });
  });

  it("is kept while it is open when the ledger is rewritten, and gone when it is not", async () => {
    await withLedger(async (path) => {
      const ledger = await FileLedger.open(path, { compactBytes: 4_000 });
      const open = await ledger.sending(write("open"));
      for (let size = 0; size < 60; size++) {
        await ledger.record(entry("one", { size }), await ledger.sending(write("done")));
      }
      const kept = (await readFile(path)).length;
      assert.ok(kept < 12_000, `${kept} bytes`);
      const last = await ledger.sending(write("last"));
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.deepEqual(openIn(again), [open, last]);
      assert.equal(again.damaged, 0);
    });
  });

  it("counts as damage when its line is, and harms nothing else", async () => {
    const broken = [
      '{"sending":1}',
      '{"sending":-1,"backend":"b","key":"k","sha256":"' + "0".repeat(64) + '","at":1}',
      '{"sending":1,"backend":"b","key":"k","sha256":"short","at":1}',
      '{"sending":1,"backend":"b","key":2,"sha256":"' + "0".repeat(64) + '","at":1}',
      '{"sending":1,"backend":"b","key":"k","sha256":"' + "0".repeat(64) + '","at":"1"}',
      '{"sending":1,"backend":"b","key":"k","sha256":"' + "0".repeat(64) + '","at":1,"boot":"b"}',
      '{"sending":1,"backend":"b","key":"k","sha256":"' + "0".repeat(64) + '","at":1,"boot":1}',
      '{"settled":"1"}',
      '{"settled":1.5}',
      '{"sending":1,"backend":"b","ke',
    ];
    for (const line of broken) {
      await withLedger(async (path) => {
        const ledger = await FileLedger.open(path);
        await ledger.record(entry("one"));
        await ledger.sending(write("a"));
        await ledger.close();
        await appendFile(path, `${line}\n`);
        const again = await FileLedger.open(path);
        assert.deepEqual([again.damaged, keysIn(again)], [1, ["a"]], line);
        assert.equal([...again.entries()].length, 1);
        await again.sending(write("b"));
        await again.close();
        assert.deepEqual(keysIn(await FileLedger.open(path)), ["a", "b"]);
      });
    }
  });

  it("is open or not wherever the file is cut off, as what is left says", async () => {
    await withLedger(async (path) => {
      const ledger = await FileLedger.open(path);
      await ledger.settle(await ledger.sending(write("a")));
      await ledger.sending(write("b"));
      await ledger.close();
      const whole = await readFile(path);
      for (let end = 0; end < whole.length; end++) {
        await writeFile(path, whole.subarray(0, end));
        const left = whole.toString("latin1", 0, end).split("\n");
        const says = (text: string) =>
          left.some((line) => line.startsWith(text) && /}$/.test(line));
        const open = [
          ...(says('{"sending":1') && !says('{"settled":1') ? ["a"] : []),
          ...(says('{"sending":2') ? ["b"] : []),
        ];
        assert.deepEqual(keysIn(await FileLedger.open(path)), open, `cut at ${end}`);
      }
    });
  });

  it("is refused when it could not be read again", async () => {
    await withLedger(async (path) => {
      const ledger = await FileLedger.open(path);
      await assert.rejects(
        ledger.sending({ ...write("a"), sha256: "short" }),
        (error) => isArchiveError(error, "Invalid") && error.key === "a",
      );
      assert.deepEqual(openIn(ledger), []);
      await ledger.close();
    });
  });

  it("is on disk before it is said to be, whenever the process is killed", async () => {
    await withLedger(async (path) => {
      const [open, settled] = [new Set<string>(), new Set<string>()];
      const note = (line: string) => {
        const [what, key = ""] = line.split(" ");
        if (what === "sent") open.add(key);
        else if (what === "settling") open.delete(key);
        else settled.add(key);
      };
      for (let round = 0; round < 4; round++) {
        const child = new Child("send.ts", path, `${round}`);
        for (let lines = 0; lines < 90; lines++) {
          note(await child.line() ?? assert.fail("it ended"));
        }
        const killed = child.kill();
        for (let line = await child.line(); line !== undefined; line = await child.line()) {
          note(line);
        }
        await killed;
        const ledger = await FileLedger.open(path);
        const found = new Set(keysIn(ledger));
        assert.deepEqual([...open].filter((key) => !found.has(key)), [], "forgotten");
        assert.deepEqual([...settled].filter((key) => found.has(key)), [], "open again");
        assert.ok(ledger.damaged <= round + 1);
      }
      assert.ok(open.size > 0 && settled.size > 0);
    });
  });
});
