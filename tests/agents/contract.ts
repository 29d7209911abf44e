/**
 * What every agent that keeps its sessions in files must do, as a suite: found without being opened,
 * archived byte for byte whatever stands in them, and put back where they were.
 *
 * @module
 */
import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { describe, it } from "node:test";
import type { Agent, SessionRef } from "../../core/agent.ts";
import { Archiver } from "../../core/archiver.ts";
import { MemoryBackend } from "../../backends/memory.ts";

/** What a made-up session says. */
export interface MadeUp {
  /** The directory it belongs to. */
  readonly projectPath: string;
  /** What the user says first. */
  readonly prompt: string;
  /** What the model answers. */
  readonly answer: string;
}

/** An agent that is tested. */
export interface TestedAgent {
  /** What to call it. */
  readonly name: string;
  /**
   * Makes it, reading from a home.
   *
   * @param home An absolute path.
   * @param now The time.
   */
  open(home: string, now?: () => number): Agent;
  /**
   * Writes a session as the agent does.
   *
   * @param home Where.
   * @param session What it says.
   * @returns Its id, and the absolute path of its file.
   */
  write(home: string, session: MadeUp): Promise<{ readonly id: string; readonly path: string }>;
}

const HELLO = { projectPath: "/home/me/project", prompt: "say hello", answer: "hello" };

/**
 * Tests an agent.
 *
 * @param tested Which.
 */
export function testFileAgent(tested: TestedAgent): void {
  describe(`the agent ${tested.name}`, () => {
    it("finds its sessions, where each belongs, and what it is called", () =>
      inHome(async (home) => {
        const { id } = await tested.write(home, HELLO);
        const [session, ...others] = await sessionsOf(tested.open(home));
        assert.deepEqual([session.id, others], [id, []]);
        assert.deepEqual([session.agent, session.projectPath], [tested.name, HELLO.projectPath]);
        const { digest } = await archived(tested.open(home));
        assert.equal(digest[0].title, HELLO.prompt);
        assert.match(digest[0].createdAt, /^\d{4}-\d\d-\d\dT/);
      }));

    it("has nothing where it was never used", () =>
      inHome(async (home) => {
        assert.deepEqual(await sessionsOf(tested.open(join(home, "nobody"))), []);
      }));

    it("gives a session another token whenever it changed, and only then", () =>
      inHome(async (home) => {
        const { path } = await tested.write(home, HELLO);
        const agent = tested.open(home);
        const [first] = await sessionsOf(agent);
        assert.deepEqual(await sessionsOf(agent), [first]);
        await appendFile(path, '{"type":"something new"}\n');
        const [second] = await sessionsOf(agent);
        assert.notEqual(second.token, first.token);
        assert.equal((await load(agent, second)).token, second.token);
      }));

    it("shows the conversation: what was said, and what was answered", () =>
      inHome(async (home) => {
        await tested.write(home, HELLO);
        const { conversation } = await archived(tested.open(home));
        assert.deepEqual(conversation, [
          ["user", [HELLO.prompt]],
          ["assistant", [HELLO.answer]],
        ]);
      }));

    const ODD: [string, string | Uint8Array][] = [
      ["records that nobody knows", '{"type":"to come","n":1.00,"n":2}\n'],
      ["blank lines and carriage returns", "\r\n\n{}\r\n"],
      ["a byte order mark", "\ufeff{}\n"],
      ["zeros", "{}\0\0\0\n\0\n"],
      ["what is no UTF-8", Uint8Array.of(0x7b, 0xff, 0xfe, 0x0a, 0x80, 0x0a)],
      ["lone halves of characters, and separators of lines", '"\\ud800 \u2028 \u2029"\n'],
      ["what looks like a line of an archive", '],"endsInLineFeed":true}\n{"$raw":"aGk="}\n'],
      ["a line of 10 MB", `"${"x".repeat(10 << 20)}"\n`],
      ["a line that is nested a hundred thousand times", "[".repeat(1e5) + "]".repeat(1e5) + "\n"],
    ];
    for (const [what, bytes] of ODD) {
      it(`brings back every byte: ${what}`, () =>
        inHome(async (home) => {
          const { path } = await tested.write(home, HELLO);
          await appendFile(path, bytes);
          await assertComesBack(tested, home, path);
        }));
    }

    it("leaves out a line that is not whole yet, and is read again until it is", () =>
      inHome(async (home) => {
        const { path } = await tested.write(home, HELLO);
        await appendFile(path, '{"type":"half');
        const agent = tested.open(home);
        const [session] = await sessionsOf(agent);
        const { token, warnings, lines } = await load(agent, session);
        assert.notEqual(token, session.token);
        assert.match(warnings.join(), /not whole yet/);
        assert.ok(!lines.join().includes("half"));
        await appendFile(path, ' a line"}\n');
        const [whole] = await sessionsOf(agent);
        assert.equal((await load(agent, whole)).token, whole.token);
      }));

    it("takes a line that is never ended once its file was quiet for ten minutes", () =>
      inHome(async (home) => {
        const { path } = await tested.write(home, HELLO);
        await appendFile(path, '{"type":"half');
        const later = () => Date.now() + 11 * 60_000;
        const agent = tested.open(home, later);
        const [session] = await sessionsOf(agent);
        assert.equal((await load(agent, session)).token, session.token);
        await assertComesBack(tested, home, path, later);
      }));

    it("never writes over what is there", () =>
      inHome(async (home) => {
        const { path } = await tested.write(home, HELLO);
        const { archiver, key } = await archived(tested.open(home));
        await writeFile(path, "something else\n");
        const [outcome] = await archiver.restore(key);
        assert.equal(outcome.status, "existing");
        assert.equal(await readFile(path, "utf8"), "something else\n");
      }));

    it("follows no link out of its folder", () =>
      inHome(async (home) => {
        const { path } = await tested.write(home, HELLO);
        await rm(path);
        const elsewhere = join(home, "elsewhere.jsonl");
        await writeFile(elsewhere, '{"secret":true}\n');
        await symlink(elsewhere, path);
        assert.deepEqual(await sessionsOf(tested.open(home)), []);
      }));
  });
}

/**
 * Does something in a folder that is removed afterwards.
 *
 * @param work What, with the folder's absolute path.
 */
export async function inHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "agent-"));
  try {
    await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function sessionsOf(agent: Agent): Promise<SessionRef[]> {
  const sessions: SessionRef[] = [];
  for await (const session of agent.sessions()) sessions.push(session);
  return sessions;
}

async function load(agent: Agent, session: SessionRef) {
  const loaded = await agent.load(session);
  const lines: string[] = [];
  for await (const line of loaded.native) lines.push(new TextDecoder().decode(line));
  return { token: loaded.token, warnings: loaded.warnings(), lines };
}

/** Archives the only session there is. */
async function archived(agent: Agent) {
  const archiver = new Archiver({ agents: [agent], backends: [new MemoryBackend()] });
  const keys: string[] = [];
  for await (const { copies } of archiver.archiveAll()) {
    for (const { key, error } of copies) {
      if (error) throw error;
      keys.push(key!);
    }
  }
  assert.equal(keys.length, 1);
  const [key] = keys;
  const digest = [];
  for await (const entry of archiver.list()) digest.push(entry);
  const archive = await archiver.retrieve(key);
  const conversation: [string, string[]][] = [];
  for await (const { role, parts } of agent.transcript(archive.native())) {
    conversation.push([role, parts.flatMap((part) => part.type === "text" ? [part.text] : [])]);
  }
  return { archiver, key, digest, conversation };
}

/** Archives, wipes and restores, and finds the same files with the same bytes. */
async function assertComesBack(
  tested: TestedAgent,
  home: string,
  path: string,
  now?: () => number,
): Promise<void> {
  const before = await filesIn(home);
  const { archiver, key } = await archived(tested.open(home, now));
  for await (const outcome of archiver.verify()) assert.equal(outcome.status, "ok");
  await rm(dirname(path), { recursive: true });
  const [outcome] = await archiver.restore(key);
  if (outcome.error) throw outcome.error;
  assert.equal(outcome.status, "restored");
  assert.deepEqual(await filesIn(home), before);
}

/**
 * All files below a folder, with their bytes.
 *
 * @param home The folder.
 */
export async function filesIn(home: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(home, path).split(sep).join("/"), (await readFile(path)).toString("latin1"));
  }
  return files;
}
