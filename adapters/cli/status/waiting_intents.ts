/**
 * What waits in the outbox, seen from beside it: nothing is moved, swept or removed.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SessionId } from "../../../core/agent.ts";
import { inParallel } from "../../../core/parallel.ts";
import { errorCode } from "../../state/file_error.ts";
import { hashIn, parseIntent } from "../../state/intent.ts";
import { outboxFolder } from "../../state/layout.ts";
import { Outbox } from "../../state/outbox.ts";

/** What waits. */
export interface WaitingIntents {
  /** How many sessions. */
  readonly sessions: number;
  /** When the oldest intent was written, in epoch milliseconds; absent where there is none. */
  readonly since?: number;
  /** The names of all intents. */
  readonly names: readonly string[];
}

/** How many files are looked at once. */
const WIDTH = 32;

/**
 * Counts what waits, without a look into any file.
 *
 * @param state The state's folder. Nothing need be there.
 * @throws {ArchiveError} When the outbox cannot be read.
 */
export async function waitingIntents(state: string): Promise<WaitingIntents> {
  const folder = outboxFolder(state);
  const names = await new Outbox(folder).names();
  const times = await inParallel(names, WIDTH, (name) => writtenAt(join(folder, name)));
  const since = times.reduce((one, other) => Math.min(one, other), Infinity);
  const sessions = new Set(names.map(hashIn)).size;
  return { sessions, names, ...(since !== Infinity && { since }) };
}

/**
 * Reads which sessions intents are about. Damaged ones are passed over.
 *
 * @param state The state's folder.
 * @param names The intents' names.
 */
export async function sessionsOf(state: string, names: readonly string[]): Promise<SessionId[]> {
  const folder = outboxFolder(state);
  const found = await inParallel(names, WIDTH, async (name) => {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    return (await parseIntent(name, text))?.session;
  });
  return found.filter((session) => session !== undefined);
}

/** An intent is written once. It may be done meanwhile. */
async function writtenAt(file: string): Promise<number> {
  try {
    // Some systems tell less than whole milliseconds, and of these not all they were given.
    return Math.round((await stat(file)).mtimeMs);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Infinity;
    throw error;
  }
}
