/**
 * The agent Claude Code.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { claudeCode } from "../../../../adapters/agents/claude_code/mod.ts";
import { folderOf } from "../../../../adapters/agents/claude_code/place.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import { Archiver } from "../../../../core/archiver.ts";
import type { TranscriptMessage } from "../../../../core/transcript.ts";
import { testFileAgent } from "../../../agents/contract.ts";
import { filesIn, inHome } from "../../../agents/contract/in_home.ts";

const ID = "88af7215-0447-433b-a90e-88a5ac59001a";
const PROJECT = "/home/me/my.project_1";
const FOLDER = "projects/-home-me-my-project-1";
const AGENT = "acb75fe208417935f";
type Line = Record<string, unknown>;

/** Lines of a file, a second apart. */
function linesOf(records: readonly Line[], cwd = PROJECT): string {
  return records.map((record, second) => {
    const timestamp = new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
    const common = { uuid: `uuid-${second}`, timestamp, sessionId: ID, cwd, version: "2.1.197" };
    return JSON.stringify({ ...common, ...record }) + "\n";
  }).join("");
}

const user = (content: unknown, more: Line = {}): Line => ({
  type: "user",
  message: { role: "user", content },
  ...more,
});

const usage = (output: number) => ({
  input_tokens: 10,
  output_tokens: output,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 2,
});

const assistant = (id: string, content: Line, output = 7, more: Line = {}): Line => ({
  type: "assistant",
  requestId: `req_${id}`,
  message: {
    ...{ id, role: "assistant", model: "claude-opus-4-8", content: [content] },
    usage: usage(output),
  },
  ...more,
});

async function put(home: string, path: string, text: string | Uint8Array): Promise<string> {
  const file = join(home, ...path.split("/"));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

testFileAgent({
  name: "claude-code",
  open: (home, now) => claudeCode({ store: home, now }),
  async write(home, said) {
    const { input, output } = said.tokens;
    const wrote = (id: string, block: Line, usage: Line): Line => ({
      type: "assistant",
      message: { id, role: "assistant", model: said.model, content: [block], usage },
    });
    const first = { input_tokens: input, output_tokens: output - 1 };
    const records = [
      user(said.prompt),
      wrote("msg_1", { type: "thinking", thinking: said.thought, signature: "…" }, first),
      wrote(
        "msg_1",
        { type: "tool_use", id: "toolu_1", name: said.tool, input: said.input },
        first,
      ),
      user([{ type: "tool_result", tool_use_id: "toolu_1", content: said.output }]),
      wrote("msg_2", { type: "text", text: said.answer }, { input_tokens: 0, output_tokens: 1 }),
    ];
    const folder = `projects/${folderOf(said.projectPath)}`;
    const path = await put(home, `${folder}/${ID}.jsonl`, linesOf(records, said.projectPath));
    return { id: ID, path };
  },
  beside: ({ path }, name) => join(dirname(path), ID, "tool-results", name),
  elsewhere: [
    ".credentials.json",
    `${FOLDER}/../../../x/${ID}.jsonl`,
    `${FOLDER}/${ID}/../../../../.ssh/authorized_keys`,
    `file-history/${ID}/../../settings.json`,
    `${FOLDER}/${ID}/.env`,
    `${FOLDER}/${ID}\\..\\x`,
  ],
});

const HISTORY: Line = {
  type: "file-history-snapshot",
  messageId: "uuid-0",
  snapshot: {
    trackedFileBackups: {
      "src/a.ts": { backupFileName: "0123456789abcdef@v1", version: 1 },
      ".env.local": { backupFileName: "fedcba9876543210@v1", version: 1 },
      "gone.ts": { backupFileName: null, version: 1 },
    },
  },
};

/** A session with everything beside it that Claude Code writes. */
async function writeWhole(home: string): Promise<void> {
  await put(home, `${FOLDER}/${ID}.jsonl`, linesOf([user("look"), HISTORY]));
  const beside = `${FOLDER}/${ID}`;
  const own = [user("say hi", { isSidechain: true, agentId: AGENT })];
  await put(home, `${beside}/subagents/agent-${AGENT}.jsonl`, linesOf(own));
  await put(home, `${beside}/subagents/agent-${AGENT}.meta.json`, '{"agentType":"Explore"}');
  await put(home, `${beside}/tool-results/b6tv6517w.txt`, "1\n2\n");
  await put(home, `${beside}/tool-results/picture.png`, Uint8Array.of(0x89, 0x50, 0xff, 0));
  await put(home, `file-history/${ID}/0123456789abcdef@v1`, "export {};\n");
  await put(home, `tasks/${ID}/1.json`, '{"subject":"do it"}');
}

function archiverOf(home: string, backend = new MemoryBackend()): Archiver {
  return new Archiver({ agents: [claudeCode({ store: home })], backends: [backend] });
}

/** Keys by session. */
async function archiveAll(archiver: Archiver): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for await (const { session, copies } of archiver.archiveAll()) {
    for (const { key, error } of copies) {
      if (error) throw error;
      keys.set(session.id, key!);
    }
  }
  return keys;
}

describe("a session of Claude Code", () => {
  it("comes back with its sub-agents and all that lies beside it, byte for byte", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const before = await filesIn(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      assert.deepEqual([...keys.keys()].sort(), [ID, `${ID}.${AGENT}`, `${ID}.files`].sort());
      for (const folder of ["projects", "file-history", "tasks"]) {
        await rm(join(home, folder), { recursive: true });
      }
      const outcomes = await archiver.restore(keys.get(ID)!);
      assert.deepEqual(outcomes.map(({ status }) => status), ["restored", "restored", "restored"]);
      assert.deepEqual(await filesIn(home), before);
    }));

  it("leaves a copy of what holds secrets where it is", () =>
    inHome(async (home) => {
      await writeWhole(home);
      await put(home, `file-history/${ID}/fedcba9876543210@v1`, "PASSWORD=hunter2\n");
      await put(home, `${FOLDER}/${ID}/tool-results/id_ed25519`, "a key\n");
      // As Windows writes paths.
      await put(home, `file-history/${ID}/00000000000000aa@v1`, "PASSWORD=hunter2\n");
      const backup = { backupFileName: "00000000000000aa@v1", version: 1 };
      const snapshot = { trackedFileBackups: { "C:\\\\project\\\\.env": backup } };
      const told = linesOf([{ type: "file-history-snapshot", snapshot }]);
      await appendFile(join(home, FOLDER, `${ID}.jsonl`), told);
      const backend = new MemoryBackend();
      await archiveAll(archiverOf(home, backend));
      const stored = [];
      for await (const { objects } of backend.list()) stored.push(...objects);
      for (const { key } of stored) {
        const text = await new Response((await backend.get(key)).body).text();
        assert.ok(!/hunter2|a key/.test(text), key);
      }
    }));

  it("waits for a copy of which no record tells yet, and for none that is old", () =>
    inHome(async (home) => {
      await writeWhole(home);
      await put(home, `file-history/${ID}/00000000000000ff@v2`, "later\n");
      const load = async (now: number) => {
        const agent = claudeCode({ store: home, now: () => now });
        const session = { agent: "claude-code", store: home, id: `${ID}.files` };
        const loaded = await agent.load(session);
        for await (const _ of loaded.native);
        return [loaded.warnings().length, loaded.token.includes("without")];
      };
      assert.deepEqual(await load(Date.now()), [1, true]);
      assert.deepEqual(await load(Date.now() + 3_600_000), [0, false]);
    }));

  it("has no sub-agents in a folder that is a link", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const folder = join(home, FOLDER, ID, "subagents");
      await rename(folder, join(home, "elsewhere"));
      await symlink(join(home, "elsewhere"), folder);
      const keys = await archiveAll(archiverOf(home));
      assert.deepEqual([...keys.keys()].sort(), [ID, `${ID}.files`].sort());
    }));

  it("goes where Claude Code looks for it in another directory", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      await rm(join(home, "projects"), { recursive: true });
      const directory = join(home, "another.place");
      await mkdir(directory);
      await archiver.restore(keys.get(ID)!, { directory });
      const files = [...(await filesIn(home)).keys()];
      const folder = `projects/${folderOf(directory)}`;
      assert.ok(files.includes(`${folder}/${ID}.jsonl`), files.join("\n"));
      assert.ok(files.includes(`${folder}/${ID}/tool-results/b6tv6517w.txt`), files.join("\n"));
      assert.ok(files.includes(`${folder}/${ID}/subagents/agent-${AGENT}.jsonl`));
    }));

  it("is not put back beside one of its id in another project", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      await rm(join(home, FOLDER), { recursive: true });
      const moved = await put(home, `projects/-elsewhere/${ID}.jsonl`, linesOf([user("look")]));
      const [outcome] = await archiver.restore(keys.get(ID)!, { children: false });
      assert.equal(outcome.status, "existing");
      assert.equal(await readFile(moved, "utf8"), linesOf([user("look")]));
    }));

  it("has its sub-agents and files put where it lies by now", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      await rm(join(home, FOLDER), { recursive: true });
      await put(home, `projects/-elsewhere/${ID}.jsonl`, linesOf([user("look")]));
      await archiver.restore(keys.get(ID)!);
      const files = [...(await filesIn(home)).keys()].filter((path) =>
        path.startsWith("projects/")
      );
      assert.deepEqual(files.filter((path) => !path.startsWith("projects/-elsewhere/")), []);
      assert.ok(files.includes(`projects/-elsewhere/${ID}/tool-results/b6tv6517w.txt`));
      assert.ok(files.includes(`projects/-elsewhere/${ID}/subagents/agent-${AGENT}.jsonl`));
    }));

  it("is archived anew where its project's folder was given another name, and goes there", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const archiver = archiverOf(home);
      await archiveAll(archiver);
      await rename(join(home, FOLDER), join(home, "projects/-home-me-renamed"));
      const before = await filesIn(home);
      const keys = await archiveAll(archiver);
      await rm(join(home, "projects"), { recursive: true });
      await archiver.restore(keys.get(ID)!);
      assert.deepEqual(await filesIn(home), before);
    }));

  it("is the one that changed last where it lies twice, and both are named", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const newer = await put(home, `projects/-elsewhere/${ID}.jsonl`, linesOf([user("newer")]));
      const found = new Map<string, string>();
      const agent = claudeCode({ store: home });
      const look = async () => {
        for await (const { id, projectPath } of agent.sessions()) found.set(id, projectPath);
      };
      const message = /only projects\/-elsewhere\/.*not projects\/-home-me/;
      await utimes(newer, new Date(), new Date(Date.now() + 60_000));
      await assert.rejects(look, { code: "AlreadyExists", message });
      assert.ok(found.has(ID) && found.has(`${ID}.${AGENT}`));
    }));

  it("may be a sub-agent's of an earlier version, beside the sessions", () =>
    inHome(async (home) => {
      const path = `${FOLDER}/agent-1a2b3c4d.jsonl`;
      await put(home, path, linesOf([{ ...user("look"), isSidechain: true, agentId: "1a2b3c4d" }]));
      const before = await filesIn(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      assert.deepEqual([...keys.keys()], ["agent-1a2b3c4d"]);
      await rm(join(home, "projects"), { recursive: true });
      await archiver.restore(keys.get("agent-1a2b3c4d")!);
      assert.deepEqual(await filesIn(home), before);
    }));

  it("has all its sub-agents, though two workflows gave the same id", () =>
    inHome(async (home) => {
      await writeWhole(home);
      for (const name of ["w1", "w2"]) {
        const path = `${FOLDER}/${ID}/subagents/workflows/${name}/agent-${AGENT}.jsonl`;
        await put(home, path, linesOf([user(`look at ${name}`)]));
      }
      const before = await filesIn(home);
      const archiver = archiverOf(home);
      const keys = await archiveAll(archiver);
      await rm(join(home, FOLDER), { recursive: true });
      await archiver.restore(keys.get(ID)!);
      assert.deepEqual(await filesIn(home), before);
    }));

  it("keeps no version for a task that changed, and one for a file that is gone", () =>
    inHome(async (home) => {
      const backend = new MemoryBackend();
      const archiver = archiverOf(home, backend);
      await writeWhole(home);
      await archiveAll(archiver);
      const count = async () => {
        let count = 0;
        for await (const { objects } of backend.list()) count += objects.length;
        return count;
      };
      await put(home, `tasks/${ID}/1.json`, '{"subject":"do it","status":"completed"}');
      await archiveAll(archiver);
      assert.equal(await count(), 3);
      await rm(join(home, FOLDER, ID, "tool-results"), { recursive: true });
      await archiveAll(archiver);
      assert.equal(await count(), 4);
    }));

  const TITLES: [string, Line[], string][] = [
    ["its user gave it", [{ type: "ai-title", aiTitle: "b" }, {
      type: "custom-title",
      customTitle: "a",
    }], "a"],
    ["a model gave it", [{ type: "ai-title", aiTitle: "b" }], "b"],
    ["an older version gave it", [{ type: "summary", summary: "c", leafUuid: "x" }], "c"],
    ["its user said first", [], "look here"],
  ];
  for (const [what, records, title] of TITLES) {
    it(`is called what ${what}`, () =>
      inHome(async (home) => {
        const said = [
          user("<command-name>/clear</command-name>"),
          user("Caveat: …", { isMeta: true }),
          user("look here\nand there"),
        ];
        await put(home, `${FOLDER}/${ID}.jsonl`, linesOf([...said, ...records]));
        const loaded = await claudeCode({ store: home })
          .load({ agent: "claude-code", store: home, id: ID });
        for await (const _ of loaded.native);
        assert.equal(loaded.summary().title, title);
        assert.deepEqual([loaded.projectPath, loaded.summary().messages], [PROJECT, 1]);
      }));
  }

  it("lies in a folder that is named as Claude Code names it", () => {
    assert.equal(folderOf("/home/me/ü x.y"), "-home-me---x-y");
    const long = folderOf(`/${"a/".repeat(150)}`);
    assert.match(long, /^[-a]{200}-[0-9a-z]+$/);
    assert.notEqual(long, folderOf(`/${"a/".repeat(151)}`));
  });
});

async function messagesOf(records: readonly Line[]): Promise<TranscriptMessage[]> {
  const messages: TranscriptMessage[] = [];
  await inHome(async (home) => {
    await put(home, `${FOLDER}/${ID}.jsonl`, linesOf(records));
    const agent = claudeCode({ store: home });
    const { native } = await agent.load({ agent: "claude-code", store: home, id: ID });
    async function* lines() {
      for await (const line of native) yield new TextDecoder().decode(line);
    }
    for await (const message of agent.transcript(lines())) messages.push(message);
  });
  return messages;
}

describe("a conversation with Claude Code", () => {
  const CALL = { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls" } };

  it("has the model's thoughts, calls with what they gave, and tokens, each once", async () => {
    const [said, answered, ...others] = await messagesOf([
      user("look"),
      assistant("msg_1", { type: "thinking", thinking: "I should look", signature: "…" }, 1),
      assistant("msg_1", { type: "text", text: "Looking." }, 5),
      assistant("msg_1", CALL, 20),
      user([{ type: "tool_result", tool_use_id: "toolu_1", content: "a.txt" }]),
      assistant("msg_2", { type: "text", text: "There is a.txt." }, 8),
    ]);
    assert.deepEqual([said.role, said.id, others], ["user", "uuid-0", []]);
    assert.equal(answered.model, "anthropic/claude-opus-4-8");
    const tokens = { input: 20, output: 28, reasoning: 0, cacheRead: 4, cacheWrite: 6 };
    assert.deepEqual(answered.tokens, tokens);
    assert.deepEqual(answered.parts, [
      { type: "reasoning", text: "I should look" },
      { type: "text", text: "Looking." },
      {
        ...{ type: "tool", tool: "Bash", status: "completed", input: { command: "ls" } },
        output: "a.txt",
      },
      { type: "text", text: "There is a.txt." },
    ]);
  });

  it("tells a call that failed, and one that was cut off", async () => {
    const other = { ...CALL, id: "toolu_2" };
    const failed = { type: "tool_result", tool_use_id: "toolu_1", is_error: true };
    const [, { parts }] = await messagesOf([
      user("look"),
      assistant("msg_1", CALL),
      assistant("msg_1", other),
      user([{ ...failed, content: [{ type: "text", text: "no such thing" }] }]),
    ]);
    assert.deepEqual(parts.map((part) => "status" in part && [part.status, part.output]), [
      ["error", "no such thing"],
      ["running", undefined],
    ]);
  });

  it("leaves out what a sub-agent said among the session's own records", async () => {
    const aside = { isSidechain: true };
    const messages = await messagesOf([
      user("look", { isSidechain: false }),
      user("you are a sub-agent", aside),
      assistant("msg_1", { type: "text", text: "yes" }, 1, aside),
      assistant("msg_2", { type: "text", text: "done" }),
    ]);
    assert.deepEqual(messages.map(({ parts }) => parts), [
      [{ type: "text", text: "look" }],
      [{ type: "text", text: "done" }],
    ]);
  });

  it("is not upset by records of any other shape", async () => {
    const odd: Line[] = [
      { type: "user", message: 5 },
      { type: "assistant", message: { content: [null, 7, { type: "tool_use" }] } },
      { type: "system", subtype: 3 },
      { type: "custom-title", customTitle: {} },
      { type: "file-history-snapshot", snapshot: { trackedFileBackups: [1] } },
    ];
    assert.equal((await messagesOf(odd)).length, 1);
  });
});
