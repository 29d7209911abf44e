/**
 * What lies beside a session of Copilot.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { copilot } from "../../../../adapters/agents/copilot/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { inHome } from "../../../agents/contract/in_home.ts";
import { asked, beginning, EVENTS, ID, loadedFrom, write } from "./made_up.ts";

const FOLDER = dirname(EVENTS);
const HOUR = 3_600_000;

async function put(home: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, FOLDER, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** What is left of a session's folder once it was archived, deleted and put back. */
async function broughtBack(files: Readonly<Record<string, string>>): Promise<string[]> {
  let left: string[] = [];
  await inHome(async (home) => {
    await write(home, [...beginning("/p"), asked("hello")]);
    await put(home, files);
    const agent = copilot({ store: home, now: () => Date.now() + HOUR });
    const archiver = new Archiver({ agents: [agent], backends: [new MemoryBackend()] });
    const keys = new Map<string, string>();
    for await (const { session, copies: [{ key, error }] } of archiver.archiveAll()) {
      if (error) throw error;
      keys.set(session.id, key!);
    }
    await rm(join(home, FOLDER), { recursive: true });
    const outcomes = await archiver.restore(keys.get(ID)!);
    assert.deepEqual(outcomes.map(({ status }) => status), ["restored", "restored"]);
    left = (await readdir(join(home, FOLDER), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(home, FOLDER).length + 1))
      .map((path) => path.replaceAll("\\", "/")).sort();
    for (const path of left.filter((path) => path in files)) {
      assert.equal(await readFile(join(home, FOLDER, path), "utf8"), files[path]);
    }
  });
  return left;
}

/** An index of copies, and what each is of. */
const index = (originals: Readonly<Record<string, string>>) => {
  const files = Object.entries(originals).map(([backupFile, path]) => ({
    ...{ path, preimage: { kind: "content", backupFile, resolvedPath: path } },
  }));
  return JSON.stringify({ schema: 1, snapshots: [{ files: { ...files } }] }, null, 2);
};

describe("what lies beside a session of Copilot", () => {
  const KEPT = {
    "workspace.yaml": `id: ${ID}\nname: a name\n`,
    "plan.md": "# A plan\n",
    "checkpoints/index.md": "| # | Title | File |\n",
    "files/a/b.txt": "b\n",
    "session.db": "SQLite format 3\0…",
    "events.jsonl.backup-before-recovery-00ff": "{}\n\0",
  };

  it("is put back with it, but for locks and what is never archived", async () => {
    const files = {
      ...KEPT,
      ...{ "inuse.7.lock": "7", "inuse.7.hold": "", ".workspace-fork.lock": "" },
      ...{ "files/.env": "KEY=1", "files/id_rsa": "…" },
    };
    assert.deepEqual(await broughtBack(files), ["events.jsonl", ...Object.keys(KEPT)].sort());
  });

  it("has copies of edited files, but for those of what is never archived, or of nobody knows what", async () => {
    const folder = "rewind-file-snapshots";
    const files = {
      [`${folder}/index.json`]: index({ aa: "/p/a.txt", bb: "/p/.env", cc: "C:\\p\\id_rsa" }),
      [`${folder}/tracking.json`]: "{}",
      ...{ [`${folder}/backups/aa`]: "a", [`${folder}/backups/bb`]: "KEY=1" },
      ...{ [`${folder}/backups/cc`]: "…", [`${folder}/backups/dd`]: "?" },
      "rewind-snapshots/backups/aa": "?",
    };
    assert.deepEqual(await broughtBack(files), [
      "events.jsonl",
      ...["backups/aa", "index.json", "tracking.json"].map((name) => `${folder}/${name}`),
    ]);
  });

  it("does without a copy that is of two files, of which one is never archived", async () => {
    const folder = "rewind-file-snapshots";
    const snapshots = ["/p/.env", "/p/a.txt"].map((path) => ({
      files: { one: { path, preimage: { backupFile: "aa" } } },
    }));
    const left = await broughtBack({
      [`${folder}/index.json`]: JSON.stringify({ snapshots }),
      [`${folder}/backups/aa`]: "KEY=1",
    });
    assert.deepEqual(left, ["events.jsonl", `${folder}/index.json`]);
  });

  const NAMES: [string, string, string][] = [
    ["a name", "name: 'a: name'\nsummary: more\n", "a: name"],
    ["a name of several lines", "name: |-\n  first: line\n  second\n", "first: line"],
    ["a name that looks like a date", "name: 2026-01-31\n", "2026-01-31"],
    ["a summary alone", "summary: in short\n", "in short"],
    ["neither", "id: x\n", "hello"],
    ["no YAML", "name: [\n", "hello"],
  ];
  for (const [what, text, title] of NAMES) {
    it(`says what the session is called, or its first words do: ${what}`, () =>
      inHome(async (home) => {
        await put(home, { "workspace.yaml": text });
        const { summary } = await loadedFrom(home, [...beginning("/p"), asked("hello")]);
        assert.equal(summary.title, title);
      }));
  }
});
