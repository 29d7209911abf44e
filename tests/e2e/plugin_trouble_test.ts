/**
 * The plugin in a real OpenCode when nothing can be archived: OpenCode works as without it, the user
 * hears why, and all arrives once the reason is gone.
 */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { type FakeS3, startFakeS3 } from "../s3/fake.ts";
import type { PluginHome } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import {
  echo,
  type OpenCodeHome,
  type OpenCodeServer,
  RUN_MS,
  startOpenCodeHome,
} from "./real_opencode.ts";
import { s3Backend, type S3Settings } from "./s3_yaml.ts";
import { type SilentWire, startSilentWire } from "./silent_wire.ts";
import { listenToToasts, type Toasts } from "./toasts.ts";

/** What `opencode run` shows of itself. */
interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project in a home with a running server. */
interface Stage {
  readonly home: PluginHome;
  readonly server: OpenCodeServer;
  readonly toasts: Toasts;
  readonly project: string;
}

/** How long OpenCode's end may be held up, in milliseconds. */
const LONGEST_WAIT = 4_000;
/** How much two equal ends differ on a busy machine, in milliseconds. */
const NOISE = 1_500;
/** How often an end is timed: what holds up every one of them is not the machine. */
const TIMED = 3;
/** A store that was given up is tried again after a good minute, in milliseconds. */
const NEXT_TRY = 90_000;
/** Three times half a minute, and a bit, until a silent store is said to be one, in milliseconds. */
const SILENCE = 120_000;
const WRONG_SECRET = "a-secret-that-is-wrong";

describe("the plugin in a real OpenCode when nothing can be archived", () => {
  const { home, serve, opened } = pluginHomes(after);
  let store: FakeS3;
  /** OpenCode without the plugin, to compare with. */
  let plain: OpenCodeHome;
  /** What goes on through all tests, for a silent store takes its time. */
  let wire: SilentWire;
  let silent: PluginHome;
  let server: OpenCodeServer;
  let toasts: Toasts;
  let asked = 0;

  /** The time is taken from the last prompt: how long a start takes is nothing to an end. */
  const reply = (prompt: string) => {
    asked = performance.now();
    const [, tool] = /^CALL (\w+)$/.exec(prompt) ?? [];
    return tool ? { tool, input: {} } : echo(prompt);
  };

  const yaml = ({ endpoint = store.endpoint, ...settings }: { endpoint?: string } & S3Settings) =>
    `backends:
${s3Backend("default", { ...store, endpoint }, settings)}
archive:
  minInterval: 1s
`;

  async function runIn({ command, env }: OpenCodeHome, project: string) {
    const shown = await new Promise<Shown>((resolve) => {
      const settings = { cwd: project, env: { ...env, PWD: project }, timeout: RUN_MS };
      const child = execFile(command, ["run", "hello"], settings, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
      child.stdin?.end();
    });
    return { shown, endMs: performance.now() - asked };
  }

  /** `opencode run` shows and gives what it does without the plugin, and ends in time. */
  async function assertUndisturbed(home: PluginHome, project: string): Promise<void> {
    let heldUp = Infinity;
    for (let time = 1; time <= TIMED && heldUp > LONGEST_WAIT + NOISE; time++) {
      const usual = await runIn(plain, await plain.project("plain"));
      assert.equal(usual.shown.stdout, "echo: hello\n");
      const { shown, endMs } = await runIn(home, project);
      assert.deepEqual(shown, usual.shown);
      heldUp = Math.min(heldUp, Math.round(endMs - usual.endMs));
    }
    assert.ok(heldUp <= LONGEST_WAIT + NOISE, `the end was held up for ${heldUp} ms`);
  }

  /** The ids of the sessions that are in a bucket of the store. */
  const stored = (bucket?: string) =>
    [...store.objects(bucket).keys()].map((key) => /([^/]+)\.json$/.exec(key)?.[1]);

  const sessionsOf = async (server: OpenCodeServer, project: string) => {
    const at = `/session?directory=${encodeURIComponent(project)}`;
    return (await server.request("GET", at) as { id: string }[]).map(({ id }) => id);
  };

  /** The only error that was shown. */
  async function errorOf(home: PluginHome, { seen }: Toasts): Promise<string> {
    const errors = () => seen.filter(({ variant }) => variant === "error");
    await home.until("a toast with the reason", () => errors().length > 0);
    assert.equal(errors().length, 1, JSON.stringify(errors()));
    return errors()[0].message;
  }

  /**
   * OpenCode's log has the reason and nothing else. It is written with a delay, and only by a process
   * that was still there when the relay knew the reason: `opencode run` may be gone by then.
   */
  async function assertLogged(home: PluginHome, reason: RegExp): Promise<void> {
    const lines = await home.until("a line in the log", async () => {
      const lines = await home.log();
      return lines.length > 0 && lines;
    });
    for (const line of lines) assert.match(line.replaceAll('\\"', '"'), reason);
  }

  /** All sessions of a project are in the store, and nothing else was shown than the one error. */
  async function assertAllArrive(
    { home, server, toasts, project }: Stage,
    bucket: string,
    within: number,
  ): Promise<void> {
    const sessions = await sessionsOf(server, project);
    assert.ok(sessions.length >= 2, `${sessions}`);
    await home.until("all sessions arrive", async () => {
      const there = stored(bucket);
      return sessions.every((session) => there.includes(session)) && await home.waiting() === 0;
    }, within);
    await errorOf(home, toasts);
  }

  before(async () => {
    store = await startFakeS3({ buckets: ["archives", "broken", "secret"] });
    opened({ close: () => store.stop() });
    wire = await startSilentWire(store.endpoint);
    opened({ close: () => wire.stop() });
    plain = await startOpenCodeHome(reply);
    opened(plain);
    silent = await home({
      reply,
      yaml: () => yaml({ bucket: "archives", endpoint: wire.endpoint }),
    });
  });

  it("does not hold up OpenCode's end for a store that never answers", async () => {
    const project = await silent.project("one");
    await assertUndisturbed(silent, project);
    assert.ok(wire.swallowed > 0, "the store was asked");
    server = await serve(silent, project);
    toasts = opened(await listenToToasts(server, project));
    await server.prompt(project, await server.create(project), "hello");
  });

  /** Everything that makes all wait from the beginning on, and how it ends. */
  interface Trouble {
    readonly name: string;
    readonly yaml: () => string;
    /** What the user is told. */
    readonly reason: RegExp;
    /** What its model is told. */
    readonly toTools: RegExp;
    readonly mend: (home: PluginHome) => Promise<void>;
    /** Where all is in the end. */
    readonly bucket: string;
    /** How soon that is, in milliseconds. */
    readonly within: number;
  }

  /** What stays there until all has arrived, by the trouble's name. */
  const stages = new Map<string, Stage>();
  /** Registered last: what needs a while has it during the other tests. */
  const recoveries: (() => void)[] = [];

  const troubles: Trouble[] = [
    {
      name: "a bucket that is not there",
      yaml: () => yaml({ bucket: "missing" }),
      reason: /Backend default fails: .*the bucket "missing" does not exist/,
      toTools: /the bucket "missing" does not exist/,
      mend: () => makeBucket("missing"),
      bucket: "missing",
      within: NEXT_TRY,
    },
    {
      name: "a broken configuration",
      yaml: () => "backends: [\n",
      reason: /opencode-session-archiver\.yaml: line 2, column 1: .*is not closed/,
      toTools: /line 2, column 1: .*is not closed/,
      mend: ({ configFile }) => writeFile(configFile, yaml({ bucket: "broken" })),
      bucket: "broken",
      within: 15_000,
    },
    {
      name: "wrong credentials",
      yaml: () => yaml({ bucket: "secret", secret: WRONG_SECRET }),
      reason: /Backend default fails: .*the secret key does not fit the access key/,
      toTools: /the secret key does not fit the access key/,
      mend: ({ configFile }) => writeFile(configFile, yaml({ bucket: "secret" })),
      bucket: "secret",
      within: 15_000,
    },
  ];

  async function makeBucket(Bucket: string): Promise<void> {
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket })).finally(() => client.destroy());
  }

  for (const trouble of troubles) {
    const { name, reason, bucket, within } = trouble;

    it(`works with ${name}, and says so`, async () => {
      const where = await home({ reply, yaml: trouble.yaml });
      const project = await where.project("one");
      await assertUndisturbed(where, project);
      assert.equal(await where.waiting(), 1);

      const server = await serve(where, project);
      const toasts = opened(await listenToToasts(server, project));
      await server.prompt(project, await server.create(project), "hello");
      assert.match(await errorOf(where, toasts), reason);
      await assertLogged(where, reason);
      assert.ok(!`${await where.relayLog()}${await where.log()}`.includes(WRONG_SECRET));
      await assertToolsSayWhy(server, project, trouble.toTools);
      stages.set(name, { home: where, server, toasts, project });
      await trouble.mend(where);
    });

    recoveries.push(() =>
      it(`archives all that waited for ${name}`, async () => {
        const stage = stages.get(name);
        assert.ok(stage, "see the test before");
        await assertAllArrive(stage, bucket, within);
      })
    );
  }
  for (const recovery of recoveries) recovery();

  /** A tool answers in words, and the turn goes on. */
  async function assertToolsSayWhy(server: OpenCodeServer, project: string, reason: RegExp) {
    const session = await server.create(project);
    await server.prompt(project, session, "CALL list_archives");
    const at = `/session/${session}/message?directory=${encodeURIComponent(project)}`;
    const messages = await server.request("GET", at) as {
      parts: { type: string; text?: string; state?: { status: string; output: string } }[];
    }[];
    const parts = messages.flatMap((message) => message.parts);
    const called = parts.find(({ type }) => type === "tool");
    assert.equal(called?.state?.status, "completed");
    assert.match(called.state.output, reason);
    assert.match(parts.findLast(({ type }) => type === "text")?.text ?? "", /^echo: /);
  }

  it("says that a store never answers, and archives all when it does", async () => {
    const project = await silent.project("one");
    await silent.until("the store is given up", async () => {
      return (await silent.status())?.backends.default?.failing;
    }, SILENCE);
    // The next turn's look finds that.
    await server.prompt(project, await server.create(project), "anybody there?");
    const reason = /Backend default fails: .*(time|answer)/i;
    assert.match(await errorOf(silent, toasts), reason);
    await assertLogged(silent, reason);
    assert.deepEqual(stored(), []);
    wire.mend();
    await assertAllArrive({ home: silent, server, toasts, project }, "archives", NEXT_TRY);
  });
});
