/**
 * What the background relay tells of itself: a small file that only the lock's holder replaces and
 * that anybody may read at any time. The plugin goes by it without reading the configuration.
 *
 * Read in the agent's own process, so it is checked by hand and nothing heavy is imported.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { isRecord } from "../../core/fields.ts";
import { statusPath } from "./layout.ts";

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
    /** Exactly which state of it is meant; see `stamps.ts`. */
    readonly stamp: string;
    /** Why it cannot be used, in one line for people, without secrets. */
    readonly problem?: string;
    /** Whether sessions are archived by themselves. */
    readonly auto: boolean;
    /** How long an ending agent waits without progress, in milliseconds. */
    readonly waitOnExitMs: number;
  };
  /** By the backends' names. */
  readonly backends: Readonly<Record<string, BackendStatus>>;
  /** How many sessions wait, parked ones among them. */
  readonly waiting: number;
  /**
   * Those of them that wait though no backend is at fault, and that may pass: their agent's store
   * does not open, perhaps. Each is tried again, more and more seldom.
   */
  readonly stuck?: StuckSessions;
  /** Those of them that some backend is not tried with again before something changes. */
  readonly parked?: ParkedSessions;
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

/** Sessions that fail for good, each with the backends that do not get it. */
export interface ParkedSessions {
  /** How many. */
  readonly sessions: number;
  /** What keeps each from a backend; the newest {@linkcode MOST_PARKED_TOLD}, newest first. */
  readonly list: readonly ParkedSession[];
}

/** A session that one backend is not tried with again before something changes. */
export interface ParkedSession {
  /** Its agent's name. */
  readonly agent: string;
  /** Its id. */
  readonly session: string;
  /** The backend's name. */
  readonly backend: string;
  /** Since when. */
  readonly since: string;
  /** An error's code. */
  readonly code: string;
  /** Why, in one line for people. */
  readonly message: string;
}

/** So many parked sessions are told one by one at most. */
export const MOST_PARKED_TOLD = 50;

/** Why a backend is not tried for so long: it refuses who asks, or cannot be opened. */
export interface BackendPause {
  /** When it is tried again though nothing changed. */
  readonly until: string;
  /**
   * Files that its credentials come from, or the folders that it lies in, by absolute path, each with
   * its stamp (`stamps.ts`) before the backend was opened. It is tried again as soon as one has changed.
   */
  readonly files: Readonly<Record<string, string>>;
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
  /** It waits for somebody to mend what is wrong. */
  readonly pause?: BackendPause;
  /** How many sessions it lacks that it may still get by itself; not those that are parked. */
  readonly waiting?: number;
  /** Since when it lacks the oldest of them; absent where it lacks none. */
  readonly waitingSince?: string;
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

function isStatus(value: unknown): value is Status {
  return isRecord(value) && value.version === 1 && isTime(value.updatedAt) &&
    isConfig(value.config) && isRecord(value.backends) &&
    Object.values(value.backends).every(isBackend) && isCount(value.waiting) &&
    optional(value.stuck, isStuck) && optional(value.parked, areParked) &&
    optional(value.history, (history) => isRecord(history) && isCount(history.sessions)) &&
    optional(value.firstSuccess, isTime);
}

function isConfig(value: unknown): boolean {
  return isRecord(value) && areTexts(value, ["path", "stamp"]) &&
    optional(value.problem, isText) && isFlag(value.auto) &&
    isCount(value.waitOnExitMs);
}

function isBackend(value: unknown): boolean {
  return isRecord(value) && areTexts(value, ["identity"]) && isFlag(value.failing) &&
    optional(value.lastSuccess, (last) => isEvent(last, ["session", "key"])) &&
    optional(value.lastFailure, (last) => isEvent(last, ["code", "message"])) &&
    optional(value.nextTryAt, isTime) && optional(value.pause, isPause) &&
    optional(value.waiting, isCount) && optional(value.waitingSince, isTime);
}

function isPause(value: unknown): boolean {
  return isRecord(value) && isTime(value.until) && isRecord(value.files) &&
    Object.values(value.files).every(isText);
}

function isStuck(value: unknown): boolean {
  return isRecord(value) && isCount(value.sessions) &&
    isEvent(value.last, ["session", "code", "message"]);
}

function areParked(value: unknown): boolean {
  return isRecord(value) && isCount(value.sessions) && Array.isArray(value.list) &&
    value.list.every((parked: unknown) =>
      isRecord(parked) && isTime(parked.since) &&
      areTexts(parked, ["agent", "session", "backend", "code", "message"])
    );
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
