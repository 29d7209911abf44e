/**
 * What an agent that keeps each session in a file of lines has to tell, so that its sessions can be
 * archived and put back: where the files are, what stands in them, and where one belongs.
 *
 * @module
 */
import type { Summary, Unit } from "../../../core/agent.ts";
import type { AgentLayout, PlainFile } from "../../../core/plain/layout.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";
import type { LookedAt } from "./token.ts";
import type { Walk } from "./walk.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A session's file, as it is found: nothing of it was read. */
export interface FoundFile extends LookedAt {
  /** The session's id. */
  readonly id: string;
  /** The session that started it, where the path tells. */
  readonly parentId?: string;
  /** Its path from the store's folder, with slashes. */
  readonly path: string;
  /** The path of the file that it lies packed in by zstd, where it does; its size and time are that one's. */
  readonly packed?: string;
  /** Its folder, where the session has changed when its file was moved to another one. */
  readonly folder?: string;
  /** It is one JSON document that is written anew each time, and no file of lines. */
  readonly isWhole?: true;
  /**
   * Files and folders beside it that are there and may belong to it: their paths from the store's
   * folder. What {@linkcode FileFormat.nameOf} gives to the session's files does.
   */
  readonly beside?: readonly string[];
}

/** A file that belongs to a session, beside the session's own. */
export type FileBeside = Pick<FoundFile, "path" | keyof LookedAt>;

/** What of a file stands for its session. */
export type FileName = Pick<FoundFile, "id" | "parentId" | "path">;

/** What is learnt of a session, record by record. */
export interface Account {
  /**
   * Takes the next record.
   *
   * @param value What it says; undefined where it is no JSON.
   */
  take(value: unknown): void;
  /** The directory it belongs to, as soon as a record told. */
  readonly projectPath: string | undefined;
  /** When it was created, ISO 8601 in UTC, as soon as it is known. */
  readonly createdAt: string | undefined;
  /** What is known in the end. `updatedAt` may be left to the file's time. */
  summary(): Omit<Summary, "updatedAt"> & { readonly updatedAt: string | undefined };
}

/**
 * Copies of the user's files that an agent keeps beside a session under made-up names. One is archived
 * only when a record tells which file it is of, and that is none that is never archived.
 */
export interface Copies {
  /**
   * Whether a file beside a session's is such a copy.
   *
   * @param path From the store's folder.
   */
  isOne(path: string): boolean;
  /** Stands in the lines that tell of copies, and in few others. */
  readonly marker: string;
  /**
   * The JSON document beside a session's file that tells of copies, where no record does.
   *
   * @param session The session's id.
   * @returns Its path from the store's folder.
   */
  toldIn?(session: string): string;
  /**
   * What a record, or the document that is for it, tells of copies.
   *
   * @param value What it says.
   * @param session The session's id.
   * @returns The path of each copy from the store's folder, and that of the file that it is of.
   */
  toldBy(value: unknown, session: string): Iterable<readonly [copy: string, original: string]>;
}

/** Where a session is put back. */
export interface Destination {
  /** The directory that it shall belong to; not always there, unless it is moved. */
  readonly directory: string;
  /** The agent's folder. */
  readonly store: string;
  /** Whether it belonged to another directory. */
  readonly isMoved: boolean;
  /** Where the session is that it goes with, if that is there already, from the agent's folder. */
  readonly beside?: string;
}

/** Where another program looks for an agent's files in a store; see `core/plain/layout.ts`. */
export interface FileLayout extends Pick<AgentLayout, "folder" | "sessionOf"> {
  /**
   * Where a file lies in the layout.
   *
   * @param path From the agent's folder on its machine, with slashes.
   * @returns Undefined for one that the program does not read.
   */
  placeOf(path: string): Pick<PlainFile, "path" | "root"> | undefined;
}

/** An agent that keeps its sessions in files. */
export interface FileFormat {
  /** Its name: lower case, no spaces. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /**
   * The folders in which it may keep sessions, absolute; the first is where it would make one.
   *
   * @param env The environment to look in.
   */
  stores(env: Environment): readonly string[];
  /** The folders of a store in which, or below which, sessions' own files are. */
  readonly changing: readonly string[];
  /**
   * Walks over the files of all sessions, and opens none. A session that lies there twice comes once.
   *
   * @param store One of its folders.
   * @param walk What it looks with: what cannot be looked at hides nothing else.
   */
  find(store: string, walk: Walk): AsyncIterable<FoundFile>;
  /**
   * What a path stands for. Nothing is ever written to a path that stands for no session.
   *
   * @param path From the store's folder, with slashes.
   * @returns Of a file beside a session's, the id of `filesOf` that session. Undefined when it is
   * that of nothing that is archived.
   */
  nameOf(path: string): FileName | undefined;
  /**
   * Finds out when the agent deletes sessions by itself. Of its settings nothing else is read.
   *
   * @param store One of its folders.
   * @returns Tells of a file that was found when that is at the earliest, in milliseconds since the
   * epoch; undefined for never. Of a session that another one started, it is the other's time.
   */
  deadlines?(store: string): (file: FoundFile) => number | undefined;
  /**
   * The directory that a session belongs to, where it is known without opening the session's file.
   *
   * @param store One of its folders.
   * @param file The session's file.
   */
  directoryOf?(store: string, file: FoundFile): string | undefined;
  /**
   * The title that a session was given elsewhere than in its file.
   *
   * @param store One of its folders.
   * @param file The session's file.
   */
  titleOf?(store: string, file: FoundFile): Promise<string | undefined>;
  /**
   * Begins to learn what a session is.
   *
   * @param name What its path told.
   */
  account(name: FileName): Account;
  /**
   * Turns records into the common view.
   *
   * @param records What each says, in order; undefined where it is no JSON.
   */
  transcript(records: AsyncIterable<unknown>): AsyncIterable<TranscriptMessage>;
  /**
   * Takes a session that is one JSON document apart into what must not get lost.
   *
   * @param value What the document says.
   * @returns Undefined where nothing in it has an id of its own.
   */
  unitsIn?(value: unknown): Iterable<Unit> | undefined;
  /** The layouts in which other programs read its files, by name. */
  readonly layouts?: Readonly<Record<string, FileLayout>>;
  /** How files are told apart that agents keep under names of their own making. */
  readonly copies?: Copies;
  /**
   * Whether what stands in a file beside a session's comes and goes by itself, and is not worth a
   * version.
   *
   * @param path From the store's folder, with slashes.
   */
  isPassing?(path: string): boolean;
  /**
   * Where a session's file belongs when it is put back. Where ids are made of paths, it has the id of its
   * place then.
   *
   * @param path Where it was.
   * @param to Where it is put.
   */
  placeFor(path: string, to: Destination): string;
  /**
   * Puts right what the agent keeps of a session elsewhere, once its file is in its place. Only adds.
   *
   * @param store The folder.
   * @param path Where the file is now, from there.
   * @param directory The directory that it belongs to now.
   * @returns What could not be put right, a line each.
   */
  afterRestore?(store: string, path: string, directory: string): Promise<readonly string[]>;
}
