/**
 * OpenCode, read from outside: its sessions straight from its SQLite database, while it runs and
 * without ever writing to it; put back by its own `opencode import`, deleted by its own server.
 *
 * This file only ties the pieces together. The format is described in `docs/formats/opencode.md`.
 *
 * @module
 */
import type { Agent, SessionFilter, SessionId, SessionRef } from "../../../core/agent.ts";
import { throwIfAborted } from "../../../core/errors.ts";
import { type Connection, Connections } from "./connections.ts";
import { detectStores } from "./detect.ts";
import { loadSession } from "./load.ts";
import { findDatabases, type Locations, whichExist } from "./locations.ts";
import { restoreSessions } from "./restore.ts";
import { AGENT_NAME, readSessions } from "./sessions.ts";
import { type Database, openDatabase } from "./sqlite.ts";
import { transcriptOf } from "./transcript.ts";
import { unitsOf } from "./units.ts";

/**
 * Options of {@linkcode openCode}.
 *
 * @since 0.1.0
 */
export interface OpenCodeOptions {
  /** Path of the database, or of several; by default they are looked for as OpenCode does. */
  readonly database?: string | readonly string[];
  /** The `opencode` program that puts sessions back; by default the one in `PATH`. */
  readonly command?: string;
  /** Environment variables to use in place of the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long to wait for a locked database, in milliseconds; 5,000 by default. */
  readonly busyTimeout?: number;
}

/**
 * The agent OpenCode, 1.x.
 *
 * Reading needs an SQLite of the runtime: Deno, Node >= 22.13 or Bun. Elsewhere `sessions` and
 * `load` fail with `NotSupported`.
 *
 * @param options Where its database and program are, when not in the usual places.
 * @returns The agent. Nothing is opened before it is asked something.
 *
 * @example
 * ```ts
 * import { openCode } from "@session-archiver/archiver";
 *
 * for await (const session of openCode().sessions()) {
 *   console.log(session.id, session.projectPath);
 * }
 * ```
 *
 * @since 0.1.0
 */
export function openCode(options: OpenCodeOptions = {}): Agent {
  const { busyTimeout, command } = options;
  const env = () => options.env ?? process.env;
  const locate = (): Promise<Locations> =>
    options.database === undefined
      ? findDatabases(env())
      : whichExist([options.database].flat() as string[], true);
  const open = (path: string): Promise<Database> => openDatabase(path, { busyTimeout });
  const connections = new Connections(open);

  async function load(session: SessionId, { signal }: { signal?: AbortSignal } = {}) {
    throwIfAborted(signal, `reading session ${session.id}`);
    return loadSession(await connections.lend(session.store), session.id, signal);
  }

  async function locatedStores(): Promise<readonly string[]> {
    const { stores, looked, named } = await locate();
    return named ? looked : stores;
  }

  async function* sessions(filter?: SessionFilter) {
    yield* sessionsOf(filter?.stores ?? await locatedStores(), connections, filter);
  }

  const childrenOf = (store: string, id: string) => childrenIn(store, id, connections);

  return {
    name: AGENT_NAME,
    detect: async () => await detectStores(await locate(), open),
    sessions: (filter) => connections.keepingOpen(sessions(filter)),
    load,
    units: unitsOf,
    transcript: transcriptOf,
    restore: (archives, how) =>
      restoreSessions(archives, how ?? {}, {
        command,
        env: env(),
        database: [options.database].flat()[0],
        load,
        childrenOf,
      }),
    remover: async (store, { signal } = {}) => {
      const [{ openRemover }, { notArchived }] = await Promise.all([
        import("./remover.ts"),
        import("./not_archived.ts"),
      ]);
      const more = async (store: string, id: string) =>
        await reading(store, connections, ({ database }) => notArchived(database, id));
      const parts = { command, env: env(), sessions, childrenOf, notArchived: more };
      return await openRemover(store, parts, signal);
    },
    room: async (store) => {
      const { roomOf } = await import("./room.ts");
      return await reading(store, connections, ({ database }) => roomOf(database));
    },
  };
}

/** All stores that can be read first, then what was wrong with the first that cannot. */
async function* sessionsOf(
  stores: readonly string[],
  connections: Connections,
  filter?: SessionFilter,
): AsyncGenerator<SessionRef> {
  const failures: unknown[] = [];
  for (const store of stores) {
    throwIfAborted(filter?.signal, "looking for sessions of OpenCode");
    try {
      yield* await reading(
        store,
        connections,
        ({ database, schema }) => readSessions(database, schema, filter),
      );
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function childrenIn(
  store: string,
  id: string,
  connections: Connections,
): Promise<readonly string[]> {
  return await reading(store, connections, ({ database }) => {
    const rows = database.prepare("SELECT id FROM session WHERE parent_id = ?").all(id);
    return rows.map((row) => String(row.id));
  });
}

async function reading<T>(
  store: string,
  connections: Connections,
  read: (connection: Connection) => T,
): Promise<T> {
  const connection = await connections.lend(store);
  let whole = false;
  try {
    const result = read(connection);
    whole = true;
    return result;
  } finally {
    connection.release(whole);
  }
}
