import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { MemorySpool } from "../../core/document/memory_spool.ts";
import fc from "../properties.ts";

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe("the spool in memory", () => {
  it("gives any range of any chunks back, and knows their hash", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), fc.nat(), fc.nat(), async (chunks, a, b) => {
        const whole = Buffer.concat(chunks);
        const spooled = await new MemorySpool().write(chunksOf(...chunks));
        assert.equal(spooled.size, whole.length);
        assert.equal(spooled.sha256, createHash("sha256").update(whole).digest("hex"));
        const [start = 0, end = 0] = [a, b].map((n) => n % (whole.length + 1)).sort((x, y) =>
          x - y
        );
        assert.ok(whole.subarray(start, end).equals(await spooled.read(start, end)));
        assert.ok(whole.equals(await spooled.read(0, spooled.size)));
      }),
    );
  });

  it("does not mind when its source uses one buffer for all chunks, nor when a reader writes", async () => {
    const spooled = await new MemorySpool().write(async function* () {
      const buffer = new Uint8Array(2);
      for (let n = 0; n < 3; n++) yield buffer.fill(n);
    }());
    (await spooled.read(0, 6)).fill(9);
    assert.deepEqual([...await spooled.read(0, 6)], [0, 0, 1, 1, 2, 2]);
  });

  it("reads nothing any more once disposed of", async () => {
    const spooled = await new MemorySpool().write(chunksOf(Buffer.from("abc")));
    await spooled.dispose();
    await spooled.dispose();
    await assert.rejects(spooled.read(0, 1));
  });

  it("passes the source's error on", async () => {
    const fault = new TypeError("the session is gone");
    const source = async function* () {
      yield new Uint8Array(1);
      throw fault;
    };
    await assert.rejects(new MemorySpool().write(source()), (error) => error === fault);
  });
});
