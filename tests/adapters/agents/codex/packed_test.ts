/**
 * Sessions that Codex has packed, and the names that users give to sessions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import { codex } from "../../../../adapters/agents/codex/mod.ts";
import { MemoryBackend } from "../../../../backends/memory.ts";
import type { Agent, SessionRef } from "../../../../core/agent.ts";
import { Archiver } from "../../../../core/archiver.ts";
import { type ErrorCode, isArchiveError } from "../../../../core/errors.ts";
import { inHome } from "../../../agents/contract/in_home.ts";

const hasZstd = zlib.zstdCompressSync !== undefined;
const skip = !hasZstd && "this runtime has no zstd";
const ID = "0199a213-81c0-7800-8aa1-bbab2a035a53";
const OTHER = "0199a213-81c0-7800-8aa1-bbab2a035a54";
const LONG_AGO = new Date("2026-01-31T12:00:00Z");

const pathOf = (home: string, id: string) =>
  join(home, `sessions/2026/01/31/rollout-2026-01-31T12-00-00-${id}.jsonl`);

/** The lines of a session, whose last one has a record that nobody knows, of some length. */
function linesOf(id: string, said: string, length = 0): string {
  const timestamp = "2026-01-31T12:00:00.000Z";
  const meta = { id, timestamp, cwd: "/home/me/project", model_provider: "openai" };
  const content = [{ type: "input_text", text: said }];
  return [
    { timestamp, type: "session_meta", payload: meta },
    { timestamp, type: "response_item", payload: { type: "message", role: "user", content } },
    { timestamp, type: "to_come", payload: "x".repeat(length) },
  ].map((line) => JSON.stringify(line) + "\n").join("");
}

async function write(home: string, id: string, said = "say hello"): Promise<string> {
  const path = pathOf(home, id);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, linesOf(id, said));
  await utimes(path, LONG_AGO, LONG_AGO);
  return path;
}

/** As Codex does: the packed file takes the other's place, and keeps its time. */
async function pack(path: string): Promise<string> {
  const packed = `${path}.zst`;
  await put(packed, zlib.zstdCompressSync(await readFile(path)));
  await rm(path);
  return packed;
}

async function put(path: string, bytes: Uint8Array, at = LONG_AGO): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  await utimes(path, at, at);
}

async function sessionsOf(agent: Agent): Promise<SessionRef[]> {
  const sessions: SessionRef[] = [];
  for await (const session of agent.sessions()) sessions.push(session);
  return sessions;
}

/** What loading a session gives: its lines and its title. */
async function loaded(agent: Agent, store: string, id = ID) {
  const session = await agent.load({ agent: "codex", store, id });
  const lines: string[] = [];
  for await (const line of session.native) lines.push(new TextDecoder().decode(line));
  return { lines, title: session.summary().title };
}

const archiving = (home: string, backend = new MemoryBackend()) => ({
  backend,
  archiver: new Archiver({ agents: [codex({ store: home })], backends: [backend] }),
});

async function keysIn(backend: MemoryBackend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of backend.list()) keys.push(...objects.map(({ key }) => key));
  return keys;
}

describe("a session that Codex has packed", { skip }, () => {
  it("is found, and reads as it did before", () =>
    inHome(async (home) => {
      const path = await write(home, ID);
      const agent = codex({ store: home });
      const [before] = await sessionsOf(agent);
      const plain = await loaded(agent, home);
      await pack(path);
      // It is found anew where only its place was known.
      assert.deepEqual(await loaded(agent, home), plain);
      const [after, ...others] = await sessionsOf(agent);
      assert.deepEqual(others, []);
      assert.deepEqual([after.id, after.projectPath], [ID, "/home/me/project"]);
      assert.equal(after.updatedAt, before.updatedAt);
      assert.deepEqual(await sessionsOf(agent), [after]);
    }));

  it("keeps its archive, with no version, and is put back as it was", () =>
    inHome(async (home) => {
      const path = await write(home, ID);
      const text = await readFile(path, "utf8");
      const { backend, archiver } = archiving(home);
      const statuses: string[] = [];
      const run = async () => {
        for await (const { copies } of archiver.archiveAll()) statuses.push(copies[0].status);
      };
      await run();
      const [key, ...others] = await keysIn(backend);
      const packed = await pack(path);
      await run();
      assert.deepEqual([await keysIn(backend), others], [[key], []]);
      assert.deepEqual(statuses, ["archived", "unchanged"]);
      await rm(packed);
      const [outcome] = await archiver.restore(key);
      assert.equal(outcome.status, "restored");
      assert.equal(await readFile(path, "utf8"), text);
    }));

  it("is there already when it is to be put back", () =>
    inHome(async (home) => {
      const path = await write(home, ID);
      const { backend, archiver } = archiving(home);
      for await (const _ of archiver.archiveAll());
      const [key] = await keysIn(backend);
      const packed = await pack(path);
      const [outcome] = await archiver.restore(key);
      assert.equal(outcome.status, "existing");
      assert.ok((await stat(packed)).isFile());
      await assert.rejects(stat(path), { code: "ENOENT" });
    }));

  it("is what lies there as it is, where there are both", () =>
    inHome(async (home) => {
      const packed = await pack(await write(home, ID, "the older one"));
      const agent = codex({ store: home });
      assert.equal((await sessionsOf(agent)).length, 1);
      await write(home, ID, "the newer one");
      assert.equal((await loaded(agent, home)).title, "the newer one");
      assert.equal((await sessionsOf(agent)).length, 1);
      await rm(pathOf(home, ID));
      assert.equal((await loaded(agent, home)).title, "the older one");
      assert.ok((await stat(packed)).isFile());
    }));

  it("is read line by line, however much it unpacks to", () =>
    inHome(async (home) => {
      const one = zlib.zstdCompressSync(Buffer.from(linesOf(ID, "say hello", 8 << 20)));
      await put(`${pathOf(home, ID)}.zst`, Buffer.concat(Array(32).fill(one)));
      const session = await codex({ store: home }).load({ agent: "codex", store: home, id: ID });
      let [lines, bytes, most] = [0, 0, 0];
      // What earlier tests have left behind counts as well, where they run in this process.
      const before = process.memoryUsage().arrayBuffers;
      for await (const line of session.native) {
        lines++;
        bytes += line.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      assert.equal(lines, 32 * 3 + 2);
      assert.ok(bytes > 256 << 20);
      assert.ok(most < 192 << 20, `${most} bytes were held at a time`);
    }));

  const DAMAGED: [string, (bytes: Uint8Array) => Uint8Array, Date, ErrorCode, RegExp][] = [
    ["cut off", (bytes) => bytes.subarray(0, -5), LONG_AGO, "Corrupt", /\.zst is cut off/],
    ["still written", (bytes) => bytes.subarray(0, -5), new Date(), "Transient", /not whole yet/],
    ["overwritten", (bytes) => bytes.fill(0, 0, 9), LONG_AGO, "Corrupt", /\.zst is damaged/],
  ];
  for (const [what, damage, at, code, message] of DAMAGED) {
    it(`fails by itself when it is ${what}; others go on`, () =>
      inHome(async (home) => {
        const packed = await pack(await write(home, ID));
        await put(packed, damage(new Uint8Array(await readFile(packed))), at);
        await write(home, OTHER);
        const { backend, archiver } = archiving(home);
        const failed: unknown[][] = [];
        for await (const { session, copies: [{ error }] } of archiver.archiveAll()) {
          if (error) failed.push([session.id, isArchiveError(error, code), error.message]);
        }
        const [[, , said]] = failed;
        assert.deepEqual(failed, [[ID, true, said]]);
        assert.match(String(said), message);
        assert.equal((await keysIn(backend)).length, 1);
      }));
  }
});

describe("a session that Codex has packed, where the runtime cannot unpack it", {
  skip: hasZstd && "this runtime has zstd",
}, () => {
  it("is found, and loading it tells what to do", () =>
    inHome(async (home) => {
      await put(`${pathOf(home, ID)}.zst`, Buffer.from("28b52ffd00581100006869", "hex"));
      const agent = codex({ store: home });
      assert.deepEqual((await sessionsOf(agent)).map(({ id }) => id), [ID]);
      await assert.rejects(loaded(agent, home), {
        code: "NotSupported",
        message: /use Node >= 22/,
      });
    }));
});

describe("the name of a session of Codex", () => {
  const named = (id: string, thread_name: unknown) =>
    JSON.stringify({ id, thread_name, updated_at: "2026-01-31T12:00:00Z" }) + "\n";

  it("is the one that its user gave it last", () =>
    inHome(async (home) => {
      await write(home, ID);
      await write(home, OTHER);
      const index = join(home, "session_index.jsonl");
      await writeFile(index, named(ID, "first") + named(OTHER, "other") + named(ID, "second"));
      const agent = codex({ store: home });
      assert.equal((await loaded(agent, home)).title, "second");
      assert.equal((await loaded(agent, home, OTHER)).title, "other");
      await writeFile(index, named(ID, "a third one"));
      assert.equal((await loaded(agent, home)).title, "a third one");
    }));

  it("is what was said first where nobody gave it one, whatever the file of names holds", () =>
    inHome(async (home) => {
      await write(home, ID);
      const agent = codex({ store: home });
      assert.equal((await loaded(agent, home)).title, "say hello");
      const index = join(home, "session_index.jsonl");
      await writeFile(index, `\n{"id":\n[]\nnull\n${named(OTHER, "x")}${named(ID, 7)}\0\xff`);
      assert.equal((await loaded(agent, home)).title, "say hello");
      await rm(index);
      await mkdir(index);
      assert.equal((await loaded(agent, home)).title, "say hello");
    }));
});
