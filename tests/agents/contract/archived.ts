/**
 * A home with one session in it, and its archive in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MemoryBackend } from "../../../backends/memory.ts";
import type {
  Agent,
  LoadedSession,
  RestorableArchive,
  SessionFilter,
  SessionRef,
} from "../../../core/agent.ts";
import { Archiver } from "../../../core/archiver.ts";
import { decodedLines } from "../../../core/streams.ts";
import { inHome } from "./in_home.ts";
import type { MadeUp, TestedAgent, WrittenSession } from "./tested.ts";

/** A session that was written into a home of its own. */
export interface Ground<Written extends WrittenSession> {
  /** The home's absolute path. */
  readonly home: string;
  /** What the session says. */
  readonly said: MadeUp;
  /** The session, as it was written. */
  readonly written: Written;
  /** The agent. */
  readonly agent: Agent;
}

/**
 * Does something with a session that is made up for it.
 *
 * @param tested Whose.
 * @param work What.
 */
export async function withSession<Written extends WrittenSession>(
  tested: Pick<TestedAgent<Written>, "open" | "write">,
  work: (ground: Ground<Written>) => Promise<void>,
): Promise<void> {
  await inHome(async (home) => {
    const said = madeUpIn(join(home, "work", "project"));
    await mkdir(said.projectPath, { recursive: true });
    const written = await tested.write(home, said);
    await work({ home, said, written, agent: tested.open(home) });
  });
}

function madeUpIn(projectPath: string): MadeUp {
  return {
    projectPath,
    prompt: "say hello",
    thought: "I should look who is there",
    tool: "bash",
    input: { command: "whoami" },
    output: "somebody",
    answer: "hello, somebody",
    model: "made-up-1",
    tokens: { input: 120, output: 34 },
  };
}

/** All that an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The sessions that an agent finds. */
export function sessionsOf(agent: Agent, filter?: SessionFilter): Promise<SessionRef[]> {
  return all(agent.sessions(filter));
}

/** The only session that an agent finds. */
export async function onlySession(agent: Agent): Promise<SessionRef> {
  const [session, ...others] = await sessionsOf(agent);
  assert.deepEqual([session === undefined, others], [false, []]);
  return session;
}

/** A session that was read to its end. */
export interface Read {
  readonly loaded: LoadedSession;
  readonly lines: readonly string[];
}

/** Reads a session. */
export async function read(agent: Agent, session: SessionRef): Promise<Read> {
  const loaded = await agent.load(session);
  return { loaded, lines: await all(decodedLines(loaded.native)) };
}

/** Lines as a document gives them. */
export async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** What was archived. */
export interface Archived {
  readonly archiver: Archiver;
  readonly backend: MemoryBackend;
  /** The key of each session's archive. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Archives all that an agent has. */
export async function archiveAll(agent: Agent): Promise<Archived> {
  const backend = new MemoryBackend();
  const archiver = new Archiver({ agents: [agent], backends: [backend] });
  const keys = new Map<string, string>();
  for await (const { session, copies } of archiver.archiveAll()) {
    for (const { key, error } of copies) {
      if (error) throw error;
      keys.set(session.id, key!);
    }
  }
  return { archiver, backend, keys };
}

/** An archive as it comes back. */
export async function restorable(
  { archiver, keys }: Archived,
  id: string,
): Promise<RestorableArchive> {
  const archive = await archiver.retrieve(keys.get(id)!);
  await all(archive.native());
  const { projectPath } = archive.header;
  return { id, projectPath, summary: archive.summary(), native: () => archive.native() };
}
