/**
 * Freeing the disk of a real OpenCode: exactly what is proven goes, and comes back equal.
 */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { configPath } from "../../adapters/state/location.ts";
import { writeOpenCodeDatabase, type WrittenSession } from "../fixtures/opencode_database.ts";
import { openCode } from "../../adapters/agents/opencode/mod.ts";
import { appendMessage } from "../fixtures/opencode_edits.ts";
import { type ArchiveCommand, archiveIn, type Ended } from "./archive_command.ts";
import { type Exported, withoutPlace } from "./exported_session.ts";
import {
  echo,
  type OpenCodeHome,
  type OpenCodeServer,
  startOpenCodeHome,
} from "./real_opencode.ts";

const COUNT = 50;
const CHILDREN = 2;

interface Json {
  readonly sessions: readonly {
    readonly id: string;
    readonly ids: readonly string[];
    readonly status: string;
    readonly problem?: string;
  }[];
}

interface Repaired {
  readonly copies: readonly {
    readonly key: string;
    readonly backend: string;
    readonly status: string;
    readonly from?: { readonly source: string };
  }[];
}

describe("freeing the disk of a real OpenCode", () => {
  let home: OpenCodeHome;
  let archive: ArchiveCommand;
  let project: string;
  /** It runs while sessions are deleted. */
  let server: OpenCodeServer | undefined;
  let sessions: readonly WrittenSession[];
  const exports = new Map<string, Exported>();
  let kept: Readonly<Record<"open" | "damaged" | "single" | "grown", string>>;

  before(async () => {
    home = await startOpenCodeHome(echo);
    archive = archiveIn(home);
    project = await home.project("one");
    await mkdir(dirname(home.database), { recursive: true });
    sessions = await writeOpenCodeDatabase(home.database, {
      sessions: [
        { count: COUNT - CHILDREN - 1, turns: 2, projects: [project] },
        { count: 1, turns: 2, projects: [project], children: CHILDREN },
      ],
    });
    const config = configPath({ env: home.env, platform: process.platform });
    await mkdir(dirname(config), { recursive: true });
    const folder = (name: string) => ({ type: "file", path: join(home.folder, name) });
    const backends = { near: folder("near"), far: folder("far") };
    await writeFile(config, JSON.stringify({ backends, default: ["near", "far"] }));
    const [open, damaged, single, grown] = sessions.map(({ id }) => id);
    kept = { open, damaged, single, grown };
    await succeed(archive("run"));
    for (const { id } of sessions.slice(-CHILDREN - 2)) {
      exports.set(id, await home.export(id) as Exported);
    }
    server = await home.serve(project);
    await server.prompt(project, kept.open, "still at it");
    await succeed(archive("run", "--session", kept.open));
    await appendMessage(home.database, kept.grown, "and one thing more");
    const at = async (backend: string, id: string) => {
      const { key } = (await archive.json<{ id: string; key: string }[]>("list", "--limit", "100"))
        .find((row) => row.id === id)!;
      return join(home.folder, backend, key);
    };
    await rm(await at("far", kept.single));
    const path = await at("near", kept.damaged);
    await writeFile(path, (await readFile(path, "utf8")).replace(/[aeiou]/, "X"));
  });

  after(async () => {
    await server?.close();
    await home?.close();
  });

  it("deletes exactly the sessions of which every copy is proven", async () => {
    const said = await archive("prune-local", "--yes", "--older-than", "0d", "--json");
    assert.equal(said.code, 1, said.stderr);
    const { sessions: rows }: Json = JSON.parse(said.stdout);
    const deleted = rows.filter(({ status }) => status === "deleted").flatMap(({ ids }) => ids);
    const stays = Object.values(kept).sort();
    assert.deepEqual(
      sessions.map(({ id }) => id).filter((id) => !deleted.includes(id)).sort(),
      stays,
    );
    assert.deepEqual(await sessionsLeft(home), stays);
    const problem = (id: string) => rows.find((row) => row.id === id)?.problem ?? "";
    assert.match(problem(kept.damaged), /is not what the session is|damaged/);
    assert.match(problem(kept.single), /not there|no object/);
    assert.match(problem(kept.grown), /^.*it has changed since it was archived/);
    assert.equal(rows.find(({ id }) => id === kept.open)?.status, "young");
  });

  it("gives the room back to the disk as it is told how", async () => {
    await server?.close();
    const sizes = await Promise.all(["", "-wal"].map((end) => sizeOf(home.database + end)));
    for (const sql of ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]) {
      await home.opencode(project, "db", sql);
    }
    const [file, log] = await Promise.all(["", "-wal"].map((end) => sizeOf(home.database + end)));
    assert.ok(file < sizes[0] / 2, `${file} of ${sizes[0]} bytes`);
    assert.equal(log, 0);
    assert.deepEqual(await sessionsLeft(home), Object.values(kept).sort());
  });

  it("restores each equal to what it was", async () => {
    const [alone, parent] = [...exports.keys()];
    for (const id of [alone, parent]) await succeed(archive("restore", id));
    for (const [id, before] of exports) {
      assert.deepEqual(withoutPlace(await home.export(id) as Exported), withoutPlace(before));
    }
  });

  it("heals the copies that kept a session here, and all of them are good", async () => {
    const wrong = [["far", kept.single], ["near", kept.damaged]];
    const repaired = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await archive("repair", "--all", "--json", ...args);
      const { copies }: Repaired = JSON.parse(stdout);
      const told = copies.map((one) => [one.backend, /ses_\w+/.exec(one.key)?.[0]]).sort();
      assert.deepEqual(told, wrong, stderr);
      return [code, ...copies.map(({ status, from }) => `${status} from ${from?.source}`)];
    };
    assert.deepEqual(await repaired(), [0, ...wrong.map(() => "would repair from mirror")]);
    assert.deepEqual(await repaired("--yes"), [0, ...wrong.map(() => "repaired from mirror")]);
    await succeed(archive("verify", "--all"));
  });
});

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(({ size }) => size, () => 0);
}

async function sessionsLeft({ database }: OpenCodeHome): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of openCode({ database }).sessions()) ids.push(id);
  return ids.sort();
}

async function succeed(running: Promise<Ended>): Promise<void> {
  const { code, stderr } = await running;
  assert.equal(code, 0, stderr);
}
