import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LedgerEntry, MemoryLedger } from "@session-archiver/archiver";
import fc from "../properties.ts";

function entry(store: string, id: string, key: string): LedgerEntry {
  return {
    ...{ agent: "memory", store, id, backend: "b", state: "stored", token: "t", key },
    ...{ sha256: "0".repeat(64), size: 1, extent: { length: 0, sha256: "", shape: [] } },
    facts: {
      ...{ title: "", projectPath: "/p", parentId: null, messages: 0 },
      ...{ createdAt: "2026-01-31T12:00:00.000Z", updatedAt: "2026-01-31T12:00:00.000Z" },
    },
  };
}

describe("what a ledger has at a place", () => {
  it("is every session's last entry there, in the order recorded, whatever moved meanwhile", () => {
    const some = (...names: string[]) => fc.constantFrom(...names);
    const steps = fc.array(fc.tuple(some("", "/s", "/t"), some("a", "b"), some("k", "l", "m")));
    return fc.assert(fc.asyncProperty(steps, async (recorded) => {
      const ledger = new MemoryLedger();
      for (const [store, id, key] of recorded) await ledger.record(entry(store, id, key));
      for (const key of ["k", "l", "m"]) {
        const there = [...ledger.entries()].filter((one) => one.key === key);
        assert.deepEqual(ledger.allAt("b", key), there);
        assert.equal(ledger.at("b", key), there.at(-1));
      }
      assert.deepEqual(ledger.allAt("elsewhere", "k"), []);
    }));
  });
});
