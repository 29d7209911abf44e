/**
 * An agent whose sessions live in memory: the smallest whole implementation of `Agent`, for tests,
 * and the one to read before writing another.
 *
 * @module
 */
import type {
  Agent,
  Detection,
  LoadedSession,
  RestorableArchive,
  RestoreOptions,
  RestoreOutcome,
  SessionFilter,
  SessionId,
  SessionRef,
  SessionRemover,
  Summary,
  Unit,
  Whereabouts,
} from "./agent.ts";
import { ArchiveError, throwIfAborted } from "./errors.ts";
import { fieldsOf, isRecord } from "./fields.ts";
import { sha256Hex } from "./hash.ts";
import { NO_TOKENS, type TranscriptMessage } from "./transcript.ts";

/**
 * A message of a {@linkcode MemorySession}.
 *
 * @since 0.1.0
 */
export interface MemoryMessage {
  /** Unique in the session. */
  readonly id: string;
  /** Who wrote it. */
  readonly role: "user" | "assistant";
  /** What it says. */
  readonly text: string;
}

/**
 * A session of a {@linkcode MemoryAgent}.
 *
 * @since 0.1.0
 */
export interface MemorySession extends Whereabouts {
  /** Its id. */
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** When it last changed, ISO 8601 in UTC; when it was created where that is left out. */
  readonly updatedAt?: string;
  /** Its title; empty when left out. */
  readonly title?: string;
  /** The session that started it. */
  readonly parentId?: string;
  /** When its agent would delete it by itself, ISO 8601 in UTC. */
  readonly deletedAt?: string;
  /** In order. */
  readonly messages: readonly MemoryMessage[];
}

/** The one store there is. */
const STORE = "memory:";

/**
 * Keeps sessions in memory. Set one again to change it.
 *
 * @example
 * ```ts
 * import { Archiver, MemoryAgent, MemoryBackend } from "@session-archiver/archiver";
 *
 * const agent = new MemoryAgent();
 * agent.set({
 *   id: "one",
 *   projectPath: "/home/me/project",
 *   createdAt: "2026-01-31T12:00:00.000Z",
 *   messages: [{ id: "m1", role: "user", text: "hello" }],
 * });
 * const archiver = new Archiver({ agents: [agent], backends: [new MemoryBackend()] });
 * for await (const { copies } of archiver.archiveAll()) {
 *   console.assert(copies[0].key === "home_me_project/2026-01-31/one.json");
 * }
 * ```
 *
 * @since 0.1.0
 */
export class MemoryAgent implements Agent {
  /** The agent's name. */
  readonly name: string;
  readonly #sessions = new Map<string, MemorySession>();

  /**
   * Makes an agent without sessions.
   *
   * @param name What it is called; `memory` by default.
   */
  constructor(name = "memory") {
    this.name = name;
  }

  /** Adds a session, or replaces the one of the same id. */
  set(session: MemorySession): void {
    this.#sessions.set(session.id, session);
  }

  /** The session of an id, if there is one. */
  get(id: string): MemorySession | undefined {
    return this.#sessions.get(id);
  }

  /** Removes a session. */
  remove(id: string): void {
    this.#sessions.delete(id);
  }

  /** See {@linkcode Agent.detect}. */
  detect(): Promise<Detection> {
    return Promise.resolve({ stores: [STORE], looked: [STORE], notes: [] });
  }

  /** See {@linkcode Agent.sessions}. */
  async *sessions(filter: SessionFilter = {}): AsyncGenerator<SessionRef> {
    if (filter.stores && !filter.stores.includes(STORE)) return;
    for (const session of this.#sessions.values()) {
      if (filter.ids && !filter.ids.includes(session.id)) continue;
      if (filter.since && session.createdAt < filter.since) continue;
      yield await Promise.resolve(refOf(this.name, session));
    }
  }

  /** See {@linkcode Agent.load}. */
  load({ id }: SessionId): Promise<LoadedSession> {
    const session = this.#sessions.get(id);
    if (session) return Promise.resolve(loaded(session));
    const message = `there is no session ${id} in memory`;
    return Promise.reject(new ArchiveError("NotFound", message, { session: id }));
  }

  /** See {@linkcode Agent.units}. */
  async *units(native: AsyncIterable<string>): AsyncGenerator<Unit> {
    const { messages, info } = await parse(native);
    for (const message of messages) yield { id: `message:${message.id}`, value: message };
    yield { id: "info", value: info };
  }

  /** See {@linkcode Agent.transcript}. */
  async *transcript(native: AsyncIterable<string>): AsyncGenerator<TranscriptMessage> {
    for (const { id, role, text } of (await parse(native)).messages) {
      yield { id, role, parts: [{ type: "text", text }] };
    }
  }

  /** See {@linkcode Agent.restore}. */
  async restore(
    archives: readonly RestorableArchive[],
    { directory, newId, dryRun }: RestoreOptions = {},
  ): Promise<RestoreOutcome[]> {
    const ids = new Map(
      archives.map(({ id }) => [id, newId ? `${id}.${crypto.randomUUID()}` : id]),
    );
    const outcomes: RestoreOutcome[] = [];
    for (const archive of archives) {
      const id = ids.get(archive.id)!;
      const there = this.#sessions.has(id);
      const { messages, info } = await parse(archive.native());
      const projectPath = directory ?? archive.projectPath;
      const parentId = info.parentId && (ids.get(info.parentId) ?? info.parentId);
      const { createdAt, title } = info;
      if (!there && !dryRun) this.set({ id, projectPath, createdAt, title, parentId, messages });
      const status = there ? "existing" : dryRun ? "would restore" : "restored";
      outcomes.push({
        archivedId: archive.id,
        id,
        status,
        directory: projectPath,
        differences: [],
        notes: [],
      });
    }
    return outcomes;
  }

  /** See {@linkcode Agent.remover}. */
  remover(): Promise<SessionRemover> {
    return Promise.resolve({
      remove: async (family, { signal } = {}) => {
        throwIfAborted(signal, `deleting session ${family[0].id}`);
        // No wait between the look and the deletion: nothing can change in between.
        const told = new Map(family.map(({ id, token }) => [id, token]));
        for (const { id, token } of family) {
          const now = this.#sessions.get(id);
          if (!now || refOf(this.name, now).token !== token) throw notAsTold(id);
        }
        for (const { id, parentId } of this.#sessions.values()) {
          if (parentId !== undefined && told.has(parentId) && !told.has(id)) throw notAsTold(id);
        }
        for (const { id } of family) this.#sessions.delete(id);
        await Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  }
}

function notAsTold(session: string): ArchiveError {
  const message = `session ${session} has changed just now; look at it again`;
  return new ArchiveError("Precondition", message, { session });
}

type Native = {
  messages: readonly MemoryMessage[];
  info: Pick<MemorySession, "createdAt" | "title" | "parentId">;
};

async function parse(native: AsyncIterable<string>): Promise<Native> {
  let text = "";
  for await (const line of native) text += `${line}\n`;
  let parsed: Native;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ArchiveError("Corrupt", "the native part of the archive is no JSON", { cause });
  }
  if (Array.isArray(fieldsOf(parsed).messages) && isRecord(parsed.info)) return parsed;
  throw new ArchiveError("Corrupt", "the native part of the archive has no messages or no info");
}

function infoOf({ createdAt, title, parentId }: MemorySession): Native["info"] {
  return { createdAt, title, parentId };
}

function refOf(agent: string, session: MemorySession): SessionRef {
  const { id, projectPath, origin, createdAt, updatedAt = createdAt, parentId, deletedAt } =
    session;
  const token = sha256Hex(JSON.stringify(session));
  return { agent, store: STORE, id, projectPath, origin, token, updatedAt, parentId, deletedAt };
}

function loaded(session: MemorySession): LoadedSession {
  const { id, projectPath, origin, createdAt, updatedAt = createdAt, messages } = session;
  const info = infoOf(session);
  const summary: Summary = {
    title: session.title ?? "",
    updatedAt,
    parentId: session.parentId ?? null,
    agentVersion: null,
    messages: messages.length,
    models: [],
    tokens: NO_TOKENS,
    cost: 0,
  };
  return {
    id,
    projectPath,
    origin,
    createdAt,
    token: refOf("", session).token,
    native: nativeLines(messages, info),
    summary: () => summary,
    inPlace: () => [{ id: "info", value: info }],
    warnings: () => [],
  };
}

async function* nativeLines(
  messages: readonly MemoryMessage[],
  info: Native["info"],
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const last = messages.length - 1;
  const lines = [
    '{"messages":[',
    ...messages.map((message, at) => JSON.stringify(message) + (at < last ? "," : "")),
    `],"info":${JSON.stringify(info)}}`,
  ];
  for (const line of lines) yield await Promise.resolve(encoder.encode(line));
}
