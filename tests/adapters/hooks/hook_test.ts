import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { SessionId } from "../../../core/agent.ts";
import { lockPath, outboxFolder, relayLogPath } from "../../../adapters/state/layout.ts";
import { configPath, stateFolder } from "../../../adapters/state/location.ts";
import { type Lock, tryLock } from "../../../adapters/state/lock.ts";
import { lockHolder } from "../../../adapters/state/lock_holder.ts";
import { Outbox } from "../../../adapters/state/outbox.ts";
import { configStamp } from "../../../adapters/state/stamps.ts";
import { writeStatus } from "../../../adapters/state/status_writing.ts";
import { signal } from "../../processes.ts";
import { removeFolder } from "../../remove_folder.ts";
import { homeFolders } from "../../throwaway_home.ts";
import { until } from "../../until.ts";
import { testedProgram } from "../plugin/own_program_for_tests.ts";

const PAYLOAD = { session_id: "5f01c5ed-e0ca", hook_event_name: "Stop", cwd: "/work" };

/** What an agent hears from its hook. */
interface Heard {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Home {
  readonly home: string;
  readonly state: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** Calls the hook with what an agent says; with undefined the agent says nothing and goes on. */
  hook(payload: string | undefined, more?: Call): Promise<Heard>;
  waiting(): Promise<readonly SessionId[]>;
}

interface Call {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** In a home where a relay seems to live, so that none is started. */
async function atHome(body: (home: Home) => Promise<void>, isRelayed = true): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "hook-"));
  const { PATH = "", NODE_OPTIONS = "" } = process.env;
  // These have a runtime take TypeScript that knows none.
  const env = { PATH, NODE_OPTIONS, ...homeFolders(home) };
  const where = { env, platform: process.platform };
  const config = configPath(where);
  const state = await stateFolder({ ...where, configPath: config });
  const lock = isRelayed
    ? await tryLock(lockPath(state), { purpose: "a test", kind: "relay" })
    : {};
  try {
    await body({
      ...{ home, state, config, env },
      hook: (payload, { args = ["claude-code"], env: others } = {}) =>
        call(args, payload, { ...env, ...others }),
      async waiting() {
        const { sessions } = await new Outbox(outboxFolder(state)).waiting();
        return sessions.map(({ session }) => session);
      },
    });
  } finally {
    if ("release" in lock) await (lock as Lock).release();
    await removeFolder(home);
  }
}

async function call(
  args: readonly string[],
  payload: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Heard> {
  const program = testedProgram(env);
  const child = spawn(program.command, [...program.args, "hook", ...args], {
    cwd: program.cwd,
    env: { ...env, ...program.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => heard.stdout += data);
  child.stderr.on("data", (data) => heard.stderr += data);
  child.stdin.on("error", () => {});
  if (payload !== undefined) child.stdin.end(payload);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.destroy();
  return { code, ...heard };
}

const SILENT: Heard = { code: 0, stdout: "", stderr: "" };

/** Node says on standard error that it takes types away. */
function assertSilent({ code, stdout, stderr }: Heard): void {
  const own = "Deno" in globalThis || "Bun" in globalThis ? stderr : "";
  assert.deepEqual({ code, stdout, stderr: own }, SILENT);
}

describe("an agent's hook", () => {
  it("writes down which session changed, and says nothing", () =>
    atHome(async ({ home, state, hook, waiting }) => {
      assertSilent(await hook(JSON.stringify(PAYLOAD)));
      const store = join(home, ".claude");
      assert.deepEqual(await waiting(), [{ agent: "claude-code", store, id: "5f01c5ed-e0ca" }]);
      assert.deepEqual(
        (await readdir(state)).sort(),
        ["lock", "outbox"],
        "and no relay is started",
      );
    }));

  for (
    const [what, payload] of [
      ["garbage", "\u0000{]"],
      ["nothing", ""],
      ["2 MiB", JSON.stringify({ ...PAYLOAD, said: "x".repeat(2 << 20) })],
      ["an id that is a path", JSON.stringify({ session_id: "../../etc/passwd" })],
    ] as const
  ) {
    it(`is content with ${what}, and writes nothing down`, () =>
      atHome(async ({ hook, waiting }) => {
        assertSilent(await hook(payload));
        assert.deepEqual(await waiting(), []);
      }));
  }

  it("does not wait for an agent that says nothing and does not end it either", () =>
    atHome(async ({ hook, waiting }) => {
      const begun = performance.now();
      assertSilent(await hook(undefined));
      assert.ok(performance.now() - begun < 10_000);
      assert.deepEqual(await waiting(), []);
    }));

  it("is content without a home, without an agent, and with one that nobody knows", () =>
    atHome(async ({ hook, waiting }) => {
      const env = { HOME: undefined, XDG_STATE_HOME: undefined, XDG_CONFIG_HOME: undefined };
      assertSilent(await hook(JSON.stringify(PAYLOAD), { env }));
      assertSilent(await hook(JSON.stringify(PAYLOAD), { args: [] }));
      assertSilent(await hook(JSON.stringify(PAYLOAD), { args: ["nobody"] }));
      assertSilent(await hook(JSON.stringify(PAYLOAD), { env: { SESSION_ARCHIVER_RELAY: "1" } }));
      assert.deepEqual(await waiting(), []);
    }));

  it("is content where there can be no state", () =>
    atHome(async ({ home, hook }) => {
      const file = join(home, "file");
      await writeFile(file, "");
      assertSilent(await hook(JSON.stringify(PAYLOAD), { env: { XDG_STATE_HOME: file } }));
      assertSilent(await hook("garbage", { env: { XDG_STATE_HOME: file } }));
    }));

  it("writes down nothing where archiving by itself is switched off", () =>
    atHome(async ({ state, config, hook, waiting }) => {
      const stamp = await configStamp(config);
      await writeStatus(state, {
        version: 1,
        updatedAt: new Date().toISOString(),
        config: { path: config, stamp, auto: false, waitOnExitMs: 0 },
        backends: {},
        waiting: 0,
      });
      assertSilent(await hook(JSON.stringify(PAYLOAD)));
      assert.deepEqual(await waiting(), []);
    }));

  it("goes by the configuration that is named", () =>
    atHome(async ({ home, env, hook, waiting }) => {
      const config = join(home, "other.yaml");
      assertSilent(await hook(JSON.stringify(PAYLOAD), { args: ["codex", "--config", config] }));
      assert.deepEqual(await waiting(), []);
      const state = await stateFolder({ env, platform: process.platform, configPath: config });
      const { sessions } = await new Outbox(outboxFolder(state)).waiting();
      assert.deepEqual(sessions.map(({ session }) => session.agent), ["codex"]);
      await endRelay(state);
    }));

  it("starts a relay, whatever it was told, and does not wait for it", () =>
    atHome(async ({ state, hook }) => {
      assertSilent(await hook("garbage"));
      // What keeps a relay from its work stands in its log.
      await endRelay(state);
    }, false));
});

/** Waits until a relay shows itself, in its lock or by saying why it cannot, and ends it. */
async function endRelay(state: string): Promise<void> {
  const holder = await until("a relay shows itself", async () => {
    const holder = await lockHolder(lockPath(state));
    if (holder !== undefined) return holder;
    const said = await readFile(relayLogPath(state), "utf8");
    return said !== "" && !/hook of|in the background/.test(said) && "none";
  });
  if (holder !== "none") signal(holder.pid, "SIGKILL");
}
