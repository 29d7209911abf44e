import assert from "node:assert/strict";
import { describe, it } from "node:test";
import process from "node:process";
import type { StartOptions } from "../../../adapters/relay/start.ts";
import { lockPath, outboxFolder } from "../../../adapters/state/layout.ts";
import { stateFolder } from "../../../adapters/state/location.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import type { Status } from "../../../adapters/state/status.ts";
import { writeStatus } from "../../../adapters/state/status_writing.ts";
import { acquireLock } from "../state/acquire_lock.ts";
import { onStage, type Props, type Stage } from "./stage.ts";

const YAML = "backends:\n  near: {type: file, path: ~/near}\n  far: {type: file, path: ~/far}\n" +
  "default: [near, far]\n";

interface Json {
  readonly asked: readonly { readonly agent: string; readonly id: string }[];
  readonly missing: readonly string[];
  readonly relay: { readonly pid: number; readonly started: boolean } | null;
}

/** What a play has at hand. */
interface Scene extends Stage {
  readonly state: string;
  readonly configPath: string;
  readonly outbox: Outbox;
  /** What relays were started with. */
  readonly starts: readonly StartOptions[];
}

/** A stage on which some sessions wait; relays are not really started. */
async function withWaiting(
  ids: readonly string[],
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  await onStage([], async (stage) => {
    const configPath = await stage.configure(YAML);
    const state = await stateFolder({ env: stage.env, platform: "linux", configPath });
    const outbox = new Outbox(outboxFolder(state));
    for (const id of ids) await outbox.write(sessionOf(id));
    const starts: StartOptions[] = [];
    const startRelay: Props["startRelay"] = (options) => {
      starts.push(options);
      return Promise.resolve({ started: 4711, ended: new Promise(() => {}) });
    };
    const archive: Stage["archive"] = (argv, props) =>
      stage.archive(argv, { startRelay, ...props });
    await play({ ...stage, archive, state, configPath, outbox, starts });
  });
}

function sessionOf(id: string) {
  return { agent: "opencode", store: "/home/me/opencode.db", id };
}

/** The sessions that have an intent to be tried now. */
async function urgent({ outbox }: Scene): Promise<string[]> {
  const { sessions } = await outbox.waiting();
  return sessions.filter(({ now }) => now).map(({ session: { id } }) => id).sort();
}

function parkedStatus(ids: readonly string[]): Status {
  return {
    version: 1,
    updatedAt: "2026-01-02T03:04:05.000Z",
    config: { path: "/c.yaml", stamp: "missing", auto: true, waitOnExitMs: 4_000 },
    backends: {},
    waiting: ids.length,
    parked: {
      sessions: ids.length,
      list: ids.map((session) => ({
        ...{ agent: "opencode", session, backend: "far", since: "2026-01-02T03:00:00.000Z" },
        ...{ code: "Invalid", message: "it is too large" },
      })),
    },
  };
}

describe("archive retry", () => {
  it("asks for everything that waits, starts a process, and says where to look", () =>
    withWaiting(["ses_1", "ses_2", "ses_1"], async (scene) => {
      const before = await scene.outbox.names();
      const { code, stdout, stderr } = await scene.archive(["retry"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(
        stdout,
        "process 4711 was started in the background to try 2 sessions now; " +
          '"archive status" tells what comes of it\n',
      );
      assert.deepEqual(await urgent(scene), ["ses_1", "ses_2"]);
      const after = await scene.outbox.names();
      assert.equal(after.length, 5, "one new intent a session");
      assert.ok(before.every((name) => after.includes(name)), "who wrote them may wait for them");
      assert.deepEqual(
        scene.starts.map(({ state, config, env }) => [state, config, env?.HOME]),
        [[scene.state, undefined, scene.home]],
      );
    }));

  it("asks for those that are named, and starts the process on the configuration that is", () =>
    withWaiting(["ses_1", "ses_2", "ses_3"], async (scene) => {
      const argv = ["retry", "ses_1", "ses_3", "--config", scene.configPath];
      assert.equal((await scene.archive(argv)).code, 0);
      assert.deepEqual(await urgent(scene), ["ses_1", "ses_3"]);
      assert.deepEqual(scene.starts.map(({ config }) => config), [scene.configPath]);
    }));

  it("says of a session that does not wait how it is archived, and asks for the others", () =>
    withWaiting(["ses_1"], async (scene) => {
      const { code, stderr } = await scene.archive(["retry", "ses_1", "ses_9"]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        'error: session ses_9 does not wait; "archive run --session ses_9" archives it\n',
      );
      assert.deepEqual(await urgent(scene), ["ses_1"]);
      const alone = await scene.archive(["retry", "ses_9"]);
      assert.deepEqual([alone.code, alone.stdout, scene.starts.length], [1, "", 1]);
    }));

  it("asks with --parked for those alone, and with --backend for those parked there", () =>
    withWaiting(["ses_1", "ses_2", "ses_3"], async (scene) => {
      await writeStatus(scene.state, parkedStatus(["ses_2"]));
      assert.match(
        (await scene.archive(["retry", "--parked", "--backend", "near"])).stdout,
        /^not/,
      );
      assert.deepEqual(await urgent(scene), []);
      const { code, stdout } = await scene.archive(["retry", "--parked", "--backend", "far"]);
      assert.equal(code, 0);
      assert.match(stdout, /to try 1 session now/);
      assert.deepEqual(await urgent(scene), ["ses_2"]);
    }));

  it("names the process that is at work already, and a backend that is left alone", () =>
    withWaiting(["ses_1"], async (scene) => {
      const lock = await acquireLock(lockPath(scene.state), {
        purpose: "archiving",
        kind: "relay",
      });
      try {
        const { list: [{ message }] = [] } = parkedStatus(["x"]).parked ?? {};
        const far = {
          identity: `file:${scene.home}/far`,
          failing: true,
          lastFailure: { at: "2026-01-02T03:00:00.000Z", code: "Timeout", message },
          nextTryAt: "2026-01-02T03:10:00.000Z",
        };
        await writeStatus(scene.state, { ...parkedStatus([]), backends: { far } });
        const { code, stdout, stderr } = await scene.archive(["retry"], {
          startRelay: () => Promise.resolve({ running: lock.holder }),
        });
        assert.equal(code, 0);
        assert.match(
          stdout,
          new RegExp(`^process ${process.pid} in the background is asked to try 1 session now; `),
        );
        assert.equal(
          stderr,
          'note: far fails and is tried 2026-01-02 03:10 UTC again; "archive run" tries it at once\n',
        );
      } finally {
        await lock.release();
      }
    }));

  it("fails where no process can be had, and says what to do", () =>
    withWaiting(["ses_1"], async (scene) => {
      const startRelay = () => Promise.resolve({ failed: new Error("spawn: no memory") });
      const { code, stdout, stderr } = await scene.archive(["retry"], { startRelay });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^error: no process could .*: spawn: no memory; "archive run" archives/);
    }));

  it("says that nothing waits, and starts nothing", () =>
    withWaiting([], async (scene) => {
      const { code, stdout } = await scene.archive(["retry"]);
      assert.deepEqual([code, stdout], [0, "nothing waits\n"]);
      assert.equal((await scene.archive(["retry", "--parked"])).stdout, "nothing is parked\n");
      assert.deepEqual(scene.starts, []);
    }));

  it("tells all in JSON", () =>
    withWaiting(["ses_1"], async (scene) => {
      const shown = await scene.archive(["retry", "ses_1", "ses_9", "--json"]);
      assert.equal(shown.code, 1);
      assert.deepEqual(shown.json<Json>(), {
        asked: [{ agent: "opencode", id: "ses_1" }],
        missing: ["ses_9"],
        relay: { pid: 4711, started: true },
      });
      assert.equal(JSON.parse(shown.stderr).error.code, "NotFound");
    }));

  it("refuses what excludes each other, and a wrong configuration", () =>
    withWaiting(["ses_1"], async (scene) => {
      const wrong = ["--parked ses_1", "--backend near"];
      for (const argv of wrong) {
        const { code, stderr } = await scene.archive(["retry", ...argv.split(" ")]);
        assert.equal(code, 2);
        assert.match(stderr, /leave (it|--backend) out/);
      }
      await scene.configure("backends: 5\n");
      assert.equal((await scene.archive(["retry"])).code, 2);
      assert.deepEqual(await urgent(scene), []);
    }));
});
