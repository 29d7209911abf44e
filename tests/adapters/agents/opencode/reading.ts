/**
 * What the tests of this folder share: a database of their own, and a session read whole.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCode, type OpenCodeOptions } from "../../../../adapters/agents/opencode/mod.ts";
import { decodedLines } from "../../../../core/streams.ts";
import type {
  Agent,
  LoadedSession,
  RestorableArchive,
  SessionRef,
  Unit,
} from "../../../../core/agent.ts";
import {
  type DatabaseOptions,
  writeOpenCodeDatabase,
  type WrittenSession,
} from "../../../fixtures/opencode_database.ts";

/** A database in a folder of its own, and an agent that reads it. */
export interface Store {
  readonly folder: string;
  readonly database: string;
  readonly written: readonly WrittenSession[];
  readonly agent: Agent;
}

/** Makes a database, hands it out, and removes it. */
export async function withStore(
  options: DatabaseOptions & Pick<OpenCodeOptions, "busyTimeout">,
  use: (store: Store) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const database = join(folder, "opencode.db");
    const written = await writeOpenCodeDatabase(database, options);
    const agent = openCode({ database, busyTimeout: options.busyTimeout });
    await use({ folder, database, written, agent });
  });
}

/** Makes a folder, hands it out, and removes it. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "opencode-test-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Something with fields of whatever kind. */
export type Fields = Readonly<Record<string, unknown>>;

/** Native JSON, parsed. */
export interface Native {
  readonly messages: readonly { readonly info: Fields; readonly parts: readonly Fields[] }[];
  readonly info: Fields;
  readonly todos: readonly Fields[];
}

/** A session that was read to its end. */
export interface Read {
  readonly lines: readonly string[];
  readonly native: Native;
  readonly loaded: LoadedSession;
}

/** Reads a session. */
export async function readSession({ agent, database }: Store, id: string): Promise<Read> {
  const loaded = await agent.load({ agent: "opencode", store: database, id });
  const lines = await all(decodedLines(loaded.native));
  return { lines, native: JSON.parse(lines.join("\n")), loaded };
}

/** Everything an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Lines as a document has them. */
export async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

/** All sessions of an agent. */
export async function refsOf(agent: Agent): Promise<SessionRef[]> {
  return await all(agent.sessions());
}

/** The units of some lines. */
export async function unitsIn(agent: Agent, lines: readonly string[]): Promise<Unit[]> {
  return await all(agent.units(linesOf(...lines)));
}

/** A session as an archive gives it back. */
export function archiveOf({ loaded, lines }: Read): RestorableArchive {
  return {
    id: loaded.id,
    projectPath: loaded.projectPath,
    summary: loaded.summary(),
    native: () => linesOf(...lines),
  };
}
