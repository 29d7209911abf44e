/**
 * What an agent that keeps each session in a file of lines has to tell, so that its sessions can be
 * archived and put back: where the files are, what stands in them, and where one belongs.
 *
 * @module
 */
import type { Summary } from "../../../core/agent.ts";
import type { TranscriptMessage } from "../../../core/transcript.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A session's file, as it is found: nothing of it was read. */
export interface FoundFile {
  /** The session's id. */
  readonly id: string;
  /** The session that started it, where the path tells. */
  readonly parentId?: string;
  /** Its path from the store's folder, with slashes. */
  readonly path: string;
  /** Its length in bytes. */
  readonly size: number;
  /** When it last changed, in whole milliseconds since the epoch. */
  readonly modifiedMs: number;
}

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
  /**
   * Walks over the files of all sessions, and opens none. A session that lies there twice comes once.
   *
   * @param store One of its folders.
   * @param signal Stops it.
   */
  find(store: string, signal?: AbortSignal): AsyncIterable<FoundFile>;
  /**
   * What a path stands for. Nothing is ever written to a path that stands for no session.
   *
   * @param path From the store's folder, with slashes.
   * @returns Undefined when it is that of no session's file.
   */
  nameOf(path: string): FileName | undefined;
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
   * Where a session's file belongs when it is put back.
   *
   * @param path Where it was.
   * @param directory The directory that it shall belong to.
   */
  placeFor(path: string, directory: string): string;
}
