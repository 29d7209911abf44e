/**
 * What the archive needs to know of an AI coding agent: where its sessions are, what is in one,
 * and how one is put back.
 *
 * An agent knows nothing of keys, backends or ledgers. A new one is a folder in `adapters/agents/`
 * that passes the suites of `tests/agents/contract.ts`. Every optional method is a capability.
 *
 * @module
 */
import type { AgentLayout } from "./plain/layout.ts";
import type { TokenCounts, TranscriptMessage } from "./transcript.ts";

/**
 * Names one session on this machine.
 *
 * @since 0.1.0
 */
export interface SessionId {
  /** The agent's name: `opencode`. */
  readonly agent: string;
  /** The absolute path of the store that holds it: a database, a folder. */
  readonly store: string;
  /** The agent's own id of it. */
  readonly id: string;
}

/**
 * Where a session is; what the rules go by.
 *
 * @since 0.1.0
 */
export interface Whereabouts {
  /** The absolute directory the session belongs to. */
  readonly projectPath: string;
  /**
   * The absolute directory of the repository that `projectPath` is another worktree of, where that
   * lies elsewhere.
   */
  readonly origin?: string;
}

/**
 * What a look into an agent's store tells of a session without loading it.
 *
 * @since 0.1.0
 */
export interface SessionRef extends SessionId, Whereabouts {
  /** Differs whenever the session's content does; equal means unchanged. Opaque. */
  readonly token: string;
  /** When it last changed, ISO 8601 in UTC. */
  readonly updatedAt: string;
  /** The session that started this one, if one did. */
  readonly parentId?: string;
  /**
   * When its agent deletes it by itself, at the earliest, ISO 8601 in UTC; may have passed. Absent where
   * it does not. What goes with another session has that one's time.
   */
  readonly deletedAt?: string;
}

/**
 * What {@linkcode Agent.sessions} is asked for.
 *
 * @since 0.1.0
 */
export interface SessionFilter {
  /** Only these ids. */
  readonly ids?: readonly string[];
  /** Only in these stores, by absolute path, in place of those that are found by looking for them. */
  readonly stores?: readonly string[];
  /** Only sessions that changed at or after this moment, ISO 8601. */
  readonly since?: string;
  /**
   * What is known of where a session belongs, from when it had the same token: an agent that would
   * have to open its file may go by that.
   */
  readonly remembered?: (session: SessionId & Pick<SessionRef, "token">) => Whereabouts | undefined;
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/**
 * The facts of a session that stand at the end of its document, for lists and for people.
 *
 * @since 0.1.0
 */
export interface Summary {
  /** What the agent or its user called it; empty when nobody did. */
  readonly title: string;
  /** When it last changed, ISO 8601 in UTC. */
  readonly updatedAt: string;
  /** The id of the session that started it, or null. */
  readonly parentId: string | null;
  /** The agent's version that wrote it last, when it tells. */
  readonly agentVersion: string | null;
  /** How many messages it has. */
  readonly messages: number;
  /** The models that wrote in it, as `provider/model`, in order of first use. */
  readonly models: readonly string[];
  /** Tokens of all messages. */
  readonly tokens: TokenCounts;
  /** What it cost in US dollars, as the agent counted it. */
  readonly cost: number;
}

/**
 * A session as {@linkcode Agent.load} found it, in one consistent state.
 *
 * @since 0.1.0
 */
export interface LoadedSession extends Whereabouts {
  /** The agent's id of it. */
  readonly id: string;
  /** When it was created, ISO 8601 in UTC. Never changes during its life. */
  readonly createdAt: string;
  /** The change token of exactly what `native` gives. */
  readonly token: string;
  /**
   * What the agent itself exports and imports, as JSON text in lines of UTF-8. Joined by line feeds
   * the lines are one JSON object; no line holds a line feed. All but the last belong to what grows
   * only at its end (one message or record a line); the last holds what changes in place.
   *
   * Bytes, since what an agent stored can mostly be taken over as it stands, each line an array that
   * nobody writes to any more. Archives give the same lines back as text.
   */
  readonly native: AsyncIterable<Uint8Array>;
  /** The summary. May be asked for once `native` has ended. */
  summary(): Summary;
  /** The units of the last line of `native`: what changes in place. Once `native` has ended. */
  inPlace(): readonly Unit[];
  /** What the user should hear about this session, one line each. Once `native` has ended. */
  warnings(): readonly string[];
}

/**
 * One thing inside a session that must not get lost: a message, a part, a todo, a record.
 *
 * @since 0.1.0
 */
export interface Unit {
  /** Unique in the session, and the same thing's in every later state of it. */
  readonly id: string;
  /** Its content, parsed; without what comes and goes by itself and is not worth a version. */
  readonly value: unknown;
}

/**
 * An archive's content, ready to be put back.
 *
 * @since 0.1.0
 */
export interface RestorableArchive {
  /** The agent's id of the session. */
  readonly id: string;
  /** The directory it belonged to. */
  readonly projectPath: string;
  /** Its summary. */
  readonly summary: Summary;
  /** The native JSON text, in the lines of {@linkcode LoadedSession.native}; repeatable. */
  native(): AsyncIterable<string>;
}

/**
 * Options of {@linkcode Agent.restore}.
 *
 * @since 0.1.0
 */
export interface RestoreOptions {
  /** The directory it shall belong to; the archived one by default. Must exist. */
  readonly directory?: string;
  /** Gives the session and everything in it new ids, so that it stands beside an existing one. */
  readonly newId?: boolean;
  /** Checks everything and says what would happen, without touching the agent's store. */
  readonly dryRun?: boolean;
  /** Stops it between two sessions. */
  readonly signal?: AbortSignal;
}

/**
 * What became of one session that was to be restored.
 *
 * @since 0.1.0
 */
export interface RestoreOutcome {
  /** The id in the archive. */
  readonly archivedId: string;
  /** The id it has now in the agent. */
  readonly id: string;
  /**
   * - `existing`: the agent has a session of this id, and nothing was changed.
   * - `failed`: the agent did not take it; see `error`.
   */
  readonly status: "restored" | "existing" | "would restore" | "failed";
  /** Why it failed. */
  readonly error?: Error;
  /** The directory it belongs to now. */
  readonly directory: string;
  /** Where what was read back differs from the archive, one line each. */
  readonly differences: readonly string[];
  /** What this agent cannot take back, one line each. */
  readonly notes: readonly string[];
}

/**
 * Deletes the sessions of one store, by their agent's own hand, until it is closed.
 *
 * @since 0.1.0
 */
export interface SessionRemover {
  /**
   * Deletes a session and all that it started, if they are as they are told: looks right before, and
   * deletes nothing when one has changed or is gone, when it started another one meanwhile, or when
   * anything would go with it that `load` does not give.
   *
   * @param family The session, and all that it and they started, as `sessions()` gave them.
   * @param options Signal; heeded before anything is deleted.
   * @throws {ArchiveError} `Precondition` when they are not as they are told. Whatever keeps the
   * agent from deleting them, also when some are gone then.
   */
  remove(
    family: readonly [SessionRef, ...SessionRef[]],
    options?: { signal?: AbortSignal },
  ): Promise<void>;
  /** Lets go of what it needed. */
  close(): Promise<void>;
}

/**
 * The room that an agent's store takes.
 *
 * @since 0.1.0
 */
export interface StoreRoom {
  /** The size of its files, in bytes. */
  readonly bytes: number;
  /** How many of them hold nothing any more, and are used again before the files grow. */
  readonly free: number;
  /** How these are given back to the disk, in one line. */
  readonly advice: string;
}

/**
 * A folder in which something changes whenever a session does.
 *
 * @since 0.1.0
 */
export interface ChangingFolder {
  /** Its absolute path; need not be there yet. */
  readonly path: string;
  /** Changes show in the folders below it, too. */
  readonly isTree: boolean;
  /** Something changes in it also when sessions are only looked at. */
  readonly isStirredByReading?: boolean;
}

/**
 * What {@linkcode Agent.detect} found.
 *
 * @since 0.1.0
 */
export interface Detection {
  /** The absolute paths of the stores that exist. */
  readonly stores: readonly string[];
  /** Every path that was looked at, in order. */
  readonly looked: readonly string[];
  /** Where to watch for changes of sessions, as far as the agent's files show them. */
  readonly changing?: readonly ChangingFolder[];
  /** What the user should hear: sessions of a kind that is not archived yet, and the like. */
  readonly notes: readonly string[];
}

/**
 * An AI coding agent whose sessions can be archived.
 *
 * @since 0.1.0
 */
export interface Agent {
  /** Lower case, no spaces; stands in every document. */
  readonly name: string;
  /**
   * Whether it deletes sessions by itself when they are old. Whoever looks for `deletedAt` need not ask
   * others.
   */
  readonly deletesByItself?: boolean;
  /** The layouts in which another program reads this agent's own files, by name; see `layout`. */
  readonly layouts?: readonly string[];
  /** Looks for the agent's stores on this machine. Never fails because there are none. */
  detect(): Promise<Detection>;
  /**
   * Looks at all sessions without loading any.
   *
   * @param filter Which.
   */
  sessions(filter?: SessionFilter): AsyncIterable<SessionRef>;
  /**
   * Loads one session in one consistent state. Fails with `NotFound` when its store opens and
   * lacks it.
   *
   * @param session Which.
   * @param options Signal.
   */
  load(session: SessionId, options?: { signal?: AbortSignal }): Promise<LoadedSession>;
  /**
   * Takes native lines apart into what must not get lost, in the lines' order.
   *
   * @param native The lines of a document.
   */
  units(native: AsyncIterable<string>): AsyncIterable<Unit>;
  /**
   * Turns native lines into the common view.
   *
   * @param native The lines of a document.
   */
  transcript(native: AsyncIterable<string>): AsyncIterable<TranscriptMessage>;
  /**
   * Puts sessions back into the agent, in the order given (parents first), so that it lists and
   * resumes them. An existing session is never changed.
   *
   * @param archives The sessions.
   * @param options Where, and under which ids.
   * @returns One outcome an archive, in order.
   */
  restore?(
    archives: readonly RestorableArchive[],
    options?: RestoreOptions,
  ): Promise<readonly RestoreOutcome[]>;
  /**
   * Prepares to delete sessions. Whoever deletes one must have proven that it is elsewhere.
   *
   * @param store Whose sessions, by its absolute path.
   * @param options Signal.
   * @throws {ArchiveError} What keeps the agent from deleting any.
   */
  remover?(store: string, options?: { signal?: AbortSignal }): Promise<SessionRemover>;
  /**
   * How much room a store takes on the disk, and how much of that comes back only when it is made
   * smaller.
   *
   * @param store Its absolute path.
   */
  room?(store: string): Promise<StoreRoom>;
  /**
   * What its sessions look like in a layout.
   *
   * @param name One of `layouts`.
   */
  layout?(name: string): Promise<AgentLayout>;
}
