import { realpath, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { lockPath, outboxFolder } from "../../../adapters/state/layout.ts";
import { stateFolder } from "../../../adapters/state/location.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import type { Status } from "../../../adapters/state/status.ts";
import { writeStatus } from "../../../adapters/state/status_writing.ts";
import { onStage, type Stage } from "./stage.ts";
import { acquireLock } from "../state/acquire_lock.ts";

const YAML = "backends:\n  near: {type: file, path: ~/near}\n  far: {type: file, path: ~/far}\n" +
  "default: near\n";

/** What `doctor --json` tells of archiving by itself. */
interface Automatic {
  readonly auto: boolean;
  readonly waiting: number | null;
  readonly waitingSince?: string;
  readonly stuck?: Status["stuck"];
  readonly history: number;
  readonly relay: { readonly pid: number } | null;
  readonly backends: Status["backends"];
}

/** A stage with the state of a configuration. */
async function withState(
  yaml: string,
  play: (stage: Stage, state: string) => Promise<void>,
): Promise<void> {
  await onStage([], async (stage) => {
    const configPath = await stage.configure(yaml);
    await play(stage, await stateFolder({ env: stage.env, platform: "linux", configPath }));
  });
}

function statusWith(more: Partial<Status>): Status {
  return {
    version: 1,
    updatedAt: "2026-01-02T03:04:05.000Z",
    config: { path: "/c.yaml", stamp: "missing", auto: true, waitOnExitMs: 4_000 },
    backends: {},
    waiting: 0,
    ...more,
  };
}

const HOUR = 3_600_000;

/** Writes intents of sessions, each an hour older than the one before. Tells when the oldest was. */
async function leaveWaiting(state: string, ids: readonly string[], ms = 0): Promise<string> {
  const folder = outboxFolder(state);
  let at = new Date(Date.now() - ms);
  for (const [index, id] of ids.entries()) {
    const session = { agent: "opencode", store: "/home/me/opencode.db", id };
    const file = join(folder, await new Outbox(folder).write(session));
    at = new Date(Date.now() - ms - index * HOUR);
    await utimes(file, at, at);
  }
  return at.toISOString();
}

async function automatic({ archive }: Stage): Promise<Automatic> {
  const shown = await archive(["doctor", "--json"]);
  return shown.json<{ readonly automatic: Automatic }>().automatic;
}

describe("archive doctor on archiving by itself", () => {
  it("says that it is on and that nothing waits, where nothing was ever archived", () =>
    onStage([], async (stage) => {
      const { code, stdout } = await stage.archive(["doctor"]);
      assert.equal(code, 0, stdout);
      assert.match(
        stdout,
        /\narchiving by itself\n {2}✓ automatic +on, wherever the OpenCode plug/,
      );
      assert.match(stdout, /✓ background +no process now/);
      assert.match(stdout, /✓ waiting +nothing\n/);
      const { auto, waiting, history, relay, backends } = await automatic(stage);
      assert.deepEqual({ auto, waiting, history, relay }, {
        ...{ auto: true, waiting: 0, history: 0, relay: null },
      });
      assert.deepEqual(Object.keys(backends), ["default"]);
    }));

  it("says that the configuration switches it off, and what archives then", () =>
    withState(`${YAML}archive: {auto: false}\n`, async (stage) => {
      const { stdout } = await stage.archive(["doctor"]);
      assert.match(stdout, /✓ automatic +off, as the configuration says; only "archive run" arch/);
      assert.equal((await automatic(stage)).auto, false);
    }));

  it("tells how many sessions wait, since when, and what to do when nobody is at it", () =>
    withState(YAML, async (stage, state) => {
      const since = await leaveWaiting(state, ["ses_1", "ses_2", "ses_1"]);
      const { code, stdout } = await stage.archive(["doctor"]);
      assert.equal(code, 0, stdout);
      const told = since.slice(0, 16).replace("T", " ");
      assert.match(stdout, new RegExp(`– waiting +2 sessions, the oldest since ${told} UTC\\n`));
      assert.match(stdout, /→ "archive run" archives them now/);
      assert.match(stdout, /\nall good, 1 thing could be better\n$/);
      const { waiting, waitingSince } = await automatic(stage);
      assert.deepEqual([waiting, waitingSince], [2, since]);
      assert.equal((await new Outbox(outboxFolder(state)).names()).length, 3, "they still wait");
    }));

  it("says that somebody is needed when something has waited for longer than a day", () =>
    withState(YAML, async (stage, state) => {
      await leaveWaiting(state, ["ses_1"], 25 * HOUR);
      const { code, stdout } = await stage.archive(["doctor"]);
      assert.equal(code, 1);
      assert.match(stdout, /✗ waiting +1 session, the oldest since/);
      assert.match(stdout, /\n1 thing needs you\n$/);
    }));

  it("names the background process that is at it, once", () =>
    withState(YAML, async (stage, state) => {
      await leaveWaiting(state, ["ses_1"]);
      const lock = await acquireLock(lockPath(state), { purpose: "archiving", kind: "relay" });
      try {
        const { stdout } = await stage.archive(["doctor"]);
        assert.match(stdout, new RegExp(`✓ background +process ${process.pid} on .* since 2`));
        assert.match(stdout, /✓ waiting +1 session, the oldest since/);
        assert.match(stdout, /\nall good\n$/);
        assert.doesNotMatch(stdout, /✓ running/);
        assert.equal((await automatic(stage)).relay?.pid, process.pid);
      } finally {
        await lock.release();
      }
    }));

  it("tells the last success and failure of each backend, and when it is tried again", () =>
    withState(YAML, async (stage, state) => {
      const lastSuccess = { at: "2026-01-02T10:00:00Z", session: "ses_1", key: "p/2026-01-02/a" };
      const lastFailure = { at: "2026-01-02T11:00:00Z", code: "Timeout", message: "no answer" };
      const home = await realpath(stage.home);
      const backends = {
        near: { identity: `file:${home}/near`, failing: false, lastSuccess },
        far: {
          ...{ identity: `file:${home}/far`, failing: true, lastSuccess, lastFailure },
          nextTryAt: "2026-01-02T11:30:00Z",
        },
        gone: { identity: "gone", failing: true, lastFailure },
      };
      await writeStatus(state, statusWith({ backends }));
      const { stdout } = await stage.archive(["doctor"]);
      assert.match(stdout, /✓ into near +last archived 2026-01-02 10:00 UTC\n/);
      assert.match(
        stdout,
        /– into far +failed 2026-01-02 11:00 UTC: no answer; tried again 2026-01-02 11:30 UTC; last archived 2026-01-02 10:00 UTC\n/,
      );
      assert.doesNotMatch(stdout, /into gone/, "it is no longer configured");
      assert.deepEqual((await automatic(stage)).backends, {
        near: { ...backends.near, archived: 0 },
        far: { ...backends.far, archived: 0 },
      });
    }));

  it("tells of sessions that fail by themselves, and of older ones that only a run archives", () =>
    withState(YAML, async (stage, state) => {
      const last = {
        at: "2026-01-02T11:00:00Z",
        session: "ses_9",
        code: "Corrupt",
        message: "bad",
      };
      await writeStatus(
        state,
        statusWith({ history: { sessions: 12 }, stuck: { sessions: 2, last } }),
      );
      await leaveWaiting(state, ["ses_8", "ses_9"]);
      const { code, stdout } = await stage.archive(["doctor"]);
      assert.equal(code, 0);
      assert.match(stdout, /– stuck +2 sessions cannot .*ses_9 \(2026-01-02 11:00 UTC\): bad\n/);
      assert.match(stdout, /→ "archive run --session ses_9 --debug" tries it now/);
      assert.match(stdout, /✓ older +12 sessions from before the installation are not archived/);
      assert.match(stdout, /→ "archive run" archives them\n/);
      assert.equal((await automatic(stage)).history, 12);
      const outbox = new Outbox(outboxFolder(state));
      await outbox.remove(await outbox.names());
      const later = await stage.archive(["doctor"]);
      assert.doesNotMatch(later.stdout, /stuck/, "a run has archived them meanwhile");
      assert.equal((await automatic(stage)).stuck, undefined);
    }));

  it("says that it cannot tell where the outbox cannot be read", () =>
    withState(YAML, async (stage, state) => {
      await writeFile(outboxFolder(state), "");
      const { stdout } = await stage.archive(["doctor"]);
      assert.match(stdout, /· waiting +cannot be told: /);
      assert.equal((await automatic(stage)).waiting, null);
    }));
});
