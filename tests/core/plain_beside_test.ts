/**
 * Plain files beside archives are none: whatever looks for archives passes them over.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Archiver,
  FileBackend,
  MemoryBackend,
  MemoryLedger,
  parseArchiveKey,
} from "@session-archiver/archiver";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FOR_AGENTSVIEW as CLAUDE } from "../../adapters/agents/claude_code/layout.ts";
import { FOR_AGENTSVIEW as CODEX } from "../../adapters/agents/codex/layout.ts";
import { folderIn, plainFolderOf } from "../../core/plain/layout.ts";
import fc from "../properties.ts";
import { LaidOutAgent, LAYOUT } from "./laid_out_agent.ts";

const DAY = "2026-01-31";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Archives one session of each project, with plain files under a machine's name. */
async function stage(projects: readonly string[], machine: string, backend = new MemoryBackend()) {
  const agent = new LaidOutAgent();
  projects.forEach((projectPath, at) => {
    agent.set({
      ...{ id: `ses_${at}`, projectPath, createdAt: `${DAY}T12:00:00.000Z` },
      title: `file:${DAY}/ses_${at}`,
      messages: [{ id: "m", role: "user", text: "hello" }],
    });
  });
  const ledger = new MemoryLedger();
  const layouts = { [backend.name]: { ...LAYOUT, machine } };
  const archiver = new Archiver({ agents: [agent], backends: [backend], ledger, layouts });
  for (const { copies: [{ error }] } of await collect(archiver.archiveAll())) {
    if (error) throw error;
  }
  return { agent, backend, archiver, layouts };
}

/** A store without a ledger, as another machine has it. */
function stranger({ agent, backend }: Awaited<ReturnType<typeof stage>>): Archiver {
  return new Archiver({ agents: [agent], backends: [backend] });
}

const NAMES = ["raw", "laptop", DAY, "home_me", "a", "z", "sessions"];
const name = fc.constantFrom(...NAMES);

describe("plain files beside archives", () => {
  it("never have an archive's key, whatever the machine and the project are called", () => {
    const uuid = fc.uuid();
    const folder = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/);
    const claude = fc.tuple(folder, uuid).map(([project, id]) =>
      folderIn({ ...LAYOUT, machine: DAY }, { ...CLAUDE, files: undefined as never }) +
      CLAUDE.placeOf(`projects/${project}/${id}.jsonl`)!.path
    );
    const machine = fc.oneof(name, fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/));
    const codex = fc.tuple(machine, uuid).map(([machine, id]) =>
      folderIn({ ...LAYOUT, machine }, { ...CODEX, files: undefined as never }) +
      CODEX.placeOf(`sessions/2026/01/31/rollout-${DAY}T12-00-00-${id}.jsonl`)!.path
    );
    fc.assert(fc.property(fc.oneof(claude, codex), (key) => {
      assert.equal(parseArchiveKey(key), undefined, key);
      assert.equal(plainFolderOf(key), key.slice(0, key.indexOf("/raw/") + "/raw/".length));
    }));
  });

  it("are in no list, whatever the machine and the projects are called", () =>
    fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1 }), name, async (names, machine) => {
        const staged = await stage(names.map((one) => `/${one}`), machine);
        for (const archiver of [staged.archiver, stranger(staged)]) {
          const listed = (await collect(archiver.list({ versions: true }))).map(({ key }) => key);
          const wanted = names.map((one, at) => `${one}/${DAY}/ses_${at}.json`);
          assert.deepEqual(listed.sort(), wanted.sort());
          const [project] = names;
          const one = await collect(archiver.list({ project: [`/${project}`], limit: 5 }));
          assert.deepEqual(one.map(({ key }) => key), [`${project}/${DAY}/ses_0.json`]);
        }
      }),
      { numRuns: 40 },
    ));

  it("are nothing to verify, to rebuild a ledger from, to prune, or to find by a name", async () => {
    const staged = await stage(["/raw", "/laptop"], "raw");
    for (const archiver of [staged.archiver, stranger(staged)]) {
      const verified = await collect(archiver.verify());
      assert.deepEqual(verified.map(({ key, status }) => [key, status]), [
        [`laptop/${DAY}/ses_1.json`, "ok"],
        [`raw/${DAY}/ses_0.json`, "ok"],
      ]);
      assert.deepEqual(await collect(archiver.repair()), []);
      assert.equal((await collect(archiver.rebuildLedger())).length, 2);
      assert.deepEqual(await collect(archiver.planPruning()), []);
      assert.equal(await archiver.resolve("ses_0"), `raw/${DAY}/ses_0.json`);
      await assert.rejects(archiver.resolve("ses_0.jsonl"), { code: "NotFound" });
    }
  });

  it("are not carried to another backend, where the next run makes its own", async () => {
    const { agent, backend } = await stage(["/raw"], "raw");
    const other = new MemoryBackend({ name: "other" });
    const layouts = { other: LAYOUT };
    const archiver = new Archiver({ agents: [agent], backends: [backend, other], layouts });
    const synced = await collect(archiver.sync("memory", "other"));
    assert.deepEqual(synced.map(({ key, status }) => [key, status]), [[
      `raw/${DAY}/ses_0.json`,
      "copied",
    ]]);
    const keys = async () =>
      (await collect(other.list())).flatMap(({ objects }) => objects.map(({ key }) => key));
    assert.deepEqual(await keys(), [`raw/${DAY}/ses_0.json`]);
    await collect(archiver.archiveAll());
    assert.deepEqual(await keys(), [
      `laptop/raw/memory/${DAY}/ses_0.jsonl`,
      `raw/${DAY}/ses_0.json`,
    ]);
  });

  it("do not hide that all archives are gone", async () => {
    const { archiver, backend } = await stage(["/a", "/b"], "laptop");
    await backend.put("desk/raw/memory/x/y.jsonl", new Uint8Array(1));
    assert.deepEqual(await collect(archiver.forgetEmptied()), []);
    await backend.delete(`a/${DAY}/ses_0.json`);
    await backend.delete(`b/${DAY}/ses_1.json`);
    assert.deepEqual(await collect(archiver.forgetEmptied()), [{ backend: "memory", copies: 2 }]);
    const again = await collect(archiver.archiveAll());
    assert.deepEqual(again.map(({ copies }) => copies[0].status), ["archived", "archived"]);
  });

  it("lie in a folder as in a bucket", async () => {
    const path = await mkdtemp(join(tmpdir(), "plain-files-"));
    try {
      const backend = new FileBackend({ path });
      const agent = new LaidOutAgent();
      const set = (text: string) =>
        agent.set({
          ...{ id: "one", projectPath: "/raw", createdAt: `${DAY}T12:00:00.000Z` },
          ...{ title: "folder:a/one", messages: [{ id: "m", role: "user", text }] },
        });
      const layouts = { [backend.name]: LAYOUT };
      const archiver = new Archiver({ agents: [agent], backends: [backend], layouts });
      const keys = async () =>
        (await collect(backend.list())).flatMap(({ objects }) => objects.map(({ key }) => key));
      for (const text of ["hello", "there"]) {
        set(text);
        await collect(archiver.archiveAll());
        const { body } = await backend.get("laptop/raw/memory/a/one/m.txt");
        assert.equal(await new Response(body as BodyInit).text(), text);
      }
      assert.deepEqual((await collect(archiver.list())).map(({ key }) => key), [
        `raw/${DAY}/one.json`,
      ]);
      await archiver.delete(`raw/${DAY}/one.json`);
      assert.deepEqual((await keys()).filter((key) => !key.includes("~")), []);
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  });
});
