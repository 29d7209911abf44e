/**
 * Reading files that their agents write anew as a whole, and what tells that one has changed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFile, type FileHandle, open, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readStill } from "../../../../adapters/agents/files/still.ts";
import { lookedAt, tokenOf } from "../../../../adapters/agents/files/token.ts";
import { inHome, put } from "../../../agents/contract/in_home.ts";

/** Does something while a file gets longer each time that it is read, so many times. */
async function whileItGrows(path: string, times: number, work: () => Promise<void>): Promise<void> {
  const handle = await open(path);
  const files: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { read } = files;
  files.read = async function (this: FileHandle, ...args: unknown[]) {
    if (times-- > 0) await appendFile(path, "!");
    return await read.apply(this, args as never);
  } as typeof read;
  try {
    await work();
  } finally {
    files.read = read;
  }
}

const textOf = async (path: string) =>
  new TextDecoder().decode((await readStill("one", path)).bytes);

describe("a file that is written anew as a whole", () => {
  it("is tried three times to be had as it was at one moment", () =>
    inHome(async (home) => {
      const path = join(home, "one.json");
      await put(path, "{}");
      await whileItGrows(path, 2, async () => assert.equal(await textOf(path), "{}!!"));
    }));

  it("waits for another time when it does not hold still, and says so", () =>
    inHome(async (home) => {
      const path = join(home, "one.json");
      await put(path, "{}");
      await whileItGrows(path, 3, async () => {
        const message = /one\.json changed while it was read; it is read again later/;
        await assert.rejects(textOf(path), { code: "Transient", message });
      });
      assert.equal(await textOf(path), "{}!!!");
    }));
});

describe("the token of a file", () => {
  it("is its size and its time in whole milliseconds, whatever the runtime", () =>
    inHome(async (home) => {
      const path = join(home, "one.jsonl");
      await put(path, "{}\n");
      for (const second of [1_769_860_800.1232, 1_769_860_800.1238]) {
        await utimes(path, second, second);
        assert.equal(tokenOf(lookedAt(await stat(path, { bigint: true }))), "3-1769860800123");
      }
    }));
});
