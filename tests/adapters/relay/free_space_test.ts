import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Disk, isNearlyFull, scarceSpace } from "../../../adapters/relay/free_space.ts";

const OWN = "/home/me/.local/state";
const FULL = { bavail: 1, blocks: 100 };

function disk(changes: Partial<Disk> = {}): Disk {
  return {
    stat: () => Promise.resolve({ dev: 1 }),
    statfs: () => Promise.resolve(FULL),
    ...changes,
  };
}

describe("the room on a disk", () => {
  it("is scarce below a twentieth", () => {
    assert.equal(isNearlyFull({ bavail: 4, blocks: 100 }), true);
    assert.equal(isNearlyFull({ bavail: 5, blocks: 100 }), false);
    assert.equal(isNearlyFull({ bavail: 0, blocks: 0 }), false);
  });

  it("counts on this machine's own disk, and on no other", async () => {
    assert.match(
      await scarceSpace("/archives", OWN, disk()) ?? "",
      /^less than 5 % of the disk of/,
    );
    const other = disk({ stat: (path) => Promise.resolve({ dev: path === OWN ? 1 : 2 }) });
    assert.equal(await scarceSpace("/archives", OWN, other), undefined);
  });

  it("is not waited for where the disk never answers, which is asked once", async () => {
    let asked = 0;
    const silent = disk({
      stat: () => {
        asked++;
        return new Promise(() => {});
      },
    });
    for (let time = 0; time < 3; time++) {
      const why = await scarceSpace("/silent", OWN, silent, 20);
      assert.equal(why, "the disk of /silent does not answer; see whether it is still there");
    }
    assert.equal(asked, 1);
  });

  it("is asked for again once the disk has answered after all", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => open = resolve);
    const slow = disk({ stat: () => gate.then(() => ({ dev: 1 })) });
    assert.match(await scarceSpace("/slow", OWN, slow, 20) ?? "", /does not answer/);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    const roomy = disk({ statfs: () => Promise.resolve({ bavail: 50, blocks: 100 }) });
    assert.equal(await scarceSpace("/slow", OWN, roomy), undefined);
  });
});
