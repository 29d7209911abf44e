import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import assert from "node:assert/strict";
import * as entry from "../../../adapters/opencode.ts";
import type { Hooks, HostConfig, PluginInput } from "../../../adapters/plugin/contract.ts";
import { until } from "../../until.ts";
import { quietOpenCode } from "./quiet_opencode.ts";

/** Starts the plugin in a home of its own, and puts the environment back. */
async function inHome(
  test: (home: string) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "plugin-server-"));
  const folders = ["CONFIG", "DATA", "STATE"].map((kind) => [`XDG_${kind}_HOME`, home]);
  const before = { ...process.env };
  Object.assign(process.env, { HOME: home, ...Object.fromEntries(folders), ...env });
  delete process.env.OPENCODE_DB;
  try {
    await test(home);
  } finally {
    for (
      const name of [
        "HOME",
        "OPENCODE_DB",
        ...folders.map(([name]) => name),
        ...Object.keys(env),
      ]
    ) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await rm(home, { recursive: true });
  }
}

const TOOLS = [
  "archive_session",
  "delete_archive",
  "list_archives",
  "restore_archive",
  "retrieve_archive",
];

function toolsOf({ tool }: Hooks): string[] {
  return Object.keys(tool ?? {}).sort();
}

describe("the plugin", () => {
  it("is the one export of its module, with an id", () => {
    assert.deepEqual(Object.keys(entry), ["default"]);
    assert.deepEqual(Object.keys(entry.default), ["id", "server"]);
    assert.equal(entry.default.id, "opencode-session-archiver");
  });

  it("gives its hooks without touching the disk", async () => {
    await inHome(async (home) => {
      const { input, logged } = quietOpenCode();
      const hooks = await entry.default.server(input);
      assert.deepEqual(toolsOf(hooks), TOOLS);
      assert.ok(hooks.event && hooks.dispose && hooks.config);
      assert.deepEqual(await readdir(home), []);
      assert.deepEqual(logged, []);
      await hooks.dispose();
    });
  });

  it("does nothing in a relay", async () => {
    await inHome(async () => {
      assert.deepEqual(await entry.default.server(quietOpenCode().input), {});
    }, { SESSION_ARCHIVER_RELAY: "1" });
  });

  it("archives nothing by itself when it is told so, and keeps its tools", async () => {
    await inHome(async () => {
      const hooks = await entry.default.server(quietOpenCode().input, { auto: false });
      assert.equal(hooks.event, undefined);
      assert.equal(hooks.dispose, undefined);
      assert.deepEqual(toolsOf(hooks), TOOLS);
    });
  });

  it("says what is wrong with its options, archives nothing, and its tools say it again", async () => {
    await inHome(async () => {
      const { input, logged, toasts } = quietOpenCode();
      const hooks = await entry.default.server(input, { confg: "/x.yaml" });
      assert.equal(hooks.event, undefined);
      await until("a toast", () => toasts.length > 0);
      assert.equal(logged.length, 1);
      assert.match(logged[0], /^session-archiver: The options .* there is no option confg/);
      assert.deepEqual(toasts.map(({ variant }) => variant), ["error"]);
      const context = {
        sessionID: "ses_1",
        directory: "/home/me/project",
        worktree: "/",
        abort: new AbortController().signal,
        ask: () => Promise.resolve(),
      };
      for (const tool of Object.values(hooks.tool ?? {})) {
        const answer = await tool.execute({}, context);
        assert.match(typeof answer === "string" ? answer : answer.output, /no option confg/);
      }
    });
  });

  it("says the same of its options once, however many directories OpenCode opens", async () => {
    await inHome(async () => {
      const [first, second, other] = [
        quietOpenCode("/a"),
        quietOpenCode("/b"),
        quietOpenCode("/c"),
      ];
      await entry.default.server(first.input, { auto: "never" });
      await entry.default.server(second.input, { auto: "never" });
      await entry.default.server(other.input, { auto: "always" });
      await until("both are told", () => first.logged.length + other.logged.length === 2);
      assert.deepEqual(second.logged, []);
      assert.deepEqual(second.toasts, []);
      assert.deepEqual([first.toasts.length, other.toasts.length], [1, 1]);
    });
  });

  it("adds its command, unless the user has one of this name", async () => {
    await inHome(async () => {
      const hooks = await entry.default.server(quietOpenCode().input, { auto: false });
      const fresh: HostConfig = {};
      await hooks.config?.(fresh);
      assert.match(fresh.command?.archive.template ?? "", /archive_session/);
      const own: HostConfig = {
        command: { archive: { template: "mine" }, other: { template: "o" } },
      };
      await hooks.config?.(own);
      assert.deepEqual(own, {
        command: { archive: { template: "mine" }, other: { template: "o" } },
      });
    });
  });

  it("never throws in a hook, whatever OpenCode hands over", async () => {
    await inHome(async () => {
      const { input, logged } = quietOpenCode();
      const hooks = await entry.default.server(input);
      const hostile = new Proxy({}, {
        get() {
          throw new Error("hostile");
        },
      });
      // As untyped as it really comes.
      const event: (input: unknown) => Promise<void> = (given) =>
        Reflect.apply(hooks.event ?? assert.fail, hooks, [given]);
      await event(undefined);
      await event({ event: hostile });
      await event({ event: { type: "session.idle", properties: hostile } });
      await Reflect.apply(hooks.config ?? assert.fail, hooks, [hostile]);
      await hooks.dispose?.();
      assert.equal(logged.length, 4);
    });
  });

  it("lives with an OpenCode that takes neither log nor toast", async () => {
    await inHome(async () => {
      const client: PluginInput["client"] = {
        app: {
          log() {
            throw new Error("no log");
          },
        },
        tui: { showToast: () => Promise.reject(new Error("no screen")) },
      };
      const hooks = await entry.default.server({ client, directory: "/x" });
      await Reflect.apply(hooks.event ?? assert.fail, hooks, [undefined]);
      await hooks.dispose?.();
    });
  });

  it("lets OpenCode end only when its log can have been written, where something went wrong", async () => {
    await inHome(async () => {
      const logged: string[] = [];
      const log = async ({ body }: { body: { message: string } }) => {
        await delay(20);
        logged.push(body.message);
      };
      const showToast = () => Promise.resolve();
      const input = { client: { app: { log }, tui: { showToast } }, directory: "/x" };
      const hooks = await entry.default.server(input);
      await Reflect.apply(hooks.event ?? assert.fail, hooks, [undefined]);
      await hooks.dispose?.();
      assert.equal(logged.length, 1);
    });
  });
});
