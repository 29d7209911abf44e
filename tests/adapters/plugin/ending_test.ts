import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { untilArchived } from "../../../adapters/plugin/ending.ts";
import { OpenIntents } from "../../../adapters/plugin/intents.ts";
import type { BackendStatus, Status } from "../../../adapters/state/status.ts";
import { FakeClock } from "./fake_clock.ts";
import { statusFile } from "./fake_host.ts";

/** Some sessions that wait, and a relay that does as the test says. */
async function waitingFor(ids: readonly string[]) {
  const clock = new FakeClock();
  const files = new Set<string>();
  const looks = { outbox: 0, status: 0 };
  const outbox = {
    write: ({ id }: { id: string }) => Promise.resolve((files.add(id), id)),
    names: () => Promise.resolve((looks.outbox++, [...files])),
  };
  const intents = new OpenIntents(outbox, () => Promise.resolve(["/opencode.db"]));
  for (const id of ids) await intents.write(id);
  return {
    status: statusFile() as Status | undefined,
    stamp: "missing",
    done: (id: string) => void files.delete(id),
    /** How often each was looked at. */
    looks,
    /** What the relay's status is read by, in place of what is said. */
    readStatus: undefined as (() => Promise<Status | undefined>) | undefined,
    clock,
    intents,
    async took() {
      const before = clock.now();
      await untilArchived({
        intents,
        askedAt: before,
        begunAt: before,
        clock,
        status: () => {
          looks.status++;
          return this.readStatus?.() ?? Promise.resolve(this.status);
        },
        stamp: () => Promise.resolve(this.stamp),
      });
      assert.equal(intents.size, 0, "nobody would wait for them again");
      return clock.now() - before;
    },
  };
}

function backend(props: Partial<BackendStatus> = {}): BackendStatus {
  return { identity: "memory:", failing: false, ...props };
}

function failed(at: number): BackendStatus {
  const lastFailure = { at: new Date(at).toISOString(), code: "Timeout", message: "no answer" };
  return backend({ failing: true, lastFailure });
}

function between(took: number, from: number, to: number): void {
  assert.ok(took >= from && took <= to, `${took} ms, not ${from} to ${to} ms`);
}

describe("waiting at the end", () => {
  it("ends as soon as everything is archived", async () => {
    const stage = await waitingFor(["a", "b"]);
    stage.clock.after(500, () => stage.done("a"));
    stage.clock.after(900, () => stage.done("b"));
    between(await stage.took(), 900, 1_000);
  });

  it("gives up after four seconds without progress, when no relay has said otherwise", async () => {
    const stage = await waitingFor(["a"]);
    stage.status = undefined;
    between(await stage.took(), 4_000, 4_100);
  });

  it("gives up after the configured time, counted from the last progress", async () => {
    const stage = await waitingFor(["a", "b", "c"]);
    stage.status = statusFile({ config: { ...statusFile().config, waitOnExitMs: 1_000 } });
    stage.clock.after(900, () => stage.done("a"));
    stage.clock.after(1_800, () => stage.done("b"));
    between(await stage.took(), 2_800, 2_900);
  });

  it("takes a backend's success for progress", async () => {
    const stage = await waitingFor(["a"]);
    const success = (at: string) => () => {
      const lastSuccess = { at, session: "a", key: "p/2026-01-01/a.json" };
      stage.status = statusFile({ backends: { one: backend({ lastSuccess }) } });
    };
    stage.clock.after(3_000, success("2026-01-01T00:00:00Z"));
    stage.clock.after(6_000, success("2026-01-01T00:00:03Z"));
    between(await stage.took(), 10_000, 10_300);
  });

  it("takes new sessions, or a status that is written anew, for none", async () => {
    const stage = await waitingFor(["a"]);
    for (let at = 500; at < 6_000; at += 500) {
      stage.clock.after(at, () => {
        stage.status = statusFile({ updatedAt: new Date(at).toISOString() });
        void stage.intents.write(`ses_${at}`);
      });
    }
    between(await stage.took(), 4_000, 4_100);
  });

  it("does not wait at all for backends that are left alone for now", async () => {
    const stage = await waitingFor(["a"]);
    const nextTryAt = new Date(stage.clock.now() + 60_000).toISOString();
    stage.status = statusFile({ backends: { one: backend({ failing: true, nextTryAt }) } });
    assert.equal(await stage.took(), 0);
  });

  it("ends when the last backend fails of what it was asked for", async () => {
    const stage = await waitingFor(["a"]);
    stage.clock.after(1_000, () => {
      stage.status = statusFile({ backends: { one: failed(stage.clock.now()) } });
    });
    between(await stage.took(), 1_000, 1_300);
  });

  it("waits for a backend that failed before, since it may be back", async () => {
    const stage = await waitingFor(["a"]);
    stage.status = statusFile({ backends: { one: failed(stage.clock.now() - 60_000) } });
    stage.clock.after(500, () => stage.done("a"));
    between(await stage.took(), 500, 600);
  });

  it("waits half as long where one of several backends fails", async () => {
    const stage = await waitingFor(["a"]);
    stage.status = statusFile({ backends: { one: failed(stage.clock.now()), two: backend() } });
    between(await stage.took(), 2_000, 2_100);
  });

  it("waits as long as ever where a backend failed before it was asked", async () => {
    const stage = await waitingFor(["a"]);
    const old = failed(stage.clock.now() - 60_000);
    stage.status = statusFile({ backends: { only: old } });
    between(await stage.took(), 4_000, 4_100);
    await stage.intents.write("b");
    stage.status = statusFile({ backends: { one: old, two: backend() } });
    between(await stage.took(), 4_000, 4_100);
  });

  it("does not wait for a configuration that cannot be used, unless it changed since", async () => {
    const stage = await waitingFor(["a"]);
    stage.status = statusFile({ config: { ...statusFile().config, problem: "is no YAML" } });
    assert.equal(await stage.took(), 0);
    await stage.intents.write("b");
    stage.status = { ...stage.status, updatedAt: new Date(stage.clock.now()).toISOString() };
    stage.stamp = "1:2:3";
    between(await stage.took(), 4_000, 4_100);
  });

  it("waits though a former relay could not use the configuration, in its environment", async () => {
    const stage = await waitingFor(["a"]);
    const updatedAt = new Date(stage.clock.now() - 60_000).toISOString();
    const config = { ...statusFile().config, problem: "KEY is not set" };
    stage.status = statusFile({ config, updatedAt });
    stage.clock.after(500, () => stage.done("a"));
    between(await stage.took(), 500, 600);
  });

  it("looks at the outbox often, and seldom at what the relay says", async () => {
    const stage = await waitingFor(["a"]);
    between(await stage.took(), 4_000, 4_100);
    assert.ok(stage.looks.outbox >= 40 && stage.looks.outbox <= 60, `${stage.looks.outbox} looks`);
    assert.ok(stage.looks.status <= 20, `${stage.looks.status} times for ${stage.looks.outbox}`);
  });

  it("gives up in time when the disk no longer answers", async () => {
    const stage = await waitingFor(["a"]);
    stage.clock.after(1_000, () => stage.readStatus = () => new Promise(() => undefined));
    let took: number | undefined;
    void stage.took().then((ms) => took = ms);
    await stage.clock.pass(5_000);
    assert.ok(took !== undefined, "it still waits");
    between(took, 4_000, 4_100);
  });
});
