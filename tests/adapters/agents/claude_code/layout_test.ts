/**
 * Sessions of Claude Code as agentsview reads them in a store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { FOR_AGENTSVIEW } from "../../../../adapters/agents/claude_code/layout.ts";
import { claudeCode } from "../../../../adapters/agents/claude_code/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { MemoryLedger } from "../../../../core/ledger/ledger.ts";
import { inHome } from "../../../agents/contract/in_home.ts";
import { plainFilesIn } from "../plain_files.ts";

const ID = "88af7215-0447-433b-a90e-88a5ac59001a";
const FOLDER = "-home-me-project";
const AGENT = "acb75fe208417935f";

function line(text: string): string {
  return JSON.stringify({
    type: "user",
    uuid: "uuid-0",
    timestamp: "2026-01-31T12:00:00.000Z",
    sessionId: ID,
    cwd: "/home/me/project",
    message: { role: "user", content: text },
  }) + "\n";
}

async function put(home: string, path: string, text: string): Promise<void> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function writeWhole(home: string): Promise<void> {
  const session = `projects/${FOLDER}/${ID}`;
  await put(home, `${session}.jsonl`, line("look"));
  await put(home, `${session}/subagents/agent-${AGENT}.jsonl`, line("say hi"));
  await put(home, `${session}/subagents/agent-${AGENT}.meta.json`, "{}");
  await put(home, `${session}/subagents/workflows/wf_1/agent-${AGENT}1.jsonl`, line("say ho"));
  await put(home, `${session}/tool-results/b6tv6517w.txt`, "1\n2\n");
  await put(home, `${session}/tool-results/id_ed25519`, "a key\n");
  await put(home, `${session}/tool-results/odd name.txt`, "odd\n");
  await put(home, `tasks/${ID}/1.json`, "{}");
}

class Machine {
  readonly backend = new MemoryBackend();
  readonly ledger = new MemoryLedger();
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  archiver(): Archiver {
    return new Archiver({
      agents: [claudeCode({ store: this.home })],
      backends: [this.backend],
      ledger: this.ledger,
      layouts: { memory: { name: "agentsview", machine: "laptop" } },
    });
  }

  /** The key of each session's archive. */
  async archive(): Promise<Map<string, string>> {
    const keys = new Map<string, string>();
    for await (const { session, copies: [{ key, error }] } of this.archiver().archiveAll()) {
      if (error) throw error;
      keys.set(session.id, key!);
    }
    return keys;
  }
}

/** What agentsview is to find, below a project's folder. */
function wanted(folder = FOLDER): Map<string, string> {
  const session = `laptop/raw/claude/${folder}/${ID}`;
  return new Map([
    [`${session}.jsonl`, line("look")],
    [`${session}/subagents/agent-${AGENT}.jsonl`, line("say hi")],
    [`${session}/subagents/workflows/wf_1/agent-${AGENT}1.jsonl`, line("say ho")],
    [`${session}/tool-results/b6tv6517w.txt`, "1\n2\n"],
  ]);
}

describe("a session of Claude Code, for agentsview", () => {
  it("lies by project, with its sub-agents and the results of tools, and nothing else", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const machine = new Machine(home);
      await machine.archive();
      assert.deepEqual(await plainFilesIn(machine.backend), wanted());
    }));

  it("goes with its project's folder", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const machine = new Machine(home);
      await machine.archive();
      await rename(join(home, "projects", FOLDER), join(home, "projects", "-elsewhere"));
      const text = line("look") + line("again");
      await put(home, `projects/-elsewhere/${ID}.jsonl`, text);
      const sub = `projects/-elsewhere/${ID}/subagents`;
      await put(home, `${sub}/agent-${AGENT}.jsonl`, line("say hi") + line("x"));
      await put(home, `${sub}/workflows/wf_1/agent-${AGENT}1.jsonl`, line("say ho") + line("x"));
      await put(home, `projects/-elsewhere/${ID}/tool-results/b.txt`, "3\n");
      await machine.archive();
      const keys = [...(await plainFilesIn(machine.backend)).keys()];
      assert.deepEqual(keys.filter((key) => key.includes(FOLDER)), []);
      assert.equal(keys.length, 5, keys.join("\n"));
    }));

  it("loses only what belongs to the archive that is deleted", () =>
    inHome(async (home) => {
      await writeWhole(home);
      const machine = new Machine(home);
      const keys = await machine.archive();
      const left = wanted();
      const drop = async (id: string, ending: string) => {
        await machine.archiver().delete(keys.get(id)!);
        left.delete([...left.keys()].find((key) => key.endsWith(ending))!);
        assert.deepEqual(await plainFilesIn(machine.backend), left);
      };
      await drop(`${ID}.files`, "b6tv6517w.txt");
      await drop(ID, `${ID}.jsonl`);
      await drop(`${ID}.${AGENT}`, `agent-${AGENT}.jsonl`);
    }));

  it("is known by its place, and nothing else is", () => {
    const { placeOf, sessionOf } = FOR_AGENTSVIEW;
    assert.equal(sessionOf(`${FOLDER}/${ID}.jsonl`), ID);
    assert.equal(sessionOf(`${FOLDER}/${ID}/subagents/agent-${AGENT}.jsonl`), `${ID}.${AGENT}`);
    assert.equal(sessionOf(`${FOLDER}/${ID}/tool-results/a/b.txt`), `${ID}.files`);
    for (const path of [`${FOLDER}/x.jsonl`, `${FOLDER}/${ID}/plan.md`, `${ID}.jsonl`]) {
      assert.equal(sessionOf(path), undefined, path);
    }
    for (const path of [`tasks/${ID}/1.json`, `projects/${FOLDER}/${ID}/tool-results/../x`]) {
      assert.equal(placeOf(path), undefined, path);
    }
  });
});
