/**
 * The plugin in the real OpenCode, installed from its tarball: what a user has after one line in
 * `opencode.json`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { startFakeS3 } from "../s3/fake.ts";
import type { Reply } from "./fake_model.ts";
import { killAllIn, processesIn } from "./home_processes.ts";
import type { ArchivedDocument, PluginHome } from "./plugin_home.ts";
import { pluginHomes } from "./plugin_homes.ts";
import { echo, type OpenCodeHome, type OpenCodeServer, RUN_MS } from "./real_opencode.ts";
import { s3Backend } from "./s3_yaml.ts";

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
  const { home, serve, opened } = pluginHomes(afterEach);

  const archived = (where: PluginHome, session: string, messages = 2) =>
    where.until(`${session} with ${messages} messages is archived`, async () => {
      const document = await where.document(session);
      return document?.native.messages.length === messages && document;
    }, SOON);

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
    await nothingWaits(where);
  });

  it("archives it also when all processes of OpenCode are killed right after the end", async () => {
    const where = await home();
    const project = await where.project("one");
    const child = spawn(where.command, ["run", "hello"], {
      cwd: project,
      env: { ...where.env, PWD: project },
      stdio: "ignore",
      detached: true,
      timeout: RUN_MS,
    });
    const [code] = await once(child, "exit");
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
    // OpenCode may have written a little more when it was idle.
    await archiveAnother(where, server, one);
    const key = keys.find((key) => key.includes(first)) ?? "";
    const { mtimeMs } = await stat(join(where.archives, key));
    await server.request("POST", `/session/${first}/abort?directory=${encodeURIComponent(one)}`);
    // What an idle event without a change leads to is over when a later one has led to an archive.
    await archiveAnother(where, server, one);
    assert.equal((await stat(join(where.archives, key))).mtimeMs, mtimeMs);
  });

  /** Prompts in a fresh session, and waits until all is archived that is to be. */
  async function archiveAnother(where: PluginHome, server: OpenCodeServer, project: string) {
    const session = await server.create(project);
    await server.prompt(project, session, "another");
    await archived(where, session);
    await nothingWaits(where);
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
    await archiveAnother(where, server, project);
    const left = JSON.stringify((await where.document(session))?.native) ?? "";
    assert.ok(left.includes("instead"), "a deleted session's archive stays");
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`archives a session whose server gets a ${signal} as soon as it is idle`, async () => {
      const where = await home();
      const project = await where.project("one");
      const server = await serve(where, project);
      const session = await server.create(project);
      await server.prompt(project, session, "hello");
      await where.until("a background process is to archive it", async () => {
        return await isMentioned(where, session) && (await processesIn(where.state)).length > 0;
      }, SOON);
      await server.close(signal);
      await archived(where, session);
    });
  }

  it("archives at the next start what a killed server and background process left", async () => {
    const s3 = await startFakeS3();
    opened({ close: () => s3.stop() });
    const backend = s3Backend("default", s3, { bucket: "archives" });
    const where = await home({ yaml: () => `backends:\n${backend}\n` });
    const project = await where.project("one");
    const server = await serve(where, project);
    const session = await server.create(project);
    s3.fault({ on: "PutObject", do: "hang" });
    await server.prompt(project, session, "hello");
    const isSent = () => s3.requests.some(({ operation }) => operation === "PutObject");
    await where.until("the session is on its way", isSent);
    await server.close("SIGKILL");
    await killAllIn(where.folder);
    assert.equal(s3.objects().size, 0);
    s3.recover();
    // A server loads its plugins when it is first asked something about a project.
    await (await serve(where, project)).create(project);
    await where.until("the session is archived", () => {
      return [...s3.objects().keys()].some((key) => key.endsWith(`/${session}.json`));
    });
  });
});

async function nothingWaits(where: PluginHome): Promise<void> {
  await where.until("nothing waits", async () => await where.waiting() === 0, SOON);
}

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
