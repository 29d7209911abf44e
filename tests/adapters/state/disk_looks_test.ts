import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DiskLooks } from "../../../adapters/state/disk_looks.ts";

const LONG_MS = 60_000;

describe("a look at a disk", () => {
  it("tells what it finds, and fails as it does", async () => {
    const looks = new DiskLooks("silent");
    assert.equal(await looks.at("/a", () => Promise.resolve("found"), LONG_MS), "found");
    const fails = () => Promise.reject(new Error("EIO"));
    await assert.rejects(looks.at("/a", fails, LONG_MS), /EIO/);
    assert.equal(await looks.at("/a", () => Promise.resolve("again"), LONG_MS), "again");
  });

  it("is given up where the disk is silent, and not begun again before it ends", async () => {
    const looks = new DiskLooks("silent");
    let answer: (found: string) => void = () => undefined;
    const gate = new Promise<string>((resolve) => answer = resolve);
    let begun = 0;
    const hangs = () => {
      begun++;
      return gate;
    };
    for (let time = 0; time < 3; time++) assert.equal(await looks.at("/a", hangs, 5), "silent");
    assert.equal(begun, 1);
    assert.equal(await looks.at("/b", () => Promise.resolve("found"), LONG_MS), "found");
    const waiting = looks.at("/a", hangs, LONG_MS);
    answer("late");
    assert.equal(await waiting, "late");
    assert.equal(await looks.at("/a", () => Promise.resolve("new"), LONG_MS), "new");
  });
});
