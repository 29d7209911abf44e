/**
 * Writes whose end is not known: remembered before they are sent, looked after once they can no
 * longer arrive, and mended where they did harm.
 *
 * @module
 */
import { MemoryBackend } from "@session-archiver/archiver";
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import fc from "../properties.ts";
import { type Ending, held, KEY, LateStore, Machine, versions } from "./late_store.ts";

let store: LateStore;
let machine: Machine;

beforeEach(() => {
  store = new LateStore({ name: "store" });
  machine = new Machine(store);
});

/** An older state arrives over a newer one that was acknowledged meanwhile. */
async function overtake(): Promise<void> {
  await machine.archives("a");
  store.endings = ["late"];
  assert.equal((await machine.archives("a", "b")).status, "failed");
  assert.equal((await machine.archives("a", "b", "c")).status, "archived");
  await store.arrive();
  assert.equal(await held(store), "a b");
}

describe("a store without conditional writes that does a write late", () => {
  it("is found out though the session never changes again, and gets the newest state", async () => {
    await overtake();
    const [place, ...others] = await machine.settle();
    assert.deepEqual(place, {
      backend: "store",
      key: KEY,
      status: "replaced",
      sessions: [{ agent: "memory", store: "memory:", id: "one" }],
    });
    assert.deepEqual([others, machine.open, machine.state], [[], 0, "lost"]);
    assert.equal((await machine.archive()).status, "archived");
    assert.equal(await held(store), "a b c");
    assert.deepEqual(await machine.settle(), []);
  });

  it("keeps as a version what the late write has and the newest state has not", async () => {
    await machine.archives("a");
    store.endings = ["late"];
    await machine.archives("a", "reverted");
    await machine.archives("a", "c");
    await store.arrive();
    await machine.settle();
    await machine.archive();
    assert.equal(await held(store), "a c");
    assert.deepEqual(await versions(store), ["a reverted"]);
  });

  it("has a state taken back that arrived late, and was reverted before", async () => {
    await machine.archives("a");
    store.endings = ["late"];
    await machine.archives("a", "reverted");
    await machine.archives("a");
    await store.arrive();
    assert.equal(await held(store), "a reverted");
    await machine.settle();
    await machine.archive();
    assert.equal(await held(store), "a");
    assert.deepEqual(await versions(store), ["a reverted"]);
  });

  it("is looked at before each later put, whatever the ledger says", async () => {
    await machine.archives("a");
    store.endings = ["late"];
    await machine.archives("a", "b");
    await store.arrive();
    // Its document is what was acknowledged last, though its token is another one.
    const touched = { touched: true };
    machine.says("a");
    machine.agent.set({ ...machine.agent.get("one")!, ...touched });
    assert.equal((await machine.archive()).status, "archived");
    assert.equal(await held(store), "a");
    assert.deepEqual(await versions(store), ["a b"]);
  });

  it("is not believed at once after an attempt that was given up on, though the next was done", async () => {
    store.endings = ["resent"];
    assert.equal((await machine.archives("a")).status, "archived");
    await machine.archives("a", "b");
    await store.arrive();
    assert.equal((await machine.settle())[0]?.status, "replaced");
    await machine.archive();
    assert.equal(await held(store), "a b");
  });

  it("ends at the newest state whatever becomes of its writes", async () => {
    const ending = fc.constantFrom<Ending>(
      "done",
      "lost",
      "late",
      "never",
      "resent",
      "Throttled",
      "Transient",
    );
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ does: fc.constant("put" as const), ending }) },
      fc.record({ does: fc.constant("branch" as const), ending }),
      fc.constant({ does: "arrive" as const }),
      fc.constant({ does: "settle" as const }),
      fc.constant({ does: "wait" as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const store = new LateStore({ name: "store" });
        const machine = new Machine(store);
        let texts: readonly string[] = ["0"];
        for (const [number, step] of steps.entries()) {
          if (step.does === "put" || step.does === "branch") {
            const kept = step.does === "branch" ? texts.slice(0, -1) : texts;
            texts = [...kept, `${number + 1}`];
            store.endings = [step.ending];
            await machine.archives(...texts);
          } else if (step.does === "arrive") await store.arrive();
          else if (step.does === "wait") await machine.settle(30_000);
          else {
            // Nothing arrives any more after so long.
            await store.arrive();
            await machine.settle();
          }
        }
        store.endings = [];
        machine.says(...texts);
        await machine.archive();
        await store.arrive();
        await machine.settle();
        await machine.archive();
        assert.equal(await held(store), texts.join(" "));
        assert.equal(machine.open, 0);
        assert.ok((await machine.settle()).length === 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a write", () => {
  it("stays open for as long as it may arrive, counted from when it was given up on", async () => {
    const put = store.put.bind(store);
    store.put = async (...asked: Parameters<typeof put>) => {
      machine.time += 3_600_000;
      return await put(...asked);
    };
    store.endings = ["never"];
    await machine.archives("a");
    assert.deepEqual(await machine.settle(60_000), []);
    assert.notEqual(machine.open, 0);
    assert.equal((await machine.settle())[0]?.status, "never acknowledged");
    assert.equal(machine.open, 0);
  });

  it("does so too when the next attempt is done, however long all of it took", async () => {
    const put = store.put.bind(store);
    store.put = async (...asked: Parameters<typeof put>) => {
      machine.time += 3_600_000;
      return await put(...asked);
    };
    store.endings = ["resent"];
    await machine.archives("a");
    assert.deepEqual(await machine.settle(60_000), []);
    assert.equal(machine.open, 1);
    assert.equal((await machine.settle())[0]?.status, "as acknowledged");
    assert.equal(machine.open, 0);
  });

  for (
    const code of [
      "Unauthorized",
      "Invalid",
      "NotFound",
      "Precondition",
      "AlreadyExists",
      "NotSupported",
      "Throttled",
    ] as const
  ) {
    it(`that is refused is not open: ${code}`, async () => {
      store.endings = [code];
      assert.equal((await machine.archives("a")).status, "failed");
      assert.equal(machine.open, 0);
    });
  }

  for (const code of ["Timeout", "Transient", "Aborted", "Corrupt"] as const) {
    it(`may have been done after it failed: ${code}`, async () => {
      store.endings = [code];
      assert.equal((await machine.archives("a")).status, "failed");
      assert.notEqual(machine.open, 0);
    });
  }

  it("is open before it is sent, and not once it is acknowledged", async () => {
    const put = store.put.bind(store);
    let before = 0;
    store.put = async (...asked: Parameters<typeof put>) => {
      before = machine.open;
      return await put(...asked);
    };
    await machine.archives("a");
    assert.deepEqual([before, machine.open], [1, 0]);
  });

  it("is not sent when it cannot be remembered", async () => {
    machine.ledger.sending = () => Promise.reject(new Error("the disk is full"));
    assert.match(String((await machine.archives("a")).error), /the disk is full/);
    assert.equal(await held(store), undefined);
  });

  it("of a process that was killed before it was sent does no harm", async () => {
    await machine.archives("a");
    await machine.ledger.sending({ backend: store.identity, key: KEY, sha256: "0".repeat(64) });
    assert.equal((await machine.settle())[0]?.status, "as acknowledged");
    assert.deepEqual([machine.open, machine.state], [0, "stored"]);
  });

  it("of a process that was killed before it could remember the end is looked at", async () => {
    await machine.archives("a");
    const record = machine.ledger.record;
    machine.ledger.record = () => Promise.reject(new Error("killed"));
    assert.equal((await machine.archives("a", "b")).status, "failed");
    machine.ledger.record = record;
    assert.equal((await machine.settle())[0]?.status, "replaced");
    assert.equal((await machine.archive()).status, "unchanged");
    assert.deepEqual([machine.open, machine.state, await held(store)], [0, "stored", "a b"]);
  });

  it("of which the end cannot be asked stays open, and the store is asked once", async () => {
    store.endings = ["never"];
    await machine.archives("a");
    await machine.archives("a", "b");
    for (const key of ["x/2026-01-01/a.json", "x/2026-01-01/b.json"]) {
      await machine.ledger.sending({ backend: store.identity, key, sha256: "0".repeat(64) });
    }
    const entry = machine.ledger.at(store.identity, KEY)!;
    for (const id of ["a", "b"]) {
      await machine.ledger.record({ ...entry, id, key: `x/2026-01-01/${id}.json` });
    }
    store.answers = false;
    store.heads = 0;
    const before = machine.open;
    const [place, ...others] = await machine.settle();
    assert.deepEqual([place?.status, others, store.heads], ["unknown", [], 1]);
    assert.equal(machine.open, before);
    store.answers = true;
    assert.equal((await machine.settle(0)).length, 3);
    assert.equal(machine.open, 0);
  });

  it("over what is gone since has it archived again", async () => {
    await machine.archives("a");
    await machine.ledger.sending({ backend: store.identity, key: KEY, sha256: "0".repeat(64) });
    await store.delete(KEY);
    assert.equal((await machine.settle())[0]?.status, "missing");
    assert.equal((await machine.archive()).status, "archived");
    assert.equal(await held(store), "a");
  });

  it("that brings back what the user deleted is told, and deletes nothing", async () => {
    store.endings = ["done", "late"];
    await machine.archives("a");
    await machine.archives("a", "b");
    await machine.delete();
    await store.arrive();
    assert.equal((await machine.settle())[0]?.status, "came back");
    assert.deepEqual([machine.open, machine.state, await held(store)], [0, "deleted", "a b"]);
  });

  it("costs nothing where the store has conditions, or does nothing late", async () => {
    const all = { createOnly: true, ifMatch: true, metadata: true, maxKeyBytes: 1024 };
    const none = { ...all, createOnly: false, ifMatch: false, lateWrites: false };
    for (const capabilities of [all, none]) {
      const fenced = Object.assign(new MemoryBackend({ name: "store" }), { capabilities });
      const machine = new Machine(fenced);
      machine.ledger.sending = () => assert.fail("it was remembered");
      for (const texts of [["a"], ["a", "b"], ["a", "c"]]) {
        assert.equal((await machine.archives(...texts)).status, "archived");
      }
    }
  });
});
