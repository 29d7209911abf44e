/**
 * A day without the network, in virtual time: what waits meanwhile is sent once, and soon.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withFastFolder } from "./folder.ts";
import { arrival, markedText } from "./invariants.ts";
import { Machine } from "./model/machine.ts";
import { ModelStore, WEATHERS } from "./model/store.ts";
import { VirtualTime } from "./model/time.ts";
import { Chance, IS_LONG, SEED } from "./seed.ts";
import { Tally } from "./tally.ts";

const SESSIONS = IS_LONG ? 500 : 30;
const MINUTE = 60_000;
const HOURS = 24;

describe("a laptop that is offline for a day", () => {
  it("sends each session once when it is back, however often it changed, within minutes", () =>
    withFastFolder(async (folder) => {
      const parts = { time: new VirtualTime(), chance: new Chance(SEED), tally: new Tally() };
      const { time, tally } = parts;
      const store = new ModelStore("store", true, parts);
      const machine = new Machine("a", folder, { ...parts, stores: [store] });
      store.weather = WEATHERS.down;
      for (let hour = 0; hour < HOURS; hour++) {
        for (let n = 0; n < SESSIONS; n += 2) await changed(machine, `s${(n + hour) % SESSIONS}`);
        await time.pass(60 * MINUTE);
      }
      assert.equal(store.states.length, 0);
      // A store that is dead is not asked again and again.
      const asked = tally.count("store: refused");
      assert.ok(asked < HOURS * 60 * 2, `${asked} requests to a dead store`);
      store.weather = WEATHERS.calm;
      await machine.start();
      await time.pass(20 * MINUTE);
      assert.deepEqual(arrival(store, machine.last), []);
      assert.deepEqual([machine.intents.length, machine.bugs.length], [0, 0]);
      assert.equal(store.states.length, SESSIONS, "one put a session");
      machine.stop();
      await time.pass(MINUTE);
    }));
});

async function changed(machine: Machine, id: string): Promise<void> {
  const mark = machine.mark();
  const said = { id: mark, role: "user", text: markedText(mark) } as const;
  const messages = [...machine.agent.get(id)?.messages ?? [], said];
  machine.set({ id, projectPath: "/home/me/x", createdAt: "2026-01-31T12:00:00Z", messages });
  await machine.intend(id);
}
