/**
 * Two machines with the same session, restored on one of them from the other's archive.
 *
 * @module
 */
import { MemoryBackend } from "@session-archiver/archiver";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { held, KEY, LateStore, Machine, versions } from "./late_store.ts";

const STORES: Readonly<Record<string, () => MemoryBackend>> = {
  "with conditional writes": () => new MemoryBackend({ name: "store" }),
  "without any": () => new LateStore({ name: "store" }),
  "without metadata": () => {
    const store = new MemoryBackend({ name: "store" });
    const put = store.put.bind(store);
    store.put = (key, body, options) => put(key, body, { ...options, metadata: undefined });
    const capabilities = { ...store.capabilities, ifMatch: false, metadata: false };
    return Object.assign(store, { capabilities });
  },
};

for (const [kind, open] of Object.entries(STORES)) {
  describe(`two machines over a store ${kind}`, () => {
    it("go on where the other one has stopped", async () => {
      const store = open();
      const [one, other] = [new Machine(store), new Machine(store)];
      await one.archives("a");
      assert.equal((await other.archives("a")).status, "unchanged");
      assert.equal((await other.archives("a", "b")).status, "archived");
      assert.equal((await one.archives("a", "b", "c")).status, "archived");
      assert.equal(await held(store), "a b c");
      assert.deepEqual(await versions(store), []);
    });

    it("leave what has gone on elsewhere, when one is behind", async () => {
      const store = open();
      const [ahead, behind] = [new Machine(store), new Machine(store)];
      await ahead.archives("a", "b", "c");
      const { etag } = await store.head(KEY);
      for (const texts of [["a"], ["a", "b"]]) {
        const { status, bytes, version } = await behind.archives(...texts);
        assert.deepEqual([status, bytes, version], ["unchanged", 0, undefined]);
      }
      assert.equal((await store.head(KEY)).etag, etag);
      const entry = behind.ledger.at(store.identity, KEY);
      assert.deepEqual([entry?.state, entry?.facts.messages], ["stored", 3]);
      assert.deepEqual(await versions(store), []);
    });

    it("lose nothing when the one that is behind goes another way", async () => {
      for (const next of [["a", "other"], ["a", "b", "other"]]) {
        const store = open();
        const [ahead, behind] = [new Machine(store), new Machine(store)];
        await ahead.archives("a", "b", "c");
        await behind.archives("a", "b");
        assert.equal((await behind.archives(...next)).status, "archived");
        assert.equal(await held(store), next.join(" "));
        assert.deepEqual(await versions(store), ["a b c"]);
      }
    });

    it("lose nothing when the clock of the one that went on is a day behind", async () => {
      const store = open();
      const [ahead, behind] = [new Machine(store), new Machine(store)];
      ahead.changedAt = "2026-02-01T12:00:00.000Z";
      behind.changedAt = "2026-02-02T12:00:00.000Z";
      await ahead.archives("a", "b", "c");
      // It looks as if it had been cut back since.
      assert.equal((await behind.archives("a", "b")).status, "archived");
      assert.deepEqual([await held(store), await versions(store)], ["a b", ["a b c"]]);
      assert.equal((await ahead.archives("a", "b", "c", "d")).status, "archived");
      assert.deepEqual([await held(store), await versions(store)], ["a b c d", ["a b c"]]);
    });

    it("archive what was cut back, though the richer state seems to be another's", async () => {
      const store = open();
      const one = new Machine(store);
      one.changedAt = "2026-02-01T12:00:00.000Z";
      one.says("a", "b");
      // It was killed after the write, and never learnt of it.
      const killed = new Machine(store);
      killed.changedAt = one.changedAt;
      await killed.archives("a", "b");
      one.changedAt = "2026-02-01T12:00:01.000Z";
      assert.equal((await one.archives("a")).status, "archived");
      assert.equal(await held(store), "a");
      assert.deepEqual(await versions(store), ["a b"]);
    });

    it("catch up, and then own what is there", async () => {
      const store = open();
      const [ahead, behind] = [new Machine(store), new Machine(store)];
      await ahead.archives("a", "b");
      await behind.archives("a");
      assert.equal((await behind.archives("a", "b")).status, "unchanged");
      assert.equal((await behind.archives("a", "b", "c")).status, "archived");
      assert.equal(await held(store), "a b c");
      assert.deepEqual(await versions(store), []);
    });

    it("keep both ways when they part, each state once", async () => {
      const store = open();
      const [one, other] = [new Machine(store), new Machine(store)];
      await one.archives("a", "one");
      assert.match((await other.archives("a", "other")).version ?? "", /~/);
      assert.deepEqual([await held(store), await versions(store)], ["a other", ["a one"]]);
      for (let turn = 0; turn < 3; turn++) {
        // As after a lost ledger: nothing has changed, and yet it is looked at again.
        const again = new Machine(store);
        await again.archives("a", "one");
        const back = new Machine(store);
        await back.archives("a", "other");
      }
      assert.deepEqual([await held(store), await versions(store)], ["a other", [
        "a one",
        "a other",
      ]]);
    });

    it("are not in each other's way while only one of them goes on", async () => {
      const store = open();
      const [one, other] = [new Machine(store), new Machine(store)];
      await one.archives("a", "one");
      await other.archives("a", "other");
      for (const last of ["2", "3", "4"]) {
        assert.equal((await other.archives("a", "other", last)).status, "archived");
        assert.equal((await one.archive()).status, "unchanged");
      }
      assert.ok((await versions(store)).includes("a one"));
    });
  });
}
