import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lateSpool } from "../../../adapters/archive/open.ts";
import { LateOpen } from "../../../adapters/state/late_open.ts";
import { withFolder } from "./temporary.ts";

describe("what is opened late", () => {
  it("is opened once, and only when it is needed", async () => {
    let times = 0;
    const late = new LateOpen(() => Promise.resolve(++times));
    assert.equal(await late.ifOpen(), undefined);
    assert.equal(times, 0);
    assert.deepEqual(await Promise.all([late.get(), late.get()]), [1, 1]);
    assert.equal(await late.ifOpen(), 1);
  });

  it("is opened again after that failed, and is not open in between", async () => {
    let times = 0;
    const late = new LateOpen(() => {
      return times++ === 0 ? Promise.reject(new Error("full")) : Promise.resolve("open");
    });
    const first = late.get();
    assert.equal(await late.ifOpen(), undefined);
    await assert.rejects(first, { message: "full" });
    assert.equal(await late.ifOpen(), undefined);
    assert.equal(await late.get(), "open");
    assert.equal(times, 2);
  });

  it("is the folder for large sessions, which may be mended meanwhile", () =>
    withFolder(async (above) => {
      const folder = join(above, "spool");
      await writeFile(folder, "in the way");
      const spool = lateSpool(folder);
      const write = () =>
        spool.write(async function* () {
          yield await Promise.resolve(new Uint8Array(3));
        }());
      await assert.rejects(write());
      await rm(folder);
      const spooled = await write();
      assert.equal(spooled.size, 3);
      await spooled.dispose();
    }));
});
