/**
 * What the background relay tells of itself: a small file that only the lock's holder replaces and
 * that anybody may read at any time. The plugin goes by it without reading the configuration.
 *
 * Read in the agent's own process, so it is checked by hand and nothing heavy is imported.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { isRecord } from "../../core/fields.ts";
import { errorCode } from "./file_error.ts";
import { statusPath } from "./layout.ts";
import { replaceFile } from "./replace_file.ts";

/** What stands in the file. All times are ISO 8601 in UTC. */
export interface Status {
  /** Of the format: what reads only other versions reads none of it. */
  readonly version: 1;
  /** When it was written. */
  readonly updatedAt: string;
  /** What was found in the configuration. */
  readonly config: {
    /** Its absolute path. */
    readonly path: string;
    /** Exactly which state of it is meant; see {@linkcode configStamp}. */
    readonly stamp: string;
    /** Why it cannot be used, in one line for people, without secrets. */
    readonly problem?: string;
    /** There has been a file, and there is none now. */
    readonly isGone?: boolean;
    /** Whether sessions are archived by themselves. */
    readonly auto: boolean;
    /** How long an ending agent waits without progress, in milliseconds. */
    readonly waitOnExitMs: number;
  };
  /** By the backends' names. */
  readonly backends: Readonly<Record<string, BackendStatus>>;
  /** How many sessions wait. */
  readonly waiting: number;
  /**
   * Those of them that wait though no backend is at fault: they cannot be read, or a backend that
   * works refuses them. Each is tried again, more and more seldom.
   */
  readonly stuck?: StuckSessions;
  /** Sessions from before the installation, which only an explicit run archives. */
  readonly history?: { readonly sessions: number };
  /** When the relay made the first archive ever. */
  readonly firstSuccess?: string;
}

/** Sessions with which something is wrong, or with their agent's store. */
export interface StuckSessions {
  /** How many. */
  readonly sessions: number;
  /** The last that failed: its id, an error's code, and one line for people. */
  readonly last: {
    readonly at: string;
    readonly session: string;
    readonly code: string;
    readonly message: string;
  };
}

/** How it went with one backend. */
export interface BackendStatus {
  /** What it is whatever its name: endpoint, bucket, prefix. */
  readonly identity: string;
  /** The last archive that it acknowledged. */
  readonly lastSuccess?: { readonly at: string; readonly session: string; readonly key: string };
  /** Its last failure: an error's code, and one line for people. */
  readonly lastFailure?: { readonly at: string; readonly code: string; readonly message: string };
  /** Whether the last try failed. */
  readonly failing: boolean;
  /** When it is tried again. */
  readonly nextTryAt?: string;
}

/**
 * Reads the status.
 *
 * @param folder The state's folder.
 * @returns Undefined when there is none that can be understood: missing, damaged, or a later
 * version's.
 */
export async function readStatus(folder: string): Promise<Status | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(statusPath(folder), "utf8"));
    return isStatus(value) ? value : undefined;
  } catch {
    // Whatever is wrong with it, the relay writes it anew.
    return undefined;
  }
}

/** The last write of each folder: one after the other, so that the last one asked for stays. */
const writing = new Map<string, Promise<void>>();

/**
 * Puts a status in place of the one before. Readers see one or the other, also after a power cut.
 *
 * @param folder The state's folder.
 * @param status What to say.
 */
export function writeStatus(folder: string, status: Status): Promise<void> {
  const before = writing.get(folder) ?? Promise.resolve();
  const text = `${JSON.stringify(status)}\n`;
  const written = before.catch(() => undefined)
    .then(() => replaceFile(statusPath(folder), text));
  writing.set(folder, written);
  return written;
}

/** The stamp of a file that is not there. */
export const MISSING = "missing";

/**
 * Names the state of a configuration file: two equal stamps mean the same content.
 *
 * @param path The file's path.
 * @returns `missing`; or its time in whole milliseconds, its size in bytes and its inode; or the
 * system's error code where it cannot even be looked at.
 */
export async function configStamp(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${Math.trunc(mtimeMs)}:${size}:${ino}`;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return MISSING;
    if (code === "") throw error;
    return code;
  }
}

function isStatus(value: unknown): value is Status {
  return isRecord(value) && value.version === 1 && isTime(value.updatedAt) &&
    isConfig(value.config) && isRecord(value.backends) &&
    Object.values(value.backends).every(isBackend) && isCount(value.waiting) &&
    optional(value.stuck, isStuck) &&
    optional(value.history, (history) => isRecord(history) && isCount(history.sessions)) &&
    optional(value.firstSuccess, isTime);
}

function isConfig(value: unknown): boolean {
  return isRecord(value) && areTexts(value, ["path", "stamp"]) &&
    optional(value.problem, isText) && optional(value.isGone, isFlag) && isFlag(value.auto) &&
    isCount(value.waitOnExitMs);
}

function isBackend(value: unknown): boolean {
  return isRecord(value) && areTexts(value, ["identity"]) && isFlag(value.failing) &&
    optional(value.lastSuccess, (last) => isEvent(last, ["session", "key"])) &&
    optional(value.lastFailure, (last) => isEvent(last, ["code", "message"])) &&
    optional(value.nextTryAt, isTime);
}

function isStuck(value: unknown): boolean {
  return isRecord(value) && isCount(value.sessions) &&
    isEvent(value.last, ["session", "code", "message"]);
}

function isEvent(value: unknown, names: readonly string[]): boolean {
  return isRecord(value) && isTime(value.at) && areTexts(value, names);
}

function areTexts(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => isText(value[name]));
}

function optional(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === undefined || check(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isFlag(value: unknown): boolean {
  return typeof value === "boolean";
}

function isTime(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
