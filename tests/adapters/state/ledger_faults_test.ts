import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { OpenFile } from "../../../adapters/state/append_file.ts";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { entry, systemError, withDisk, withFolder } from "./temporary.ts";

type Fault = "open" | "write" | "half a write" | "datasync" | "truncate";

/** Opens files on a disk that fails at what `faults` holds at the moment. */
function failing(faults: Set<Fault>, code: string): OpenFile {
  return async (path, flags, mode) => {
    if (faults.has("open")) throw systemError(code);
    const handle = await open(path, flags, mode);
    const guard = (fault: Fault) => {
      if (faults.has(fault)) throw systemError(code);
    };
    return {
      async write(bytes, from, length) {
        guard("write");
        if (!faults.has("half a write")) return await handle.write(bytes, from, length);
        await handle.write(bytes, from, Math.ceil(length / 2));
        throw systemError(code);
      },
      async datasync() {
        guard("datasync");
        await handle.datasync();
      },
      async sync() {
        guard("datasync");
        await handle.sync();
      },
      async truncate(length) {
        guard("truncate");
        await handle.truncate(length);
      },
      stat: () => handle.stat(),
      close: () => handle.close(),
    };
  };
}

const ids = (ledger: FileLedger) => [...ledger.entries()].map(({ id }) => id).sort();

describe("a ledger on a failing disk", () => {
  const cases: readonly (readonly Fault[])[] = [
    ["write"],
    ["half a write"],
    ["datasync"],
    ["half a write", "truncate"],
    ["datasync", "truncate"],
  ];
  for (const faults of cases) {
    it(`neither remembers nor keeps a record after a failure of ${faults.join(" and ")}`, async () => {
      await withFolder(async (folder) => {
        const path = join(folder, "ledger.jsonl");
        const now = new Set<Fault>();
        const ledger = await FileLedger.open(path, { openFile: failing(now, "ENOSPC") });
        await ledger.record(entry("before"));
        faults.forEach((fault) => now.add(fault));
        const results = await Promise.allSettled(
          ["one", "two", "three"].map((id) => ledger.record(entry(id))),
        );
        for (const result of results) {
          assert.ok(
            result.status === "rejected" && isArchiveError(result.reason, "Transient") &&
              result.reason.message.includes(path) && /disk is full/.test(result.reason.message),
          );
        }
        assert.deepEqual(ids(ledger), ["before"]);
        now.clear();
        await ledger.record(entry("after"));
        await ledger.close();
        const again = await FileLedger.open(path);
        assert.deepEqual(ids(again), ["after", "before"]);
        assert.equal(again.damaged, 0);
      });
    });
  }

  it("works again when the first record could not even make the file", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const now = new Set<Fault>(["open"]);
      const ledger = await FileLedger.open(path, { openFile: failing(now, "EROFS") });
      await assert.rejects(
        ledger.record(entry("a")),
        (error) =>
          isArchiveError(error, "Unauthorized") && /give this user the right/.test(error.message),
      );
      now.clear();
      await ledger.record(entry("a"));
      await ledger.close();
      assert.deepEqual(ids(await FileLedger.open(path)), ["a"]);
    });
  });

  it("keeps the old file when rewriting it fails, and every record made meanwhile", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "ledger.jsonl");
      const openFile: OpenFile = (where, flags, mode) =>
        where === path ? open(where, flags, mode) : Promise.reject(systemError("ENOSPC"));
      const ledger = await FileLedger.open(path, { openFile, compactBytes: 1_000 });
      for (let size = 0; size < 40; size++) {
        const shape = [`shape.${size % 5}`];
        await ledger.record(entry("a", { size, extent: { ...entry("a").extent, shape } }));
      }
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.equal(again.get(entry("a"), entry("a").backend)?.size, 39);
      assert.equal((await readFile(path, "latin1")).match(/\n\[/g)?.length, 40);
      assert.deepEqual(await readdir(folder), ["ledger.jsonl"]);
    });
  });

  it("survives a disk that is really full, and works again once there is room", async (context) => {
    const mounted = await withDisk("size=64k", async (disk) => {
      const path = join(disk, "ledger.jsonl");
      const filler = join(disk, "filler");
      const ledger = await FileLedger.open(path);
      await ledger.record(entry("first"));
      await writeFile(filler, Buffer.alloc(64 << 10)).catch(() => undefined);
      const kept: string[] = ["first"];
      let failed = 0;
      for (let n = 0; n < 40; n++) {
        await ledger.record(entry(`ses_${n}`)).then(() => kept.push(`ses_${n}`), (error) => {
          assert.ok(isArchiveError(error, "Transient") && error.message.includes("disk is full"));
          failed++;
        });
      }
      assert.ok(failed > 0, "the disk was not full");
      assert.deepEqual(ids(ledger), kept.toSorted());
      await rm(filler);
      await ledger.record(entry("last"));
      await ledger.close();
      const again = await FileLedger.open(path);
      assert.deepEqual(ids(again), [...kept, "last"].sort());
      assert.equal(again.damaged, 0);
    });
    if (!mounted) context.diagnostic("no small disk could be mounted; injected faults stand in");
  });

  it("is read on a read-only disk, and says so when it shall write there", async (context) => {
    const mounted = await withDisk("size=1m", async (disk, remount) => {
      const path = join(disk, "ledger.jsonl");
      const before = await FileLedger.open(path);
      await before.record(entry("a"));
      await before.close();
      remount("ro");
      const ledger = await FileLedger.open(path);
      assert.deepEqual(ids(ledger), ["a"]);
      await assert.rejects(
        ledger.record(entry("b")),
        (error) => isArchiveError(error, "Unauthorized") && error.message.includes(path),
      );
      assert.deepEqual(ids(ledger), ["a"]);
      await ledger.close();
    });
    if (!mounted) context.diagnostic("no disk could be mounted; injected faults stand in");
  });

  it("names the path when a folder stands where the ledger belongs", async () => {
    await withFolder(async (folder) => {
      await assert.rejects(
        FileLedger.open(folder),
        (error) => isArchiveError(error, "Invalid") && error.message.includes(folder),
      );
    });
  });
});
