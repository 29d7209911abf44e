/**
 * The agent Gemini CLI.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gemini } from "../../../../adapters/agents/gemini/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import type { SessionRef } from "../../../../core/agent.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { sha256Hex } from "../../../../core/hash.ts";
import { type MadeUp, testFileAgent } from "../../../agents/contract.ts";
import { archiveAll } from "../../../agents/contract/archived.ts";
import { filesIn, inHome } from "../../../agents/contract/in_home.ts";
import {
  beginning,
  context,
  ID,
  linesOf,
  model,
  PATH,
  PROJECT,
  put,
  putProject,
  SESSION_ID,
  STEM,
  user,
} from "./made_up.ts";

const HELLO = linesOf([beginning(), context(), user("u1", "say hello"), model("g1", "hello")]);
const EMPTY = linesOf([beginning(), context()]);
const HASH = sha256Hex(PROJECT);

testFileAgent({
  name: "gemini",
  open: (home, now) => gemini({ store: home, now }),
  async write(home, said: MadeUp) {
    await putProject(home, said.projectPath);
    const { input, output } = said.tokens;
    const result = [{ functionResponse: { name: said.tool, response: { output: said.output } } }];
    const call = { id: "call_1", name: said.tool, args: said.input, status: "success", result };
    const thoughts = [{ subject: "", description: said.thought }];
    const name = { model: said.model };
    const lines = [
      ...[beginning(), context(), user("u1", said.prompt)],
      model("g1", "", { thoughts, toolCalls: [call], ...name, tokens: { input, output } }),
      model("g2", said.answer, { ...name, tokens: undefined }),
    ];
    return { id: ID, path: await put(home, PATH, linesOf(lines)) };
  },
  elsewhere: [
    "oauth_creds.json",
    "settings.json",
    "tmp/project/logs.json",
    "tmp/project/chats",
    PATH.replace("5d1e7f00", "00000000"),
    `tmp/../${PATH}`,
  ],
});

async function sessionsIn(home: string): Promise<SessionRef[]> {
  const sessions: SessionRef[] = [];
  for await (const session of gemini({ store: home }).sessions()) sessions.push(session);
  return sessions;
}

const idsIn = async (home: string) => (await sessionsIn(home)).map(({ id }) => id);

describe("sessions of Gemini CLI", () => {
  it("are told apart where two projects have files of the same name", () =>
    inHome(async (home) => {
      await put(home, PATH, HELLO);
      await put(home, PATH.replace("project", "other"), HELLO);
      assert.deepEqual(await idsIn(home), [`other.${STEM}`, ID]);
    }));

  it("have sub-agents, each below the session that started it", () =>
    inHome(async (home) => {
      await put(home, PATH, HELLO);
      await put(home, `tmp/project/chats/${SESSION_ID}/a1b2.jsonl`, HELLO);
      const [, { id, parentId }] = await sessionsIn(home);
      assert.deepEqual([id, parentId], [`project.${SESSION_ID}.a1b2`, ID]);
    }));

  it("come once where Gemini CLI has made lines of an older document", () =>
    inHome(async (home) => {
      await put(home, PATH.replace(".jsonl", ".json"), "{}");
      await put(home, PATH, HELLO);
      assert.deepEqual(await idsIn(home), [ID]);
    }));

  it("come once where Gemini CLI has copied an older version's folder", () =>
    inHome(async (home) => {
      await put(home, PATH.replace("project", HASH), HELLO);
      const [{ id, projectPath }] = await sessionsIn(home);
      assert.equal(id, `${HASH}.${STEM}`);
      assert.equal(projectPath, join(home, "tmp", HASH, "chats"));
      await putProject(home);
      assert.equal((await sessionsIn(home))[0].projectPath, PROJECT);
      await put(home, PATH, HELLO);
      assert.deepEqual(await idsIn(home), [ID]);
    }));

  it("are not what is left behind when one is gone on with", () =>
    inHome(async (home) => {
      await put(home, PATH, HELLO);
      const later = PATH.replace("12-00", "13-00");
      await put(home, later, EMPTY);
      assert.deepEqual(await idsIn(home), [ID]);
      await put(home, later, HELLO);
      assert.equal((await idsIn(home)).length, 2);
    }));

  it("are no other files", () =>
    inHome(async (home) => {
      for (const path of ["oauth_creds.json", "tmp/project/logs.json", "tmp/project/chats/x.txt"]) {
        await put(home, path, "{}");
      }
      assert.deepEqual(await idsIn(home), []);
    }));

  it("have names that archives can have, however long those of their folders are", () =>
    inHome(async (home) => {
      const [long, longer] = ["a".repeat(100), "a".repeat(101)];
      await put(home, `tmp/${long}/chats/${long}/${long}.jsonl`, HELLO);
      await put(home, `tmp/${long}/chats/${long}/${longer}.jsonl`, HELLO);
      const ids = await idsIn(home);
      assert.equal(new Set(ids).size, 2);
      for (const id of ids) assert.ok(id.length <= 200);
    }));

  it("are looked for where Gemini CLI is told to be", async () => {
    const { looked } = await gemini({ env: { GEMINI_CLI_HOME: "/g", HOME: "/h" } }).detect();
    assert.deepEqual(looked, [join("/g", ".gemini"), join("/g", ".cache", ".gemini")]);
  });
});

/** Archives the only session of a home. */
async function archived(home: string) {
  const archiver = new Archiver({
    agents: [gemini({ store: home })],
    backends: [new MemoryBackend()],
  });
  for await (const { copies: [{ key }] } of archiver.archiveAll()) return { archiver, key: key! };
  throw new Error("there is none");
}

async function listIn(home: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(home, "projects.json"), "utf8"));
}

const markerIn = (home: string, folder: string) =>
  readFile(join(home, "tmp", folder, ".project_root"), "utf8");

describe("a session of Gemini CLI that is put back", () => {
  it("is found there, with what tells whose the folder is", () =>
    inHome(async (home) => {
      await putProject(home);
      const path = await put(home, PATH, HELLO);
      const { archiver, key } = await archived(home);
      for (const name of await readdir(home)) await rm(join(home, name), { recursive: true });
      const [planned] = [await archiver.restore(key, { dryRun: true })].flat();
      assert.deepEqual([planned.status, await readdir(home)], ["would restore", []]);
      const [outcome] = [await archiver.restore(key)].flat();
      assert.deepEqual([outcome.status, outcome.id], ["restored", ID]);
      assert.equal(await readFile(path, "utf8"), HELLO);
      assert.equal(await markerIn(home, "project"), PROJECT);
      assert.deepEqual(await listIn(home), { projects: { [PROJECT]: "project" } });
      assert.match(outcome.notes.join(), /deletes this session .*sessionRetention/);
    }));

  it("belongs to another directory when it shall, and leaves the list's other projects", () =>
    inHome(async (home) => {
      await putProject(home);
      const path = await put(home, PATH, HELLO);
      const { archiver, key } = await archived(home);
      await rm(path);
      const directory = join(home, "work", "Project");
      await mkdir(directory, { recursive: true });
      const [outcome] = [await archiver.restore(key, { directory })].flat();
      assert.equal(outcome.id, `project-1.${STEM}`);
      assert.deepEqual(await listIn(home), {
        projects: { [PROJECT]: "project", [directory]: "project-1" },
      });
      const [session] = await sessionsIn(home);
      assert.deepEqual([session.id, session.projectPath], [outcome.id, directory]);
      const [again] = [await archiver.restore(key, { directory })].flat();
      assert.deepEqual([again.status, again.id], ["existing", outcome.id]);
    }));

  it("goes where Gemini CLI keeps that project's sessions by now", () =>
    inHome(async (home) => {
      await putProject(home);
      await put(home, PATH, HELLO);
      const { archiver, key } = await archived(home);
      await rm(join(home, "tmp"), { recursive: true });
      await putProject(home, PROJECT, "renamed");
      const [outcome] = [await archiver.restore(key)].flat();
      assert.equal(outcome.id, `renamed.${STEM}`);
    }));

  for (const folder of [HASH, "named"]) {
    it(`goes where it was when nothing tells its project: ${folder.slice(0, 5)}`, () =>
      inHome(async (home) => {
        await put(home, PATH.replace("/project/", `/${folder}/`), HELLO);
        await put(home, `tmp/${folder}/chats/${SESSION_ID}/a1b2.jsonl`, HELLO);
        const before = await filesIn(home);
        const { archiver, keys } = await archiveAll(gemini({ store: home }));
        await rm(join(home, "tmp"), { recursive: true });
        for (const key of keys.values()) await archiver.restore(key);
        assert.deepEqual(await filesIn(home), before);
      }));
  }

  it("leaves alone a list that says something else", () =>
    inHome(async (home) => {
      await putProject(home);
      await put(home, PATH, HELLO);
      const { archiver, key } = await archived(home);
      await rm(join(home, "tmp"), { recursive: true });
      await writeFile(join(home, "projects.json"), "half a li");
      const [outcome] = [await archiver.restore(key)].flat();
      assert.equal(outcome.status, "restored");
      assert.equal(await readFile(join(home, "projects.json"), "utf8"), "half a li");
    }));

  it("leaves no version behind when an older document only grew", () =>
    inHome(async (home) => {
      const path = PATH.replace(".jsonl", ".json");
      const document = (...messages: unknown[]) =>
        JSON.stringify({ ...beginning(), messages }, null, 2);
      const backend = new MemoryBackend();
      const agents = [gemini({ store: home })];
      const archiver = new Archiver({ agents, backends: [backend] });
      const keys = [];
      for (const messages of [[user("u1", "hi")], [user("u1", "hi"), model("g1", "hello")]]) {
        await put(home, path, document(...messages));
        for await (const _ of archiver.archiveAll());
      }
      for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
      assert.equal(keys.length, 1);
    }));
});
