import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { RelayLog } from "../../../adapters/state/relay_log.ts";
import fc from "../../properties.ts";
import { withDisk, withFolder } from "./temporary.ts";

const now = () => Date.parse("2026-01-15T12:34:56.789Z");
const TIME = "2026-01-15T12:34:56.789Z";

async function textOf(folder: string, name = "relay.log"): Promise<string> {
  return await readFile(join(folder, name), "utf8");
}

describe("the relay's log", () => {
  it("touches nothing before its first entry", () =>
    withFolder(async (folder) => {
      await new RelayLog(folder).flushed();
      assert.deepEqual(await readdir(folder), []);
    }));

  it("is a private file of one line an entry, in their order", () =>
    withFolder(async (folder) => {
      const log = new RelayLog(folder, { now });
      log.say("archived ses_1");
      log.say("archived ses_2");
      await log.flushed();
      log.say("done");
      await log.flushed();
      assert.equal(
        await textOf(folder),
        `${TIME} archived ses_1\n${TIME} archived ses_2\n${TIME} done\n`,
      );
      if (process.platform === "win32") return;
      assert.equal((await stat(join(folder, "relay.log"))).mode & 0o777, 0o600);
    }));

  it("goes on where another process stopped", () =>
    withFolder(async (folder) => {
      for (const entry of ["one", "two"]) {
        const log = new RelayLog(folder, { now });
        log.say(entry);
        await log.flushed();
      }
      assert.equal(await textOf(folder), `${TIME} one\n${TIME} two\n`);
    }));

  it("keeps whatever is said to one line that cannot steer a terminal", () =>
    withFolder(async (folder) => {
      const log = new RelayLog(folder, { now });
      log.say("one\ntwo\r\n\u001b[31mred\u0000\u2028\u0085end");
      await log.flushed();
      assert.equal(
        await textOf(folder),
        `${TIME} one\\ntwo\\r\\n\\u001b[31mred\\u0000\\u2028\\u0085end\n`,
      );
    }));

  it("cuts what is very long, between characters", () =>
    withFolder(async (folder) => {
      const log = new RelayLog(folder, { now });
      log.say(`x${"📏".repeat(100_000)}`);
      await log.flushed();
      const text = await textOf(folder);
      assert.ok(text.length < 9_000);
      assert.ok(text.endsWith("📏 …\n"));
      assert.ok(!text.includes("\ufffd"));
    }));

  it("keeps one predecessor, both within the limit, and no entry is torn or out of order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(120), { maxLength: 8 }), { maxLength: 10 }),
        (rounds) =>
          withFolder(async (folder) => {
            const limitBytes = 600;
            let said = 0;
            for (const round of rounds) {
              const log = new RelayLog(folder, { now, limitBytes });
              for (const length of round) log.say(`entry ${said++} ${"ä".repeat(length)}`);
              await log.flushed();
            }
            if (said === 0) return;
            const names = await readdir(folder);
            assert.ok(names.every((name) => /^relay\.log(\.1)?$/.test(name)), `${names}`);
            let text = "";
            for (const name of names.toSorted().toReversed()) {
              const { size } = await stat(join(folder, name));
              assert.ok(0 < size && size <= limitBytes, `${name} has ${size} bytes`);
              text += await textOf(folder, name);
            }
            const numbers = text.split("\n").slice(0, -1).map((line) => {
              const number = /^2026-01-15T12:34:56\.789Z entry (\d+) ä*$/.exec(line)?.[1];
              assert.ok(number, line);
              return Number(number);
            });
            const newest = Array.from({ length: numbers.length }, (_, n) => said - 1 - n);
            assert.deepEqual(numbers, newest.toReversed());
            assert.ok(numbers.length === said || names.length === 2);
          }),
      ),
      { numRuns: 60 },
    ));

  it("takes a mebibyte when nothing else is said", () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, "relay.log"), "x".repeat((1 << 20) - 100));
      const log = new RelayLog(folder, { now });
      log.say("fits");
      await log.flushed();
      assert.deepEqual(await readdir(folder), ["relay.log"]);
      log.say("x".repeat(100));
      log.say("after");
      await log.flushed();
      assert.match(await textOf(folder), /^\S+ x{100}\n\S+ after\n$/);
      assert.match(await textOf(folder, "relay.log.1"), /x\S+ fits\n$/);
    }));

  it("stands in nobody's way when it cannot be written, and goes on when it can", () =>
    withFolder(async (folder) => {
      const path = join(folder, "relay.log");
      await mkdir(path);
      const log = new RelayLog(folder, { now });
      log.say("lost");
      await log.flushed();
      await rm(path, { recursive: true });
      log.say("kept");
      await log.flushed();
      assert.equal(await textOf(folder), `${TIME} kept\n`);
      await mkdir(`${path}.1`);
      const full = new RelayLog(folder, { now, limitBytes: 40 });
      full.say("kept too");
      await full.flushed();
      assert.equal(await textOf(folder), `${TIME} kept\n${TIME} kept too\n`);
      await rm(folder, { recursive: true });
      log.say("lost");
      await log.flushed();
    }));

  it("stands in nobody's way on a full disk", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      await writeFile(join(disk, "filler"), new Uint8Array(64 << 10)).catch(() => undefined);
      const log = new RelayLog(disk, { now });
      log.say("lost");
      await log.flushed();
      await rm(join(disk, "filler"));
      log.say("kept");
      await log.flushed();
      assert.equal(await textOf(disk), `${TIME} kept\n`);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });
});
