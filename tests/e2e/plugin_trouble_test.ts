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
import {
  type InstalledPlugin,
  installPlugin,
  type PluginHome,
  startPluginHome,
} from "./plugin_home.ts";
import {
  echo,
  type OpenCodeHome,
  type OpenCodeServer,
  startOpenCodeHome,
} from "./real_opencode.ts";
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
/** A store that was given up is tried again after a good minute, in milliseconds. */
const NEXT_TRY = 90_000;
/** Three times half a minute, and a bit, until a silent store is said to be one, in milliseconds. */
const SILENCE = 120_000;

describe("the plugin in a real OpenCode when nothing can be archived", () => {
  let plugin: InstalledPlugin;
  let store: FakeS3;
  let usual: { readonly shown: Shown; readonly endMs: number };
  const open: { close(): Promise<void> | void }[] = [];
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

  const yaml = (change: { endpoint?: string; bucket?: string; secret?: string } = {}) =>
    `backends:
  default:
    type: s3
    bucket: ${change.bucket ?? "archives"}
    endpoint: ${change.endpoint ?? store.endpoint}
    region: ${store.region}
    credentials:
      accessKeyId: ${store.credentials.accessKeyId}
      secretAccessKey: ${change.secret ?? store.credentials.secretAccessKey}
archive:
  minInterval: 1s
`;

  async function runIn({ command, env }: OpenCodeHome, project: string) {
    const shown = await new Promise<Shown>((resolve) => {
      const settings = { cwd: project, env: { ...env, PWD: project } };
      const child = execFile(command, ["run", "hello"], settings, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
      child.stdin?.end();
    });
    return { shown, endMs: performance.now() - asked };
  }

  /** `opencode run` shows and gives what it does without the plugin, and ends in time. */
  async function assertUndisturbed(home: PluginHome, project: string): Promise<void> {
    const { shown, endMs } = await runIn(home, project);
    assert.deepEqual(shown, usual.shown);
    const heldUp = Math.round(endMs - usual.endMs);
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
    await home.until("a toast with the reason", () => Promise.resolve(errors().length > 0));
    assert.equal(errors().length, 1, JSON.stringify(errors()));
    return errors()[0].message;
  }

  /** The only line of OpenCode's log; it writes them with a delay. */
  async function loggedIn(home: PluginHome): Promise<string> {
    const lines = await home.until("a line in the log", async () => {
      const lines = await home.log();
      return lines.length > 0 && lines;
    });
    assert.equal(lines.length, 1, lines.join("\n"));
    return lines[0].replaceAll('\\"', '"');
  }

  /** All sessions of a project are in the store, and nothing else was shown than the one error. */
  async function assertAllArrive(
    { home, server, toasts, project }: Stage,
    bucket: string,
    within: number,
  ): Promise<void> {
    const sessions = await sessionsOf(server, project);
    await home.until("all sessions arrive", async () => {
      const there = stored(bucket);
      return sessions.every((session) => there.includes(session)) && await home.waiting() === 0;
    }, within);
    await errorOf(home, toasts);
  }

  before(async () => {
    store = await startFakeS3({ buckets: ["archives", "broken", "secret"] });
    wire = await startSilentWire(store.endpoint);
    plugin = await installPlugin();
    const plain = await startOpenCodeHome(reply);
    try {
      usual = await runIn(plain, await plain.project("plain"));
      assert.equal(usual.shown.stdout, "echo: hello\n");
    } finally {
      await plain.close();
    }
    silent = await startPluginHome(plugin, {
      reply,
      yaml: () => yaml({ endpoint: wire.endpoint }),
    });
    open.push(silent);
  });
  after(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await plugin?.remove();
    await wire?.stop();
    await store?.stop();
  });

  it("does not hold up OpenCode's end for a store that never answers", async () => {
    const project = await silent.project("one");
    await assertUndisturbed(silent, project);
    assert.ok(wire.swallowed > 0, "the store was asked");
    server = await silent.serve(project);
    open.push(server);
    toasts = await listenToToasts(server, project);
    open.push(toasts);
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
      yaml: () => yaml({ bucket: "secret", secret: "a-secret-that-is-wrong" }),
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
      const home = await startPluginHome(plugin, { reply, yaml: trouble.yaml });
      open.push(home);
      const project = await home.project("one");
      await assertUndisturbed(home, project);
      assert.equal(await home.waiting(), 1);
      assert.match(await loggedIn(home), reason);

      const server = await home.serve(project);
      open.push(server);
      const toasts = await listenToToasts(server, project);
      open.push(toasts);
      await server.prompt(project, await server.create(project), "hello");
      assert.match(await errorOf(home, toasts), reason);
      assert.ok(!`${await home.relayLog()}${await home.log()}`.includes("a-secret-that-is-wrong"));
      await assertToolsSayWhy(server, project, trouble.toTools);
      stages.set(name, { home, server, toasts, project });
      await trouble.mend(home);
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
    assert.match(await loggedIn(silent), reason);
    assert.deepEqual(stored(), []);
    wire.mend();
    await assertAllArrive({ home: silent, server, toasts, project }, "archives", NEXT_TRY);
  });
});
