/**
 * The relay as it is really started: a process of its own, on this runtime.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { runtimeOpener } from "../../../adapters/agents/opencode/sqlite.ts";
import {
  type StartOptions,
  startRelay,
  startRelayInWorker,
} from "../../../adapters/relay/start.ts";
import { takeOver } from "../../../adapters/state/handover.ts";
import {
  lockPath,
  outboxFolder,
  relayLogPath,
  statusPath,
} from "../../../adapters/state/layout.ts";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import { configPath, dataFolder, stateFolder } from "../../../adapters/state/location.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { accessStamp } from "../../../adapters/state/stamps.ts";
import { readStatus } from "../../../adapters/state/status.ts";
import { writeOpenCodeDatabase, type WrittenSession } from "../../fixtures/opencode_database.ts";
import { LANE_FLAGS } from "../../lane_config.ts";
import { withFake } from "../../s3/with_fake.ts";
import { hurry, lives, signal } from "../../processes.ts";
import { removeFolder } from "../../remove_folder.ts";
import { environmentIn } from "../../throwaway_home.ts";
import { type Look, until } from "../../until.ts";

const hasSqlite = await runtimeOpener().then(() => true, () => false);
/** Elsewhere the relay can only run from what is built of it. */
const runsSource = "Deno" in globalThis || "Bun" in globalThis ||
  "typescript" in process.features && Boolean(process.features.typescript);
const skip = !hasSqlite || !runsSource;

/** A throw-away home with an OpenCode in it. */
interface Home {
  readonly env: Readonly<Record<string, string>>;
  readonly state: string;
  readonly archives: string;
  readonly store: string;
  readonly sessions: readonly WrittenSession[];
  readonly outbox: Outbox;
  start(lingerMs?: number, changes?: Partial<StartOptions>): ReturnType<typeof startRelay>;
  log(): Promise<string>;
  /** Waits for something; a failure shows the log. */
  until<T>(what: string, look: Look<T>): Promise<T>;
}

async function atHome(
  play: (home: Home) => Promise<void>,
  { sessions: count = 1, bytes, givesWay = false }: {
    readonly sessions?: number;
    readonly bytes?: number;
    /** Whether the relay has the priority that it was started with. */
    readonly givesWay?: boolean;
  } = {},
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "archive-relay-"));
  const env = environmentIn(home);
  const store = join(env.XDG_DATA_HOME, "opencode", "opencode.db");
  const where = { env, platform: process.platform };
  const state = await stateFolder({ ...where, configPath: configPath(where) });
  const sessions = await writeOpenCodeDatabase(store, {
    sessions: [{ count, ...(bytes !== undefined && { bytesPerSession: bytes }) }],
  });
  const archives = dataFolder(where);
  const yaml = configured(archives);
  await mkdir(dirname(configPath(where)), { recursive: true });
  await writeFile(configPath(where), yaml, { mode: 0o600 });
  const log = () => readFile(relayLogPath(state), "utf8").catch(() => "");
  // Starting a relay keeps no process alive.
  const awake = setInterval(() => {}, 60_000);
  try {
    await play({
      env,
      state,
      store,
      sessions,
      archives,
      outbox: new Outbox(outboxFolder(state)),
      start: async (lingerMs = 200, changes) => {
        const outcome = await startRelay({ state, env, lingerMs, flags: LANE_FLAGS, ...changes });
        if ("started" in outcome && !givesWay) await hurry(outcome.started);
        return outcome;
      },
      log,
      until: (what, look) => until(what, look, undefined, log),
    });
  } finally {
    clearInterval(awake);
    const holder = await lockHolder(lockPath(state));
    if (holder !== undefined && holder.pid !== process.pid) signal(holder.pid, "SIGKILL");
    await removeFolder(home);
  }
}

describe("the relay's process", { skip }, () => {
  it("archives what waits, empties the outbox, and ends", () =>
    atHome(async ({ state, store, sessions: [{ id }], archives, outbox, start, log, until }) => {
      await outbox.write({ agent: "opencode", store, id });
      const outcome = await start();
      assert.ok("started" in outcome, JSON.stringify(outcome));
      await until("it is up", () => lockHolder(lockPath(state)));
      await until("the outbox is empty", async () => (await outbox.names()).length === 0);
      const files = await readdir(archives, { recursive: true });
      assert.ok(files.some((file) => file.endsWith(`${id}.json`)), `${files}`);
      await until("the lock is free", async () => await free(state));
      await until("the process is gone", () => !lives(outcome.started));
      const status = await readStatus(state);
      assert.equal(status?.waiting, 0);
      assert.equal(status?.backends.default?.lastSuccess?.session, id);
      assert.doesNotMatch(await log(), /a fault of/);
    }));

  it("takes what changed since its host began, though nothing waits, also while that is wrong", () =>
    atHome(async ({ env, state, sessions, archives, start, until }) => {
      const file = configPath({ env, platform: process.platform });
      const yaml = await readFile(file, "utf8");
      await writeFile(file, "backends: 5\n");
      const since = Date.UTC(2025, 0, 1);
      assert.ok("started" in await start(200, { since }));
      await until("it says what is wrong", async () => (await readStatus(state))?.config.problem);
      await until("the lock is free", async () => await free(state));
      await writeFile(file, yaml);
      assert.ok("started" in await start(200, { since: Date.now() }));
      await until("all are archived", async () => {
        const files = await readdir(archives, { recursive: true }).catch(() => []);
        return sessions.every(({ id }) => files.some((name) => name.endsWith(`${id}.json`)));
      });
    }, { sessions: 3 }));

  it("leaves to others what it never had where the environment names its configuration", () =>
    atHome(async ({ env, archives, start, sessions: [{ id }], store }) => {
      const config = join(env.HOME, "client.yaml");
      await writeFile(config, configured(archives), { mode: 0o600 });
      const named = { ...env, SESSION_ARCHIVER_CONFIG: config };
      const state = await stateFolder({ env, platform: process.platform, configPath: config });
      await new Outbox(outboxFolder(state)).write({ agent: "opencode", store, id });
      const since = Date.UTC(2025, 0, 1);
      const outcome = await start(0, { env: named, state, since });
      assert.ok("started" in outcome);
      assert.equal(await outcome.ended, undefined);
      const files = await readdir(archives, { recursive: true });
      assert.deepEqual(
        files.filter((file) => file.endsWith(".json")).map((file) => basename(file)),
        [`${id}.json`],
      );
    }, { sessions: 3 }));

  it("is not started twice", () =>
    atHome(async ({ state, start, log }) => {
      const first = await start(60_000);
      assert.ok("started" in first);
      await until("it is up", () => lockHolder(lockPath(state)));
      const second = await start();
      assert.ok("running" in second && second.running.pid === first.started, await log());
    }));

  it("gives the lock to a command and takes it back", () =>
    atHome(async ({ state, store, sessions: [{ id }], outbox, start, until }) => {
      assert.ok("started" in await start(60_000));
      await until("it is up", () => lockHolder(lockPath(state)));
      const lock = await takeOver(state, { purpose: "testing" });
      await outbox.write({ agent: "opencode", store, id });
      await lock.release();
      await until("the outbox is empty", async () => (await outbox.names()).length === 0);
      assert.equal((await lockHolder(lockPath(state)))?.kind, "relay");
    }));

  it(
    "gives way to all that somebody waits for",
    { skip: process.platform !== "linux" },
    () =>
      atHome(async ({ start }) => {
        const outcome = await start(60_000);
        assert.ok("started" in outcome);
        assert.equal(getPriority(outcome.started), 5);
        const group = await readFile(`/proc/${outcome.started}/autogroup`, "utf8").catch(() => "");
        const own = await readFile("/proc/self/autogroup", "utf8").catch(() => "");
        if (group !== "") assert.match(group, / nice 5$/m);
        assert.doesNotMatch(own, / nice 5$/m);
        signal(outcome.started, "SIGKILL");
      }, { givesWay: true }),
  );

  it("says in the log why it cannot even start, and that it ended so", () =>
    atHome(async ({ env, state, start, log }) => {
      const noPlace = { ...env, XDG_STATE_HOME: join(state, "file") };
      await writeFile(noPlace.XDG_STATE_HOME, "");
      const outcome = await start(200, { env: noPlace });
      assert.ok("started" in outcome);
      assert.match(`${await outcome.ended}`, /broke off \(1\); see .*relay\.log/);
      assert.match(await log(), /^\S+Z cannot start: cannot make the folder .*ENOTDIR/m);
    }));

  it("ends without a fault when there is nothing to do", () =>
    atHome(async ({ state, start }) => {
      const outcome = await start(0);
      assert.ok("started" in outcome);
      assert.equal(await outcome.ended, undefined);
      assert.ok(await free(state));
    }));

  it("is followed by one that finishes what it was killed over", () =>
    atHome(async ({ state, store, sessions, archives, outbox, start, until }) => {
      for (const { id } of sessions) await outbox.write({ agent: "opencode", store, id });
      const first = await start();
      assert.ok("started" in first);
      const some = async () => (await outbox.names()).length < sessions.length;
      await until("some are archived", some);
      signal(first.started, "SIGKILL");
      await until("it is gone", () => !lives(first.started));
      const second = await start();
      assert.ok("started" in second, JSON.stringify(second));
      await until("the outbox is empty", async () => (await outbox.names()).length === 0);
      const files = (await readdir(archives, { recursive: true }))
        .filter((file) => file.endsWith(".json"));
      assert.equal(files.length, sessions.length);
      await until("the lock is free", async () => await free(state));
    }, { sessions: 40, bytes: 200_000 }));

  it(
    "ends quickly on SIGTERM and leaves no lock",
    { skip: process.platform === "win32" },
    () =>
      atHome(async ({ state, start, until }) => {
        const outcome = await start(60_000);
        assert.ok("started" in outcome);
        await until("it is up", () => lockHolder(lockPath(state)));
        const before = performance.now();
        signal(outcome.started, "SIGTERM");
        await until("the process is gone", () => !lives(outcome.started));
        assert.ok(performance.now() - before < 3_000);
        assert.ok(!(await readdir(state)).includes("lock"));
      }),
  );

  it("says what is wrong with the configuration, and goes on when it is right", () =>
    atHome(async ({ env, state, store, sessions: [{ id }], archives, outbox, start, until }) => {
      const config = configPath({ env, platform: process.platform });
      await writeFile(config, "backends: {default: {type: file}}\n", { mode: 0o600 });
      await outbox.write({ agent: "opencode", store, id });
      assert.ok("started" in await start(500));
      const problem = async () => (await readStatus(state))?.config.problem;
      await until("the problem is told", async () => await problem() !== undefined);
      assert.match(await problem() ?? "", /backends\.default\.path/);
      assert.equal((await outbox.names()).length, 1);
      await writeFile(config, configured(archives), { mode: 0o600 });
      await until("the outbox is empty", async () => (await outbox.names()).length === 0);
      await until("the lock is free", async () => await free(state));
      assert.equal(await problem(), undefined);
    }));

  it("sends nothing to the default folder while the configuration is gone, nor does the next", () =>
    atHome(async ({ env, state, store, sessions, archives, outbox, start, log, until }) => {
      const config = configPath({ env, platform: process.platform });
      const disk = join(env.HOME, "disk");
      const yaml = configured(disk);
      const wait = ({ id }: WrittenSession) => outbox.write({ agent: "opencode", store, id });
      const done = async () => (await outbox.names()).length === 0;
      const problem = async () => (await readStatus(state))?.config.problem ?? "";
      const waitings = async () => (await log()).match(/all sessions wait: .* is gone/g)?.length;
      await writeFile(config, yaml);
      await wait(sessions[0]);
      const outcome = await start(60_000);
      assert.ok("started" in outcome);
      await until("the first one is archived", done);
      await rm(config);
      await wait(sessions[1]);
      await until("it says so", async () => /is gone.*put it back/.test(await problem()));
      signal(outcome.started, "SIGTERM");
      await until("the lock is free", async () => await free(state));
      await wait(sessions[2]);
      assert.ok("started" in await start());
      await until("the next one says so", async () => await waitings() === 2);
      await until("the lock is free", async () => await free(state));
      assert.equal((await outbox.names()).length, 2);
      await assert.rejects(readdir(archives), /ENOENT/);
      await writeFile(config, yaml);
      assert.ok("started" in await start());
      await until("all are archived", done);
      await until("the lock is free", async () => await free(state));
      const files = await readdir(disk, { recursive: true });
      for (const { id } of sessions) assert.ok(files.some((name) => name.endsWith(`${id}.json`)));
      await assert.rejects(readdir(archives), /ENOENT/);
    }, { sessions: 3 }));

  it("speaks to who gave it the configuration's name in the plugin's options", () =>
    atHome(async ({ env, start, until }) => {
      const config = join(env.HOME, "none.yaml");
      const state = await stateFolder({ env, platform: process.platform, configPath: config });
      assert.ok("started" in await start(0, { config, state }));
      const problem = async () => (await readStatus(state))?.config.problem;
      assert.equal(
        await until("it is told", problem),
        `${config}: does not exist, and the plugin's option config names it; make it, or name ` +
          "another one",
      );
      await until("the lock is free", async () => await free(state));
    }));

  it("goes by the default folder where the file that is gone never could be used", () =>
    atHome(async ({ env, state, store, sessions: [{ id }], archives, outbox, start, until }) => {
      const config = configPath({ env, platform: process.platform });
      const problem = async () => (await readStatus(state))?.config.problem;
      await writeFile(config, "");
      await outbox.write({ agent: "opencode", store, id });
      assert.ok("started" in await start());
      await until("it is told", async () => /is empty/.test(await problem() ?? ""));
      await until("the lock is free", async () => await free(state));
      await rm(config);
      assert.ok("started" in await start());
      await until("it is archived", async () => (await outbox.names()).length === 0);
      const files = await readdir(archives, { recursive: true });
      assert.ok(files.some((name) => name.endsWith(`${id}.json`)));
      await until("the lock is free", async () => await free(state));
      assert.equal(await problem(), undefined);
    }));

  it("sends to a bucket and to a folder, while another bucket is dead, and keeps secrets", () =>
    withFake(
      (fake) =>
        atHome(async ({ env, state, store, sessions, archives, outbox, start, log, until }) => {
          const { endpoint, credentials } = fake;
          const s3 = { type: "s3", region: "us-east-1", forcePathStyle: true, credentials };
          const backends = {
            disk: { type: "file", path: archives },
            bucket: { ...s3, bucket: "archives", endpoint },
            dead: { ...s3, bucket: "archives", endpoint: "http://127.0.0.1:9" },
          };
          const yaml = JSON.stringify({ backends, default: ["dead", "bucket", "disk"] });
          const config = configPath({ env, platform: process.platform });
          await writeFile(config, yaml, { mode: 0o600 });
          for (const { id } of sessions) await outbox.write({ agent: "opencode", store, id });
          const outcome = await start();
          assert.ok("started" in outcome);
          const status = async () => (await readStatus(state))?.backends;
          await until("the dead one is left alone", async () => {
            const { bucket, dead, disk } = await status() ?? {};
            return Boolean(bucket?.lastSuccess && disk?.lastSuccess && dead?.nextTryAt);
          });
          const { bucket, dead } = await status() ?? {};
          assert.equal(bucket?.failing, false);
          assert.equal(dead?.failing, true);
          assert.match(dead?.lastFailure?.message ?? "", /127\.0\.0\.1:9/);
          assert.equal((await outbox.names()).length, sessions.length);
          const puts = fake.requests.filter(({ method }) => method === "PUT");
          assert.equal(puts.length, sessions.length);
          const told = await log() + await readFile(statusPath(state), "utf8");
          assert.ok(!told.includes(credentials.secretAccessKey));
          assert.doesNotMatch(told, /a fault of/);
          signal(outcome.started, "SIGTERM");
          await until("the lock is free", async () => await free(state));
        }, { sessions: 5 }),
      { buckets: ["archives"] },
    ));

  it("says what it waits for where a store refuses its keys, and does not stay for that", () =>
    withFake(
      (fake) =>
        atHome(async ({ env, state, store, sessions: [{ id }], outbox, start, until }) => {
          const { endpoint, region, credentials: { accessKeyId, secretAccessKey } } = fake;
          const place = { bucket: "archives", endpoint, region, forcePathStyle: true };
          const backends = { bucket: { type: "s3", ...place, profile: "work" } };
          const config = configPath({ env, platform: process.platform });
          await writeFile(config, JSON.stringify({ backends }), { mode: 0o600 });
          const file = join(env.HOME, ".aws", "credentials");
          const keys = (secret: string) =>
            writeFile(
              file,
              `[work]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`,
            );
          await mkdir(dirname(file), { recursive: true });
          await keys("another");
          await outbox.write({ agent: "opencode", store, id });
          assert.ok("started" in await start(5_000));
          const told = async () => (await readStatus(state))?.backends.bucket;
          const { pause, nextTryAt, lastFailure, waiting } = await until(
            "it is told",
            async () => (await told())?.pause && await told(),
          );
          assert.deepEqual(Object.keys(pause?.files ?? {}), [
            join(env.HOME, ".aws", "config"),
            file,
          ]);
          assert.equal(pause?.files[file], await accessStamp(file));
          assert.equal(pause?.until, nextTryAt);
          assert.deepEqual([lastFailure?.code, waiting], ["Unauthorized", 1]);
          await until("the lock is free", async () => await free(state));
          await keys(secretAccessKey);
          assert.ok("started" in await start());
          await until("the outbox is empty", async () => (await outbox.names()).length === 0);
          assert.equal((await told())?.pause, undefined);
        }),
      { buckets: ["archives"] },
    ));
});

describe("the relay in a thread", { skip }, () => {
  it("archives what waits in the host's own process", () =>
    atHome(async ({ env, state, store, sessions: [{ id }], outbox, until }) => {
      await outbox.write({ agent: "opencode", store, id });
      const thread = await startRelayInWorker({ env, lingerMs: 200 });
      await until("the outbox is empty", async () => (await outbox.names()).length === 0);
      assert.equal(await thread.ended, undefined);
      assert.ok(await free(state));
    }));

  it("tells why it cannot even start", () =>
    atHome(async ({ env, state }) => {
      const noPlace = { ...env, XDG_STATE_HOME: join(state, "file") };
      await writeFile(noPlace.XDG_STATE_HOME, "");
      const thread = await startRelayInWorker({ env: noPlace, lingerMs: 200 });
      assert.match((await thread.ended)?.message ?? "", /cannot make the folder .*ENOTDIR/);
    }));
});

function configured(archives: string): string {
  const backends = { default: { type: "file", path: archives } };
  return JSON.stringify({ backends, archive: { minInterval: "1ms" } });
}

async function free(state: string): Promise<boolean> {
  return await lockHolder(lockPath(state)) === undefined;
}
