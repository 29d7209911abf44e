/**
 * Sessions of Codex as agentsview reads them in a store.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import { FOR_AGENTSVIEW } from "../../../../adapters/agents/codex/layout.ts";
import { codex } from "../../../../adapters/agents/codex/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { inHome } from "../../../agents/contract/in_home.ts";
import { plainFilesIn } from "../plain_files.ts";

const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const NAME = `rollout-2026-01-31T12-00-00-${ID}.jsonl`;
const KEY = `laptop/raw/codex/2026/01/31/${NAME}`;
const LONG_AGO = new Date("2026-01-31T12:00:00Z");
const skip = zlib.zstdCompressSync === undefined && "this runtime has no zstd";

/** With a carriage return, a line that is no JSON, and one that is not whole. */
const TEXT = [
  JSON.stringify({
    timestamp: "2026-01-31T12:00:00.000Z",
    type: "session_meta",
    payload: { id: ID, timestamp: "2026-01-31T12:00:00.000Z", cwd: "/home/me/project" },
  }) + "\r\n",
  "no JSON\n",
  '{"type":"half',
].join("");

async function write(home: string, folder: string, text = TEXT): Promise<string> {
  const path = join(home, folder, NAME);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await utimes(path, LONG_AGO, LONG_AGO);
  return path;
}

async function archive(home: string, backend: MemoryBackend): Promise<Archiver> {
  const layouts = { memory: { name: "agentsview", machine: "laptop" } };
  const archiver = new Archiver({
    agents: [codex({ store: home })],
    backends: [backend],
    layouts,
  });
  for await (const { copies } of archiver.archiveAll()) {
    for (const { error } of copies) if (error) throw error;
  }
  return archiver;
}

describe("a session of Codex, for agentsview", () => {
  it("lies by day, byte for byte as Codex has it", () =>
    inHome(async (home) => {
      await write(home, "sessions/2026/01/31");
      const backend = new MemoryBackend();
      await archive(home, backend);
      assert.deepEqual(await plainFilesIn(backend), new Map([[KEY, TEXT]]));
    }));

  it("lies there unpacked when Codex has packed it", { skip }, () =>
    inHome(async (home) => {
      const path = await write(home, "sessions/2026/01/31");
      await writeFile(`${path}.zst`, zlib.zstdCompressSync(await readFile(path)));
      await utimes(`${path}.zst`, LONG_AGO, LONG_AGO);
      await rm(path);
      const backend = new MemoryBackend();
      await archive(home, backend);
      assert.deepEqual(await plainFilesIn(backend), new Map([[KEY, TEXT]]));
    }));

  it("stays in its place when Codex puts it aside", () =>
    inHome(async (home) => {
      const path = await write(home, "sessions/2026/01/31");
      const backend = new MemoryBackend();
      await archive(home, backend);
      await mkdir(join(home, "archived_sessions"));
      await rename(path, join(home, "archived_sessions", NAME));
      await archive(home, backend);
      assert.deepEqual(await plainFilesIn(backend), new Map([[KEY, TEXT]]));
    }));

  it("is known by its place, and nothing else is", () => {
    const { placeOf, sessionOf } = FOR_AGENTSVIEW;
    assert.equal(sessionOf(`2026/01/31/${NAME}`), ID);
    for (const path of [NAME, `x/2026/01/31/${NAME}`, `2026/01/31/${NAME}.zst`, "2026/01/31/x"]) {
      assert.equal(sessionOf(path), undefined, path);
      assert.equal(placeOf(path), undefined, path);
    }
  });
});
