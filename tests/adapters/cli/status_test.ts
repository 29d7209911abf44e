import assert from "node:assert/strict";
import { readdir, readFile, realpath, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { ledgerPath, lockPath, outboxFolder, statusPath } from "../../../adapters/state/layout.ts";
import { FileLedger } from "../../../adapters/state/ledger.ts";
import { stateFolder } from "../../../adapters/state/location.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { configStamp } from "../../../adapters/state/stamps.ts";
import type { BackendStatus, Status } from "../../../adapters/state/status.ts";
import { writeStatus } from "../../../adapters/state/status_writing.ts";
import { acquireLock } from "../state/acquire_lock.ts";
import { entry } from "../state/temporary.ts";
import { onStage, session, type Stage } from "./stage.ts";

const YAML = "backends:\n  near: {type: file, path: ~/near}\n  far: {type: file, path: ~/far}\n" +
  "default: [near, far]\n";
const HOUR = 3_600_000;

/** What `status --json` tells. */
interface Json {
  readonly well: boolean;
  readonly summary: string;
  readonly config: { readonly path: string; readonly exists: boolean; readonly problem?: string };
  readonly auto: boolean | null;
  readonly archived: { readonly sessions: number; readonly copies: number } | null;
  readonly waiting: number | null;
  readonly waitingSince?: string;
  readonly stuck?: Status["stuck"];
  readonly parked: NonNullable<Status["parked"]>;
  readonly openWrites: readonly { readonly backend: string; readonly key: string }[];
  readonly history: number;
  readonly relay: { readonly pid: number; readonly since: string } | null;
  readonly log: string;
  readonly backends: Readonly<
    Record<string, BackendStatus & { readonly archived: number | null; readonly problem?: string }>
  >;
  readonly untold: readonly { readonly check: string }[];
}

interface Scene extends Stage {
  readonly state: string;
  readonly configPath: string;
  /** Runs `status`, and gives what it says to people and to programs. */
  status(...argv: string[]): Promise<{ code: number; stdout: string; json: Json }>;
}

/** A stage with two backends and the folder of its state. */
function withState(play: (scene: Scene) => Promise<void>): Promise<void> {
  return onStage([session("one"), session("two")], async (stage) => {
    const configPath = await stage.configure(YAML);
    const state = await stateFolder({ env: stage.env, platform: "linux", configPath });
    const status: Scene["status"] = async (...argv) => {
      const shown = await stage.archive(["status", ...argv]);
      const json = await stage.archive(["status", "--json", ...argv]);
      assert.equal(json.code, shown.code);
      return { code: shown.code, stdout: shown.stdout, json: json.json<Json>() };
    };
    await play({ ...stage, state, configPath, status });
  });
}

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** Leaves intents of sessions, written some time ago. */
async function leaveWaiting(state: string, ids: readonly string[], ms = 0): Promise<void> {
  const folder = outboxFolder(state);
  for (const id of ids) {
    const store = "/home/me/opencode.db";
    const file = join(folder, await new Outbox(folder).write({ agent: "opencode", store, id }));
    const at = new Date(Date.now() - ms);
    await utimes(file, at, at);
  }
}

/** What the relay says of itself. */
async function say({ state, configPath }: Scene, more: Partial<Status>): Promise<void> {
  const config = { path: configPath, stamp: await configStamp(configPath), auto: true };
  await writeStatus(state, {
    ...{ version: 1, updatedAt: ago(0), backends: {}, waiting: 0 },
    config: { ...config, waitOnExitMs: 4_000 },
    ...more,
  });
}

async function failingFar(home: string, more: Partial<BackendStatus> = {}) {
  return {
    far: {
      ...{ identity: `file:${await realpath(home)}/far`, failing: true },
      lastFailure: { at: "2026-01-02T11:00:00.000Z", code: "Timeout", message: "no answer" },
      ...more,
    },
  };
}

const parked = (session: string, backend = "far") => ({
  ...{ agent: "opencode", session, backend, since: "2026-01-02T11:00:00.000Z" },
  ...{ code: "Invalid", message: "it is too large" },
});

const firstLine = (text: string) => text.split("\n")[0];

describe("archive status, when all is well", () => {
  it("says in its first line that all is, and how much is archived", () =>
    withState(async ({ archive, status, configPath, state }) => {
      assert.equal((await archive([])).code, 0);
      const { code, stdout, json } = await status();
      assert.equal(code, 0);
      assert.equal(firstLine(stdout), "all is well: 2 sessions archived, nothing waits");
      assert.match(stdout, /✓ archived +2 sessions in 4 copies\n/);
      assert.match(stdout, /✓ into near +2 copies\n/);
      assert.ok(stdout.includes(configPath) && stdout.includes(join(state, "relay.log")));
      assert.deepEqual([json.well, json.summary], [true, firstLine(stdout)]);
      assert.deepEqual(json.archived, { sessions: 2, copies: 4 });
      assert.deepEqual([json.backends.near?.archived, json.backends.far?.archived], [2, 2]);
      assert.deepEqual([json.waiting, json.relay, json.parked.list], [0, null, []]);
      assert.deepEqual(json.config, { path: configPath, exists: true });
      assert.equal(json.log, join(state, "relay.log"));
      await archive(["delete", "one", "--yes", "--backend", "far"]);
      assert.deepEqual((await status()).json.archived, { sessions: 2, copies: 3 });
    }));

  it("says what to do where nothing was ever archived, and makes nothing", () =>
    onStage([], async ({ archive, home }) => {
      const { code, stdout, stderr } = await archive(["status"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(firstLine(stdout), "nothing archived yet, nothing waits");
      assert.match(stdout, /→ "archive run" archives what there is/);
      assert.match(stdout, /configuration +\S+\.yaml \(not there: everything goes to the default/);
      assert.deepEqual(await readdir(home), []);
    }));

  it("with --backend is about that one alone", () =>
    withState(async (scene) => {
      const { archive, status, home } = scene;
      await archive(["--backend", "near"]);
      await say(scene, { backends: await failingFar(home) });
      const { json } = await status("--backend", "near");
      assert.deepEqual(Object.keys(json.backends), ["near"]);
      assert.deepEqual(json.archived, { sessions: 2, copies: 2 });
      const { json: far } = await status("--backend", "far");
      assert.deepEqual(far.archived, { sessions: 0, copies: 0 });
      assert.equal((await archive(["status", "--backend", "fra"])).code, 2);
    }));

  it("with --quiet is its first line alone", () =>
    withState(async ({ archive }) => {
      const { stdout } = await archive(["status", "--quiet"]);
      assert.equal(stdout, "nothing archived yet, nothing waits\n");
    }));

  it("names the process that is at it, and changes nothing", () =>
    withState(async ({ state, status }) => {
      await leaveWaiting(state, ["ses_1"]);
      const lock = await acquireLock(lockPath(state), { purpose: "archiving", kind: "relay" });
      try {
        const before = await contents(state);
        const { code, stdout, json } = await status();
        assert.equal(code, 0);
        assert.equal(firstLine(stdout), "nothing archived yet, 1 waits");
        assert.match(stdout, new RegExp(`✓ background +process ${process.pid} on .* since 2`));
        assert.deepEqual([json.relay?.pid, json.relay?.since], [process.pid, lock.holder.since]);
        assert.deepEqual(await contents(state), before);
      } finally {
        await lock.release();
      }
    }));

  it("tells of a backend that fails why, since when what waits for it does, and when it is tried", () =>
    withState(async (scene) => {
      const { archive, state, status, home } = scene;
      await archive([]);
      await leaveWaiting(state, ["ses_1", "ses_2"], HOUR);
      const waitingSince = ago(3 * HOUR);
      const nextTryAt = "2026-01-02T11:30:00.000Z";
      const pause = { until: nextTryAt, files: {} };
      const backends = await failingFar(home, { waiting: 2, waitingSince, nextTryAt, pause });
      await say(scene, { backends, waiting: 2 });
      const { code, stdout, json } = await status();
      assert.equal(code, 0);
      assert.equal(firstLine(stdout), "waiting for far: 2 sessions archived, 2 wait");
      assert.match(
        stdout,
        /– into far +failed 2026-01-02 11:00 UTC: no answer; tried again 2026-01-02 11:30 UTC; 2 sessions wait for it since /,
      );
      assert.match(stdout, /→ mend that: it is tried again as soon as/);
      assert.match(
        stdout,
        /– waiting +2 sessions, the oldest since .*\n +→ "archive run" archives/,
      );
      assert.equal(json.waitingSince, waitingSince, "newer intents took the place of older ones");
      const { archived: _, ...far } = json.backends.far ?? {};
      assert.deepEqual(far, backends.far);
    }));

  it("believes nothing that was said of another place of the same name", () =>
    withState(async (scene) => {
      const backends = await failingFar(join(scene.home), { identity: "file:/elsewhere" });
      await say(scene, { backends });
      const { json } = await scene.status();
      assert.equal(json.backends.far?.failing, false);
      assert.equal(json.backends.far?.lastFailure, undefined);
    }));

  it("names writes whose end is not known", () =>
    withState(async ({ state, status, home }) => {
      const ledger = await FileLedger.open(ledgerPath(state));
      const backend = `file:${await realpath(home)}/far`;
      const key = "p/2026-01-02/ses_1.json";
      await ledger.sending({ backend, key, sha256: "ab".repeat(32) });
      await ledger.close();
      const { code, stdout, json } = await status();
      assert.equal(code, 0);
      assert.match(stdout, /✓ writes +1 write under way or of unknown end, the oldest into far \(/);
      assert.deepEqual(json.openWrites.map(({ backend, key }) => [backend, key]), [["far", key]]);
    }));
});

describe("archive status, when somebody is needed", () => {
  it("exits with 1 when something has waited for longer than a day", () =>
    withState(async ({ archive, state, status }) => {
      await archive([]);
      await leaveWaiting(state, ["ses_1"], 23 * HOUR);
      assert.equal((await status()).code, 0);
      await leaveWaiting(state, ["ses_2"], 25 * HOUR);
      const { code, stdout, json } = await status();
      assert.deepEqual([code, json.well], [1, false]);
      assert.match(
        firstLine(stdout),
        /^not well: 2 sessions not archived, the oldest since 20.* UTC$/,
      );
      assert.match(stdout, /✗ waiting +2 sessions/);
    }));

  it("exits with 1 when something is parked, and names it with its reason", () =>
    withState(async (scene) => {
      const { state, status } = scene;
      await leaveWaiting(state, ["ses_1", "ses_2"]);
      const list = [parked("ses_1"), parked("ses_2", "near")];
      await say(scene, { parked: { sessions: 2, list }, waiting: 2 });
      const { code, stdout, json } = await status();
      assert.equal(code, 1);
      assert.equal(firstLine(stdout), "not well: 2 sessions parked");
      assert.match(
        stdout,
        /✗ parked +2 .*; ses_1 into far \(2026-01-02 11:00 UTC\): it is too larg/,
      );
      assert.match(stdout, /→ "archive retry --parked" has them tried again/);
      assert.deepEqual(json.parked, { sessions: 2, list });
      assert.deepEqual((await status("--backend", "near")).json.parked, {
        sessions: 1,
        list: [list[1]],
      });
    }));

  it("forgets what was parked or stuck once a run has archived it", () =>
    withState(async (scene) => {
      const { archive, status } = scene;
      await archive([]);
      const last = { at: ago(0), session: "one", code: "Corrupt", message: "bad" };
      const list = [{ ...parked("one"), agent: "memory" }, parked("never")];
      await say(scene, { parked: { sessions: 2, list }, stuck: { sessions: 1, last }, waiting: 2 });
      const { json } = await status();
      assert.deepEqual(json.parked, { sessions: 1, list: [parked("never")] });
      assert.equal(json.stuck, undefined);
    }));

  it("does not forget what is parked with a later state than was archived", () =>
    withState(async (scene) => {
      const { archive, state, status } = scene;
      await archive([]);
      const list = [{ ...parked("one"), agent: "memory" }];
      await say(scene, { parked: { sessions: 1, list }, waiting: 1 });
      const store = join(scene.home, "store");
      await new Outbox(outboxFolder(state)).write({ agent: "memory", store, id: "one" });
      assert.deepEqual((await status()).json.parked, { sessions: 1, list });
    }));

  it("exits with 1 on a configuration that cannot be used, and still tells what waits", () =>
    withState(async ({ archive, configure, state, status }) => {
      await archive([]);
      await leaveWaiting(state, ["ses_1"]);
      await configure("backends: 5\n");
      const { code, stdout, json } = await status();
      assert.equal(code, 1);
      assert.equal(firstLine(stdout), "not well: the configuration cannot be used");
      assert.match(stdout, /✗ automatic +sessions wait: .*backends/);
      assert.match(json.config.problem ?? "", /backends/);
      assert.deepEqual([json.waiting, json.auto], [1, null]);
    }));

  it("exits with 1 when the background process cannot use it, unless it changed since", () =>
    withState(async (scene) => {
      const { configPath, state, status } = scene;
      await leaveWaiting(state, ["ses_1"]);
      const config = {
        path: configPath,
        auto: true,
        waitOnExitMs: 4_000,
        problem: "SECRET is unset",
      };
      await say(scene, { config: { ...config, stamp: await configStamp(configPath) } });
      const { code, stdout } = await status();
      assert.equal(code, 1);
      assert.match(stdout, /✗ automatic +sessions wait: SECRET is unset\n +→ .*environment/);
      await say(scene, { config: { ...config, stamp: "another" } });
      assert.equal((await status()).code, 0);
    }));

  it("exits with 1 on a backend that cannot be opened", () =>
    withState(async ({ configure, status }) => {
      await configure("backends:\n  a: {type: s3, bucket: my-bucket, profile: missing}\n");
      const { code, stdout, json } = await status();
      assert.equal(code, 1);
      assert.equal(firstLine(stdout), "not well: a cannot be opened");
      assert.match(json.backends.a?.problem ?? "", /missing/);
    }));

  it("exits with 1 where the outbox or the ledger cannot be read, and tells the rest", () =>
    withState(async ({ state, status }) => {
      await writeFile(outboxFolder(state), "");
      const { code, stdout, json } = await status();
      assert.equal(code, 1);
      assert.equal(firstLine(stdout), "not well: what waits cannot be told");
      assert.match(stdout, /· waiting +cannot be told: /);
      assert.deepEqual([json.waiting, json.archived], [null, { sessions: 0, copies: 0 }]);
      const later = '{"format":"opencode-session-archiver-ledger","version":99}\n';
      await writeFile(ledgerPath(state), later);
      assert.equal((await status()).json.archived, null);
    }));

  for (const text of ['{"version":2,"parked":{"sessions":1}}', "{"]) {
    it(`exits with 1 where the background process has said ${text}`, () =>
      withState(async ({ archive, state, status }) => {
        await archive([]);
        await writeFile(statusPath(state), text);
        const { code, stdout, json } = await status();
        assert.equal(code, 1);
        assert.equal(firstLine(stdout), "not well: what is parked cannot be told");
        assert.match(stdout, /· parked +cannot be told: .*status\.json/);
        assert.deepEqual(json.archived, { sessions: 2, copies: 4 });
      }));
  }

  it("exits with 2 when the configuration's name is none, and 1 when the file is not there", () =>
    withState(async ({ archive }) => {
      assert.equal((await archive(["status", "--config", ""])).code, 2);
      const { code, stdout } = await archive(["status", "--config", "/nowhere/a.yaml"]);
      assert.equal(code, 1);
      assert.equal(firstLine(stdout), "not well: the configuration cannot be used");
    }));
});

describe("archive status, on a large archive", () => {
  it("answers from 5,000 rows of the ledger in well under a second", () =>
    withState(async ({ archive, state, home }) => {
      const ledger = await FileLedger.open(ledgerPath(state));
      const backend = `file:${await realpath(home)}/near`;
      await Promise.all(
        Array.from(
          { length: 5_000 },
          (_, index) => ledger.record(entry(`ses_${index}`, { backend })),
        ),
      );
      await ledger.close();
      await archive(["status"]);
      const start = performance.now();
      const { stdout } = await archive(["status"]);
      const ms = performance.now() - start;
      assert.equal(firstLine(stdout), "all is well: 5,000 sessions archived, nothing waits");
      assert.ok(ms < 1_000, `it took ${Math.round(ms)} ms`);
    }));
});

/** Every file below a folder, with its content and time. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    const isFolder = (await stat(path)).isDirectory();
    // Looking at a lock makes a file for a moment, so folders' times may change.
    files[name] = isFolder ? "" : `${mtimeMs} ${await readFile(path, "utf8")}`;
  }
  return files;
}
