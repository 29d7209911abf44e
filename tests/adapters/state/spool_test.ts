import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdir, readdir, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FileSpool } from "../../../adapters/state/spool.ts";
import { isArchiveError } from "../../../core/errors.ts";
import fc from "../../properties.ts";
import { Child, withDisk, withFolder } from "./temporary.ts";

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("the spool on disk", () => {
  it("gives any range of any chunks back, and knows their hash", async () => {
    await withFolder(async (folder) => {
      const spool = await FileSpool.open(folder);
      const size = fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(262143, 262144, 262145, 700_000));
      await fc.assert(
        fc.asyncProperty(
          fc.array(size, { maxLength: 6 }),
          fc.nat(),
          fc.nat(),
          async (sizes, a, b) => {
            const chunks = sizes.map((size, n) => Buffer.alloc(size, `${n} of ${sizes.length};`));
            const whole = Buffer.concat(chunks);
            const spooled = await spool.write(chunksOf(...chunks));
            assert.equal(spooled.size, whole.length);
            assert.equal(spooled.sha256, hash(whole));
            const [start = 0, end = 0] = [a, b].map((n) => n % (whole.length + 1)).sort((x, y) =>
              x - y
            );
            const read = () => spooled.read(start, end);
            for (const part of await Promise.all([read(), read()])) {
              assert.ok(whole.subarray(start, end).equals(part));
            }
            await spooled.dispose();
          },
        ),
        { numRuns: 60 },
      );
      assert.deepEqual(await readdir(folder), []);
    });
  });

  it("does not mind when its source uses one buffer for all chunks", async () => {
    await withFolder(async (folder) => {
      const spool = await FileSpool.open(folder);
      const spooled = await spool.write(async function* () {
        const buffer = new Uint8Array(1000);
        for (let n = 0; n < 600; n++) yield buffer.fill(n % 251);
      }());
      assert.equal(spooled.sha256, hash(await spooled.read(0, spooled.size)));
      assert.deepEqual([...await spooled.read(599_999, 600_000)], [599 % 251]);
      await spooled.dispose();
    });
  });

  it("keeps each document in a private file until it is disposed of", async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, "spool");
      const spool = await FileSpool.open(folder);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      const spooled = await spool.write(chunksOf(Buffer.from("secret")));
      const [name = ""] = await readdir(folder);
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
      await spooled.dispose();
      await spooled.dispose();
      assert.deepEqual(await readdir(folder), []);
      await assert.rejects(spooled.read(0, 1), (error) => isArchiveError(error, "Invalid"));
    });
  });

  it("refuses ranges outside the document", async () => {
    await withFolder(async (folder) => {
      const spooled = await (await FileSpool.open(folder)).write(chunksOf(Buffer.from("abc")));
      for (const [start = 0, end = 0] of [[-1, 1], [2, 1], [0, 4], [0, NaN], [0.5, 1]]) {
        await assert.rejects(spooled.read(start, end), /has 3 bytes and none in/);
      }
      await spooled.dispose();
    });
  });

  it("leaves nothing behind when the source fails, and passes its error on", async () => {
    await withFolder(async (folder) => {
      const spool = await FileSpool.open(folder);
      const fault = new TypeError("the session is gone");
      const source = async function* () {
        yield new Uint8Array(500_000);
        throw fault;
      };
      await assert.rejects(spool.write(source()), (error) => error === fault);
      assert.deepEqual(await readdir(folder), []);
    });
  });

  it("says that the disk is full, naming its folder, and leaves nothing there", async (context) => {
    const mounted = await withDisk("size=1m", async (disk) => {
      const folder = join(disk, "spool");
      const spool = await FileSpool.open(folder);
      let asked = 0;
      const source = async function* () {
        for (; asked < 100; asked++) yield new Uint8Array(100_000);
      };
      await assert.rejects(
        spool.write(source()),
        (error) =>
          isArchiveError(error, "Transient") && error.message.includes(folder) &&
          /disk is full/.test(error.message),
      );
      assert.ok(asked < 20, "it went on reading");
      assert.deepEqual(await readdir(folder), []);
      await (await spool.write(chunksOf(new Uint8Array(500_000)))).dispose();
    });
    if (!mounted) context.diagnostic("no small disk could be mounted");
  });

  it("says which folder it cannot write", async (context) => {
    const mounted = await withDisk("size=1m", async (disk, remount) => {
      const spool = await FileSpool.open(disk);
      remount("ro");
      await assert.rejects(
        spool.write(chunksOf(Buffer.from("abc"))),
        (error) => isArchiveError(error, "Unauthorized") && error.message.includes(disk),
      );
    });
    if (!mounted) context.diagnostic("no disk could be mounted");
  });

  it("removes what a killed process left, and nothing of living ones", async () => {
    await withFolder(async (folder) => {
      const child = new Child("spool.ts", folder);
      assert.equal(await child.line(), "writing");
      await FileSpool.open(folder);
      assert.equal((await readdir(folder)).length, 1);
      await child.kill();
      assert.equal((await readdir(folder)).length, 1);
      await FileSpool.open(folder);
      assert.deepEqual(await readdir(folder), []);
    });
  });

  it("removes another machine's after a day, and leaves other files alone", async () => {
    await withFolder(async (folder) => {
      const spool = await FileSpool.open(folder);
      const spooled = await spool.write(chunksOf(Buffer.from("abc")));
      const [name = ""] = await readdir(folder);
      const [, , ...rest] = name.split("~");
      const foreign = join(folder, ["0123456789abcdef", "another-boot", ...rest].join("~"));
      await rename(join(folder, name), foreign);
      await writeFile(join(folder, "notes.txt"), "mine");
      await writeFile(join(folder, "odd.spool"), "mine");
      await mkdir(join(folder, "kept"));
      await FileSpool.open(folder);
      assert.equal((await readdir(folder)).length, 4);
      const long = new Date(Date.now() - 25 * 3_600_000);
      await utimes(foreign, long, long);
      await FileSpool.open(folder);
      assert.deepEqual((await readdir(folder)).sort(), ["kept", "notes.txt", "odd.spool"]);
      await spooled.dispose();
    });
  });
});
