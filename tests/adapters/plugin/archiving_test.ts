import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Archiving, FIRST_LOOK_MS, RETRY_MS } from "../../../adapters/plugin/archiving.ts";
import type { HostEvent } from "../../../adapters/plugin/contract.ts";
import type { PluginHost } from "../../../adapters/plugin/host.ts";
import { QUIET_MS } from "../../../adapters/plugin/idle.ts";
import { BETWEEN_STARTS_MS } from "../../../adapters/plugin/relay_starts.ts";
import { sharedArchiving } from "../../../adapters/plugin/shared.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import type { BackendStatus, Status } from "../../../adapters/state/status.ts";
import fc from "../../properties.ts";
import { FakeClock } from "./fake_clock.ts";
import { about, fakeHost, idlePair, status, statusFile } from "./fake_host.ts";

const STORE = "/home/me/opencode.db";

/** An archiving with a real outbox, and everything else told by the test. */
class Stage {
  readonly clock = new FakeClock(() => this.quiet());
  readonly host = fakeHost();
  readonly outbox: Outbox;
  readonly archiving: Archiving;
  readonly folder: string;
  status: Status | undefined = statusFile();
  stamp = "missing";
  stores: readonly string[] = [STORE];
  /** Until when it is not known which they are. */
  slowStores: Promise<void> = Promise.resolve();
  starts = 0;
  /** How often the status was read. */
  reads = 0;
  /** The stamps of the files that credentials come from, by path. */
  files: Readonly<Record<string, string>> = {};
  /** Why whoever should archive gives no sign of life. */
  silence: string | undefined;
  /** What starting a relay does. */
  relay: () => Promise<void> = () => Promise.resolve();
  /** What keeps intents from being written. */
  fault: Error | undefined;
  /** The disk never answers again, as that of a network home may not. */
  hangs = false;
  /** How many intents were written. */
  written = 0;
  /** How much is being done on the disk. */
  busy = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.outbox = new Outbox(folder);
    this.archiving = new Archiving({
      clock: this.clock,
      outbox: {
        write: (session, options) => {
          if (this.hangs) return new Promise<never>(() => undefined);
          if (this.fault) return Promise.reject(this.fault);
          this.written++;
          return this.onDisk(this.outbox.write(session, options));
        },
        names: () => this.hangs ? new Promise(() => undefined) : this.onDisk(this.outbox.names()),
      },
      stores: () => this.slowStores.then(() => this.stores),
      status: () => {
        this.reads++;
        return Promise.resolve(this.status);
      },
      stamp: () => Promise.resolve(this.stamp),
      accessStamp: (path) => Promise.resolve(this.files[path] ?? "missing"),
      silence: () => Promise.resolve(this.silence),
      startRelay: async () => {
        this.starts++;
        await this.relay();
      },
    });
    this.archiving.join(this.host);
  }

  /** Tells events, and waits until the intents are there that they lead to at once. */
  async tell(...events: readonly HostEvent[]): Promise<void> {
    for (const event of events) this.archiving.see(event);
    await this.quiet();
  }

  /** Waits until the disk has done all that was begun, and what that led to. */
  async quiet(): Promise<void> {
    for (let free = 0; free < 5; free = this.busy > 0 ? 0 : free + 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async onDisk<T>(work: Promise<T>): Promise<T> {
    this.busy++;
    try {
      return await work;
    } finally {
      this.busy--;
    }
  }

  /** The ids that wait, in the order of their names. */
  async waiting(): Promise<string[]> {
    const { sessions } = await this.outbox.waiting();
    return sessions.map(({ session, now }) => session.id + (now ? " now" : "")).sort();
  }

  /** Does what a relay does with all that waits. */
  async archiveAll(): Promise<void> {
    await this.outbox.remove(await this.outbox.names());
  }
}

async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "plugin-archiving-"));
  try {
    await play(new Stage(join(folder, "outbox")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("archiving by itself", () => {
  it("writes one intent for the two idle events, and starts a relay", async () => {
    await onStage(async (stage) => {
      await stage.tell(status("ses_1", "busy"), ...idlePair("ses_1"));
      const [name, ...others] = await stage.outbox.names();
      assert.deepEqual(others, []);
      const intent = JSON.parse(await readFile(join(stage.folder, name), "utf8"));
      assert.equal(intent.agent, "opencode");
      assert.equal(intent.store, STORE);
      assert.equal(intent.id, "ses_1");
      assert.equal(stage.written, 1);
      assert.equal(stage.starts, 1);
    });
  });

  it("reads what the relay says once for an intent", async () => {
    await onStage(async (stage) => {
      await stage.tell(status("ses_1", "busy"), ...idlePair("ses_1"));
      assert.deepEqual([stage.written, stage.starts, stage.reads], [1, 1, 1]);
    });
  });

  it("replaces its own intent of a session, so that a dead store does not pile them up", async () => {
    await onStage(async (stage) => {
      for (let turn = 0; turn < 5; turn++) {
        await stage.tell(status("ses_1", "busy"), ...idlePair("ses_1"));
      }
      assert.equal(stage.written, 5);
      assert.equal((await stage.outbox.names()).length, 1);
    });
  });

  it("returns to the host before anything is written", async () => {
    await onStage(async (stage) => {
      stage.archiving.see(about("warm", "session.idle"));
      await stage.quiet();
      const before = performance.now();
      for (const event of idlePair("ses_1")) stage.archiving.see(event);
      const took = performance.now() - before;
      assert.equal(stage.written, 1);
      assert.ok(took < 20, `${took} ms, which is more than any machine takes to plan a write`);
      await stage.quiet();
      assert.equal(stage.written, 2);
    });
  });

  it("archives what a user edits later, and a deleted session not", async () => {
    await onStage(async (stage) => {
      await stage.tell(...idlePair("edited"), ...idlePair("deleted"));
      await stage.archiveAll();
      await stage.tell(about("edited", "session.updated"), about("deleted", "session.updated"));
      await stage.tell(about("deleted", "session.deleted"));
      await stage.clock.pass(QUIET_MS);
      assert.deepEqual(await stage.waiting(), ["edited"]);
    });
  });

  it("names every database that may have the session", async () => {
    await onStage(async (stage) => {
      stage.stores = [STORE, "/home/me/opencode-dev.db"];
      await stage.tell(...idlePair("ses_1"));
      const { sessions } = await stage.outbox.waiting();
      assert.deepEqual(
        sessions.map(({ session }) => session.store).sort(),
        stage.stores.toSorted(),
      );
    });
  });

  it("writes nothing where sessions are only kept in memory", async () => {
    await onStage(async (stage) => {
      stage.stores = [];
      await stage.tell(...idlePair("ses_1"));
      assert.deepEqual(await stage.waiting(), []);
    });
  });

  it("writes nothing when the configuration switches it off, until that changes", async () => {
    await onStage(async (stage) => {
      const { config } = statusFile();
      stage.status = statusFile({ config: { ...config, auto: false } });
      await stage.tell(...idlePair("ses_1"));
      assert.deepEqual(await stage.waiting(), []);
      assert.equal(stage.starts, 0);
      stage.stamp = "1:2:3";
      await stage.tell(status("ses_1", "busy"), ...idlePair("ses_1"));
      assert.deepEqual(await stage.waiting(), ["ses_1"]);
    });
  });

  it("tries an intent again that could not be written, and says so once", async () => {
    await onStage(async (stage) => {
      stage.fault = new Error("the disk is full");
      await stage.tell(...idlePair("ses_1"), ...idlePair("ses_2"));
      await stage.clock.pass(RETRY_MS);
      assert.equal(stage.host.toasts.length, 1);
      assert.match(stage.host.toasts[0], /^error: .*the disk is full\.$/);
      stage.fault = undefined;
      await stage.clock.pass(RETRY_MS);
      assert.deepEqual(await stage.waiting(), ["ses_1", "ses_2"]);
    });
  });

  it("has written an intent after the last change, whatever came, once all is quiet", async () => {
    const session = fc.constantFrom("a", "b");
    const type = fc.constantFrom("session.updated", "message.removed", "busy", "idle");
    const steps = fc.array(fc.record({ id: session, type, wait: fc.boolean() }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(steps, async (events) => {
        await onStage(async (stage) => {
          const changed = new Set<string>();
          for (const { id, type, wait } of events) {
            const isStatus = type === "busy" || type === "idle";
            stage.archiving.see(isStatus ? status(id, type) : about(id, type));
            if (type === "idle") continue;
            changed.add(id);
            // Whatever is there now was written before this change, and does not count.
            await stage.quiet();
            for (const { session, files } of (await stage.outbox.waiting()).sessions) {
              if (session.id === id) await stage.outbox.remove(files);
            }
            if (wait) await stage.clock.pass(QUIET_MS);
          }
          for (const id of changed) await stage.tell(...idlePair(id));
          await stage.clock.pass(QUIET_MS);
          const waiting = await stage.waiting();
          for (const id of changed) assert.ok(waiting.includes(id), `${id} was forgotten`);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe("several copies of the plugin in a process", () => {
  it("share the archiving of a configuration, and have others for others", async () => {
    await onStage((stage) => {
      const make = () => stage.archiving;
      const one = sharedArchiving(`${stage.folder} one`, make);
      const same = sharedArchiving(`${stage.folder} one`, () => assert.fail("made twice"));
      assert.equal(one, same);
      let made = 0;
      sharedArchiving(`${stage.folder} two`, () => (made++, stage.archiving));
      assert.equal(made, 1);
      return Promise.resolve();
    });
  });

  it("write one intent when each hears every event, and show one toast a directory", async () => {
    await onStage(async (stage) => {
      stage.archiving.join(fakeHost({ directory: stage.host.directory }));
      const other = fakeHost({ directory: "/home/me/other" });
      stage.archiving.join(other);
      const twice = [status("a", "busy"), ...idlePair("a")].flatMap((event) => [event, event]);
      await stage.tell(...twice);
      assert.equal(stage.written, 1);
      stage.fault = new Error("no");
      await stage.tell(status("a", "busy"), ...idlePair("a"));
      assert.equal(stage.host.toasts.length, 1);
      assert.equal(other.toasts.length, 1);
      assert.equal(stage.host.logged.length + other.logged.length, 1);
    });
  });
});

describe("the relay", () => {
  it("is started at first though nothing waits, since a killed process leaves no word", async () => {
    await onStage(async (stage) => {
      await stage.clock.pass(60_000);
      assert.equal(stage.starts, 1);
      assert.equal(stage.clock.planned, 0);
    });
  });

  it("is not started at first where the configuration says that nothing is archived", async () => {
    await onStage(async (stage) => {
      stage.status = statusFile({ config: { ...statusFile().config, auto: false } });
      await stage.clock.pass(60_000);
      assert.equal(stage.starts, 0);
    });
  });

  it("is started at first for what was left behind", async () => {
    await onStage(async (stage) => {
      await stage.outbox.write({ agent: "opencode", store: STORE, id: "left" });
      await stage.clock.pass(FIRST_LOOK_MS - 1);
      assert.equal(stage.starts, 0);
      await stage.clock.pass(1);
      assert.equal(stage.starts, 1);
    });
  });

  for (const [what, told] of [["changed", statusFile()], ["was never seen", undefined]] as const) {
    it(`is started at first when the configuration ${what}`, async () => {
      await onStage(async (stage) => {
        stage.status = told;
        stage.stamp = "1:2:3";
        await stage.clock.pass(FIRST_LOOK_MS);
        assert.equal(stage.starts, 1);
      });
    });
  }

  it("is started seldom, and after the last intent too", async () => {
    await onStage(async (stage) => {
      for (const id of ["a", "b", "c"]) await stage.tell(...idlePair(id));
      assert.equal(stage.starts, 1);
      await stage.clock.pass(BETWEEN_STARTS_MS);
      assert.equal(stage.starts, 2);
      await stage.clock.pass(BETWEEN_STARTS_MS);
      assert.equal(stage.starts, 2);
    });
  });

  it("is started anew while something waits, should it have been killed", async () => {
    await onStage(async (stage) => {
      await stage.tell(...idlePair("a"));
      await stage.clock.pass(5 * 60_000);
      assert.ok(stage.starts > 3 && stage.starts < 20, `${stage.starts} starts`);
      const before = stage.starts;
      await stage.archiveAll();
      await stage.clock.pass(60 * 60_000);
      assert.ok(stage.starts <= before + 1);
      assert.equal(stage.clock.planned, 0);
    });
  });

  it("is started for what was left behind once the configuration is corrected", async () => {
    await onStage(async (stage) => {
      const { config } = statusFile();
      stage.stamp = "1:1:1";
      stage.status = statusFile({ config: { ...config, stamp: "1:1:1", problem: "is no YAML" } });
      await stage.outbox.write({ agent: "opencode", store: STORE, id: "left" });
      await stage.clock.pass(10 * 60_000);
      assert.equal(stage.starts, 1, "it would find the same again");
      stage.stamp = "2:2:2";
      await stage.clock.pass(60_000);
      assert.equal(stage.starts, 2);
      stage.status = statusFile({ config: { ...config, stamp: "2:2:2" } });
      await stage.archiveAll();
      await stage.clock.pass(60 * 60_000);
      assert.equal(stage.starts, 2);
      assert.equal(stage.clock.planned, 0);
    });
  });

  it("that gives no sign of life is told of once, while something waits", async () => {
    await onStage(async (stage) => {
      stage.silence = "process 7 on laptop gives no sign of life";
      await stage.clock.pass(10 * 60_000);
      assert.deepEqual(stage.host.toasts, []);
      await stage.tell(...idlePair("ses_1"));
      await stage.clock.pass(50_000);
      assert.deepEqual(stage.host.toasts, []);
      await stage.clock.pass(10 * 60_000);
      assert.equal(stage.host.toasts.length, 1);
      assert.match(JSON.stringify(stage.host.toasts), /wait and are not archived: process 7/);
    });
  });

  it("that ended has failed of nothing that matters once nothing waits", async () => {
    await onStage(async (stage) => {
      const at = "2026-01-01T00:00:00.000Z";
      const lastFailure = { at, code: "Unauthorized", message: "the key is refused" };
      const last = { at, session: "x", code: "Invalid", message: "x is too large" };
      stage.status = statusFile({
        updatedAt: at,
        waiting: 1,
        stuck: { sessions: 1, last },
        backends: { default: { identity: "s3:b", failing: true, lastFailure } },
      });
      await stage.clock.pass(60_000);
      await stage.tell(...idlePair("a"));
      await stage.clock.pass(60_000);
      assert.deepEqual(stage.host.toasts, []);
      stage.status = { ...stage.status, updatedAt: new Date(stage.clock.now()).toISOString() };
      await stage.clock.pass(60_000);
      assert.equal(stage.host.toasts.length, 2);
    });
  });

  it("that ended has failed of what was left behind", async () => {
    await onStage(async (stage) => {
      const at = "2026-01-01T00:00:00.000Z";
      const lastFailure = { at, code: "Unauthorized", message: "the key is refused" };
      const backends = { default: { identity: "s3:b", failing: true, lastFailure } };
      stage.status = statusFile({ updatedAt: at, waiting: 1, backends });
      await stage.outbox.write({ agent: "opencode", store: STORE, id: "left" });
      await stage.clock.pass(FIRST_LOOK_MS);
      assert.equal(stage.host.toasts.length, 1);
    });
  });

  it("that cannot be started is told once", async () => {
    await onStage(async (stage) => {
      stage.relay = () => Promise.reject(new Error("no more processes"));
      for (const id of ["a", "b", "c"]) {
        await stage.tell(...idlePair(id));
        await stage.clock.pass(BETWEEN_STARTS_MS);
      }
      assert.ok(stage.starts > 1);
      assert.equal(stage.host.toasts.length, 1);
      assert.match(stage.host.toasts[0], /could not be started: no more processes\.$/);
    });
  });
});

describe("a relay that could do nothing", () => {
  const FILE = "/home/me/.aws/credentials";
  const HOUR = 60 * 60_000;

  /** A relay that has tried, and says how it went. */
  function said(stage: Stage, backends: Status["backends"], props: Partial<Status> = {}): void {
    const updatedAt = new Date(stage.clock.now()).toISOString();
    stage.status = statusFile({ updatedAt, backends, waiting: 1, ...props });
  }

  function paused(stage: Stage, waiting = 1): BackendStatus {
    const until = new Date(stage.clock.now() + HOUR).toISOString();
    const lastFailure = { at: until, code: "Unauthorized", message: "the key is refused" };
    const pause = { until, files: { [FILE]: "1" } };
    return { identity: "s3:b", failing: true, lastFailure, nextTryAt: until, pause, waiting };
  }

  /** A session waits, and a relay was there and has said what there is to say. */
  async function afterATry(stage: Stage, backends: (stage: Stage) => Status["backends"]) {
    stage.files = { [FILE]: "1" };
    await stage.tell(...idlePair("a"));
    await stage.clock.pass(10_000);
    said(stage, backends(stage));
    return stage.starts;
  }

  it("is not started while all that it could send to is paused", async () => {
    await onStage(async (stage) => {
      const tried = await afterATry(stage, (stage) => ({ s3: paused(stage) }));
      await stage.clock.pass(20 * 60_000);
      assert.equal(stage.starts, tried);
      await stage.tell(status("a", "busy"), ...idlePair("a"), ...idlePair("b"));
      await stage.clock.pass(20 * 60_000);
      assert.equal(stage.starts, tried);
      assert.deepEqual(await stage.waiting(), ["a", "b"]);
      await stage.archiving.leave(stage.host);
      assert.equal(stage.starts, tried);
    });
  });

  it("is started when a file has changed that the credentials come from", async () => {
    await onStage(async (stage) => {
      const tried = await afterATry(stage, (stage) => ({ s3: paused(stage) }));
      await stage.clock.pass(10 * 60_000);
      stage.files = { [FILE]: "2" };
      await stage.clock.pass(60_000);
      assert.equal(stage.starts, tried + 1);
    });
  });

  it("is started when the configuration has changed, or the time has come", async () => {
    for (const change of ["configuration", "time"] as const) {
      await onStage(async (stage) => {
        const tried = await afterATry(stage, (stage) => ({ s3: paused(stage) }));
        await stage.clock.pass(HOUR / 2);
        assert.equal(stage.starts, tried);
        if (change === "configuration") stage.stamp = "2:2:2";
        await stage.clock.pass(change === "configuration" ? 60_000 : HOUR / 2 + 60_000);
        assert.equal(stage.starts, tried + 1, change);
      });
    }
  });

  it("is started once by a new process, whose environment may be another one", async () => {
    await onStage(async (stage) => {
      stage.files = { [FILE]: "1" };
      said(stage, { s3: paused(stage) }, { updatedAt: "2026-01-02T03:04:04.000Z" });
      await stage.tell(...idlePair("a"));
      assert.equal(stage.starts, 1);
    });
  });

  it("is not started again for what only the paused one of several lacks", async () => {
    await onStage(async (stage) => {
      const good = { identity: "file:", failing: false, waiting: 0 };
      const tried = await afterATry(stage, (stage) => ({ good, s3: paused(stage) }));
      await stage.clock.pass(20 * 60_000);
      assert.equal(stage.starts, tried);
      await stage.tell(status("a", "busy"), ...idlePair("a"));
      assert.equal(stage.starts, tried + 1, "the other one can take it");
    });
  });

  it("is started again while another backend still lacks something", async () => {
    await onStage(async (stage) => {
      const good = { identity: "file:", failing: false, waiting: 1 };
      const tried = await afterATry(stage, (stage) => ({ good, s3: paused(stage) }));
      await stage.clock.pass(5 * 60_000);
      assert.ok(stage.starts > tried);
    });
  });

  it("is not started again for what is parked, but once an hour", async () => {
    await onStage(async (stage) => {
      const good = { identity: "file:", failing: false, waiting: 0 };
      const tried = await afterATry(stage, () => ({ good }));
      const [since, message] = [new Date(stage.clock.now()).toISOString(), "a is too large"];
      const parked = { agent: "opencode", session: "a", backend: "good", since, message };
      said(stage, { good }, { parked: { sessions: 1, list: [{ ...parked, code: "Invalid" }] } });
      await stage.clock.pass(HOUR - 120_000);
      assert.equal(stage.starts, tried);
      await stage.clock.pass(180_000);
      assert.ok(stage.starts > tried);
    });
  });
});

describe("the end of a process", () => {
  it("leaves nothing planned when it comes before the first look", async () => {
    await onStage(async (stage) => {
      await stage.archiving.leave(stage.host);
      assert.equal(stage.clock.planned, 0);
    });
  });

  it("waits for nothing when nothing is open", async () => {
    await onStage(async (stage) => {
      const before = stage.clock.now();
      await stage.archiving.leave(stage.host);
      assert.equal(stage.clock.now(), before);
      assert.equal(stage.starts, 0);
    });
  });

  it("asks for what is open at once, also what was only just edited or is at work", async () => {
    await onStage(async (stage) => {
      stage.archiving.see(about("edited", "session.updated"));
      stage.archiving.see(status("working", "busy"));
      idlePair("idle").forEach((event) => stage.archiving.see(event));
      await stage.archiving.leave(stage.host);
      assert.deepEqual(await stage.waiting(), ["edited now", "idle now", "working now"]);
      assert.equal(stage.written, 4, "only the idle one had been asked for before");
      assert.equal(stage.starts, 1);
    });
  });

  it("comes as soon as the relay has taken what is open", async () => {
    await onStage(async (stage) => {
      await stage.tell(...idlePair("a"));
      const before = stage.clock.now();
      stage.clock.after(700, () => void stage.onDisk(stage.archiveAll()));
      await stage.archiving.leave(stage.host);
      assert.ok(stage.clock.now() - before < 1_000, `${stage.clock.now() - before} ms`);
      assert.deepEqual(await stage.waiting(), []);
    });
  });

  it("is not the end of one of its directories, which is held up by nothing", async () => {
    await onStage(async (stage) => {
      const other = fakeHost({ directory: "/home/me/other" });
      stage.archiving.join(other);
      await stage.tell(...idlePair("idle"), status("working", "busy"));
      const before = stage.clock.now();
      await stage.archiving.leave(stage.host);
      assert.equal(stage.clock.now(), before);
      assert.deepEqual(await stage.waiting(), ["idle", "working"], "nothing of it is urgent");
      await stage.archiving.leave(other);
      assert.ok(stage.clock.now() - before >= 4_000, "what the first left is still waited for");
      assert.deepEqual(await stage.waiting(), ["idle now", "working now"]);
    });
  });

  it("is waited for once where all directories end at the same time", async () => {
    await onStage(async (stage) => {
      const other = fakeHost({ directory: "/home/me/other" });
      stage.archiving.join(other);
      await stage.tell(...idlePair("a"));
      stage.clock.after(700, () => void stage.onDisk(stage.archiveAll()));
      const before = stage.clock.now();
      await Promise.all([stage.archiving.leave(stage.host), stage.archiving.leave(other)]);
      const took = stage.clock.now() - before;
      assert.ok(took >= 700 && took < 1_000, `${took} ms`);
    });
  });

  it("comes in spite of an outbox that cannot be written", async () => {
    await onStage(async (stage) => {
      stage.fault = new Error("the disk is full");
      stage.archiving.see(status("a", "busy"));
      await stage.archiving.leave(stage.host);
      assert.equal(stage.host.toasts.length, 1);
    });
  });

  it("comes before a TUI would end without it, though the disk never answers", async () => {
    await onStage(async (stage) => {
      const other = fakeHost({ directory: "/home/me/other" });
      stage.archiving.join(other);
      stage.archiving.see(status("a", "busy"));
      stage.hangs = true;
      await hasLeft(stage, stage.host, 4_000);
      assert.equal(stage.host.toasts.length, 1);
      assert.match(stage.host.toasts[0], /^error: .*does not answer/);
      await hasLeft(stage, other, 0);
    });
  });

  it("comes in time though the disk no longer answers after the intents were written", async () => {
    await onStage(async (stage) => {
      await stage.tell(...idlePair("a"));
      stage.clock.after(300, () => stage.hangs = true);
      await hasLeft(stage, stage.host, 4_500);
    });
  });

  it("waits for the disk again once it has answered", async () => {
    await onStage(async (stage) => {
      const other = fakeHost({ directory: "/home/me/other" });
      stage.archiving.join(other);
      let answer = () => {};
      stage.stores = [];
      stage.slowStores = new Promise((resolve) => answer = resolve);
      stage.archiving.see(status("a", "busy"));
      await hasLeft(stage, stage.host, 4_000);
      stage.stores = [STORE];
      answer();
      await stage.quiet();
      stage.archiving.see(status("b", "busy"));
      await hasLeft(stage, other, 4_500);
      assert.deepEqual(await stage.waiting(), ["a now", "b now"]);
    });
  });
});

/** Lets a directory be left, and time pass; it must be over by then. */
async function hasLeft(stage: Stage, host: PluginHost, ms: number): Promise<void> {
  let isOver = false;
  void stage.archiving.leave(host).then(() => isOver = true);
  await stage.clock.pass(ms);
  assert.ok(isOver, `not over after ${ms} ms`);
}
