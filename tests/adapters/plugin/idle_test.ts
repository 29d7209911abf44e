import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { HostEvent } from "../../../adapters/plugin/contract.ts";
import { IdleSessions, QUIET_MS } from "../../../adapters/plugin/idle.ts";
import fc from "../../properties.ts";
import { FakeClock } from "./fake_clock.ts";
import { about, idlePair, status } from "./fake_host.ts";

const CHANGES = [
  "session.updated",
  "session.compacted",
  "message.updated",
  "message.removed",
  "message.part.updated",
  "message.part.removed",
  "todo.updated",
];

function watched() {
  const clock = new FakeClock();
  const rested: string[] = [];
  const sessions = new IdleSessions((id) => rested.push(id), clock);
  const see = (...events: readonly HostEvent[]) => events.forEach((event) => sessions.see(event));
  return { clock, rested, sessions, see };
}

describe("the sessions that came to rest", () => {
  it("are told once for the pair of idle events", () => {
    const { rested, see } = watched();
    see(status("a", "busy"), ...idlePair("a"));
    assert.deepEqual(rested, ["a"]);
  });

  it("are told by the older idle event alone, and when nothing was heard before", () => {
    const { rested, see } = watched();
    see(about("a", "session.idle"));
    assert.deepEqual(rested, ["a"]);
  });

  it("are told again for the second pair when something changed in between", () => {
    const { rested, see } = watched();
    see(status("a", "busy"), ...idlePair("a"), ...idlePair("a"));
    assert.deepEqual(rested, ["a"]);
    see(about("a", "message.updated"), ...idlePair("a"));
    assert.deepEqual(rested, ["a", "a"]);
  });

  it("are told on each idle after a turn", () => {
    const { rested, see } = watched();
    for (let turn = 0; turn < 3; turn++) see(status("a", "busy"), ...idlePair("a"));
    assert.deepEqual(rested, ["a", "a", "a"]);
  });

  it("are children in their own right, before their parent", () => {
    const { rested, see } = watched();
    see(status("parent", "busy"), status("child", "busy"));
    see(...idlePair("child"), ...idlePair("parent"));
    assert.deepEqual(rested, ["child", "parent"]);
  });

  for (const type of CHANGES) {
    it(`are told a while after the last ${type} of an idle session`, async () => {
      const { clock, rested, see } = watched();
      see(...idlePair("a"), about("a", type));
      await clock.pass(QUIET_MS - 1);
      see(about("a", type));
      await clock.pass(QUIET_MS - 1);
      assert.deepEqual(rested, ["a"]);
      await clock.pass(1);
      assert.deepEqual(rested, ["a", "a"]);
      assert.equal(clock.planned, 0);
    });
  }

  it("are told for a fork, which is never busy", async () => {
    const { clock, rested, see } = watched();
    see(about("fork", "session.created"), about("fork", "message.updated"));
    await clock.pass(QUIET_MS);
    assert.deepEqual(rested, ["fork"]);
  });

  it("are none while a turn goes on, whatever changes in it", async () => {
    const { clock, rested, see } = watched();
    see(about("a", "message.updated"), status("a", "busy"));
    for (const type of CHANGES) see(about("a", type), status("a", "retry"));
    await clock.pass(60_000);
    assert.deepEqual(rested, []);
  });

  it("are none that were deleted, also when their turn ends only then", async () => {
    const { clock, rested, see } = watched();
    see(about("a", "session.updated"), about("a", "session.deleted"));
    see(status("b", "busy"), about("b", "session.deleted"));
    see(...idlePair("b"), about("b", "session.updated"));
    await clock.pass(60_000);
    assert.deepEqual(rested, []);
  });

  it("may be one that was deleted and put back", () => {
    const { rested, see } = watched();
    see(about("a", "session.deleted"), about("a", "session.created"), ...idlePair("a"));
    assert.deepEqual(rested, ["a"]);
  });

  it("may be one that another process put back, as soon as it has a turn", () => {
    const { rested, see } = watched();
    see(about("a", "session.deleted"), about("a", "session.updated"));
    see(status("a", "busy"), ...idlePair("a"));
    assert.deepEqual(rested, ["a"]);
  });

  it("are all that changed, at work or not, when nothing more will be heard", async () => {
    const { clock, rested, sessions, see } = watched();
    see(...idlePair("quiet"), ...idlePair("edited"), about("edited", "session.updated"));
    see(status("working", "busy"), status("gone", "busy"), about("gone", "session.deleted"));
    assert.deepEqual(sessions.takeChanged(), ["edited", "working"]);
    assert.deepEqual(sessions.takeChanged(), []);
    await clock.pass(60_000);
    assert.deepEqual(rested, ["quiet", "edited"]);
    see(...idlePair("working"));
    assert.deepEqual(rested, ["quiet", "edited", "working"]);
  });

  it("are unmoved by events that are about no session, or not what they seem", () => {
    const { clock, rested, see } = watched();
    const odd: unknown[] = [undefined, null, 1, "x", {}, { sessionID: 1 }, { sessionID: "" }];
    for (const properties of [...odd, { sessionID: "a" }, { sessionID: "a", status: null }]) {
      see({ type: "session.status", properties }, { type: "plugin.added", properties });
    }
    for (const properties of odd) {
      for (const type of [...CHANGES, "session.idle", "session.deleted"]) see({ type, properties });
    }
    assert.deepEqual(rested, []);
    assert.equal(clock.planned, 0);
  });

  it("were told after their last change, once all is quiet, whatever came in whatever order", async () => {
    const session = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      fc.record({ id: session, type: fc.constantFrom(...CHANGES) }),
      fc.record({ id: session, type: fc.constantFrom("busy", "idle", "retry", "session.idle") }),
      fc.record({ id: session, wait: fc.integer({ min: 1, max: 2 * QUIET_MS }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new FakeClock();
        let moment = 0;
        const changed = new Map<string, number>();
        const told = new Map<string, number>();
        const sessions = new IdleSessions((id) => told.set(id, ++moment), clock);
        for (const next of steps) {
          if ("wait" in next) {
            await clock.pass(next.wait);
            continue;
          }
          const { id, type } = next;
          if (type !== "idle" && type !== "session.idle") changed.set(id, ++moment);
          const isStatus = type === "busy" || type === "idle" || type === "retry";
          sessions.see(isStatus ? status(id, type) : about(id, type));
        }
        for (const id of ["a", "b", "c"]) idlePair(id).forEach((event) => sessions.see(event));
        await clock.pass(QUIET_MS);
        for (const [id, at] of changed) assert.ok((told.get(id) ?? 0) > at, `${id} was forgotten`);
        assert.equal(clock.planned, 0);
      }),
      { numRuns: 200 },
    );
  });
});
