/**
 * The plugin in the real OpenCode, installed from its tarball: what a user has after one line in
 * `opencode.json`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Reply } from "./fake_model.ts";
import {
  type ArchivedDocument,
  type InstalledPlugin,
  installPlugin,
  type PluginHome,
  type PluginHomeOptions,
  startPluginHome,
} from "./plugin_home.ts";
import { echo, type OpenCodeHome, type OpenCodeServer } from "./real_opencode.ts";

/** Within this many milliseconds a session that went idle is archived. */
const SOON = 5_000;

function scripted(prompt: string): Reply {
  if (!prompt.includes("ASK A CHILD")) return echo(prompt);
  const input = { description: "Look", prompt: "Say hello", subagent_type: "general" };
  return { tool: "task", input };
}

/** As with nothing configured, but that a session is sent again soon after it was sent. */
const OFTEN = ({ env }: OpenCodeHome) =>
  `backends:
  default:
    type: file
    path: ${join(env.XDG_DATA_HOME, "opencode-session-archiver", "archives")}
archive:
  minInterval: 1s
`;

interface Message {
  readonly info: { readonly id: string; readonly role: string };
}

describe("the plugin in a real OpenCode", () => {
  let plugin: InstalledPlugin;
  const open: { close(): Promise<void> }[] = [];

  const home = async (options?: PluginHomeOptions): Promise<PluginHome> => {
    const made = await startPluginHome(plugin, options);
    open.push(made);
    return made;
  };
  const serve = async (where: PluginHome, project: string): Promise<OpenCodeServer> => {
    const server = await where.serve(project);
    open.push(server);
    return server;
  };
  const archived = (where: PluginHome, session: string, messages = 2) =>
    where.until(`${session} with ${messages} messages is archived`, async () => {
      const document = await where.document(session);
      return document?.native.messages.length === messages && document;
    }, SOON);

  before(async () => {
    plugin = await installPlugin();
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  after(async () => await plugin?.remove());

  /** The one session of a home, archived, and equal to what OpenCode itself exports. */
  async function assertOneEqual(where: PluginHome): Promise<ArchivedDocument> {
    const [key, ...others] = await where.until("an archive", async () => {
      const keys = await where.keys();
      return keys.length > 0 && keys;
    }, SOON);
    assert.deepEqual(others, []);
    const session = /([^/]+)\.json$/.exec(key)?.[1] ?? "";
    const exported = await where.export(session) as ArchivedDocument["native"];
    // What OpenCode still wrote after it was idle comes with the next look.
    return await where.until("what OpenCode exports is what was archived", async () => {
      const document = await where.document(session);
      if (!document) return undefined;
      const { info, messages } = document.native;
      return JSON.stringify({ info, messages }) === JSON.stringify(exported) && document;
    }, SOON);
  }

  it("archives what `opencode run` did, says nothing of it, and ends as without it", async () => {
    const where = await home();
    const project = await where.project("one");
    assert.equal(await where.opencode(project, "run", "hello"), "echo: hello\n");
    const document = await assertOneEqual(where);
    assert.equal(document.projectPath, project);
    assert.equal(await where.waiting(), 0);
  });

  it("archives it also when all processes of OpenCode are killed right after the end", async () => {
    const where = await home();
    const project = await where.project("one");
    const child = spawn(where.command, ["run", "hello"], {
      cwd: project,
      env: { ...where.env, PWD: project },
      stdio: "ignore",
      detached: true,
    });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    killGroup(child.pid);
    assert.equal(code, 0);
    await assertOneEqual(where);
  });

  it("archives sessions of a server as they go idle, children too, and again as they grow", async () => {
    const where = await home({ reply: scripted, yaml: OFTEN });
    const [one, two] = [await where.project("one"), await where.project("zwei – 二")];
    const server = await serve(where, one);
    const [first, parent, other] = [
      await server.create(one),
      await server.create(two),
      await server.create(two),
    ];
    await server.prompt(one, first, "first");
    await server.prompt(two, parent, "ASK A CHILD");
    await archived(where, first);
    await server.prompt(two, other, "third");
    await archived(where, other);
    const child = await where.until("the child is archived with its parent", async () => {
      const ids = (await where.keys()).map((key) => /([^/]+)\.json$/.exec(key)?.[1] ?? "");
      for (const id of ids.filter((id) => ![first, parent, other].includes(id))) {
        const document = await where.document(id);
        if (document?.summary.parentId === parent) return document;
      }
    }, SOON);
    assert.equal(child.projectPath, two);
    await where.until("the parent is archived", async () => await where.document(parent), SOON);

    const keys = await where.keys();
    await server.prompt(one, first, "second");
    await archived(where, first, 4);
    assert.deepEqual(await where.keys(), keys);
    await assertUnchangedByNothing(where, server, one, first);
  });

  /** An idle event without a change uploads nothing. */
  async function assertUnchangedByNothing(
    where: PluginHome,
    server: OpenCodeServer,
    project: string,
    session: string,
  ): Promise<void> {
    const key = (await where.keys()).find((one) => one.includes(session)) ?? "";
    await where.until("nothing waits", async () => await where.waiting() === 0, SOON);
    const { mtimeMs } = await stat(join(where.archives, key));
    await server.request(
      "POST",
      `/session/${session}/abort?directory=${encodeURIComponent(project)}`,
    );
    await delay(1_500);
    await where.until("nothing waits", async () => await where.waiting() === 0, SOON);
    assert.equal((await stat(join(where.archives, key))).mtimeMs, mtimeMs);
  }

  it("follows a rename, and keeps what a revert takes away", async () => {
    const where = await home({ yaml: OFTEN });
    const project = await where.project("one");
    const server = await serve(where, project);
    const session = await server.create(project);
    const at = `/session/${session}`;
    const here = `?directory=${encodeURIComponent(project)}`;
    await server.prompt(project, session, "keep this");
    await server.prompt(project, session, "take this back");
    await archived(where, session, 4);

    await server.request("PATCH", `${at}${here}`, { title: "Renamed" });
    await where.until("the new title is archived", async () => {
      const info = (await where.document(session))?.native.info as { title?: string } | undefined;
      return info?.title === "Renamed";
    }, SOON);

    const messages = await server.request("GET", `${at}/message${here}`) as Message[];
    const last = messages.filter(({ info }) => info.role === "user").at(-1)!;
    await server.request("POST", `${at}/revert${here}`, { messageID: last.info.id });
    await server.prompt(project, session, "instead");
    const document = await where.until("the prompt after the revert is archived", async () => {
      const document = await where.document(session);
      return JSON.stringify(document?.native).includes("instead") && document;
    }, SOON);
    assert.ok(!JSON.stringify(document.native).includes("take this back"));
    const versions = (await where.keys()).filter((key) => key.includes(`${session}~`));
    assert.equal(versions.length, 1);
    assert.deepEqual(await server.request("DELETE", `${at}${here}`), true);
    await delay(1_500);
    assert.ok(await where.document(session), "a deleted session's archive stays");
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`archives a session whose server gets a ${signal} as soon as it is idle`, async () => {
      const where = await home();
      const project = await where.project("one");
      const server = await where.serve(project);
      const session = await server.create(project);
      await server.prompt(project, session, "hello");
      await where.until("the session is idle", async () => await isMentioned(where, session), SOON);
      await server.close(signal);
      await archived(where, session);
    });
  }

  it("archives at the next start what a killed server and background process left", async () => {
    const where = await home();
    const project = await where.project("one");
    const server = await where.serve(project);
    const session = await server.create(project);
    await server.prompt(project, session, "hello");
    const relay = await where.until("a background process", () => where.relay(), SOON);
    process.kill(relay, "SIGKILL");
    await server.close("SIGKILL");
    assert.equal(await where.document(session), undefined);
    // A server loads its plugins when it is first asked something about a project.
    await (await serve(where, project)).create(project);
    await archived(where, session);
  });
});

/** Whether the plugin has heard that a session is idle. */
async function isMentioned(where: PluginHome, session: string): Promise<boolean> {
  return await where.waiting() > 0 || await where.document(session) !== undefined;
}

function killGroup(pid: number | undefined): void {
  try {
    process.kill(-pid!, "SIGKILL");
  } catch (error) {
    // With no process left in it there is no group.
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
}
