/**
 * The outbox: which sessions wait to be archived, one small durable file each time one is wanted.
 *
 * Any number of processes write. The lock's holder removes, and only files that it had listed before
 * it loaded the session: one that is written meanwhile is about a later state and stays. Who wrote
 * some removes them without the lock where another of its own for the same session stands by then.
 * `intent.ts` knows what is in a file, and `written_intent.ts` how it gets there.
 *
 * @module
 */
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SessionId } from "../../core/agent.ts";
import { ArchiveError } from "../../core/errors.ts";
import { inParallel } from "../../core/parallel.ts";
import { errorCode, fileError } from "./file_error.ts";
import { makePrivateFolder } from "./folder.ts";
import { hashIn, hashOf, type Intent, parseIntent } from "./intent.ts";
import { TEMPORARY, writeIntent } from "./written_intent.ts";

/** A session that waits. */
export interface WaitingSession {
  /** Which. */
  readonly session: SessionId;
  /** Whether one of its intents says not to wait until the session's interval is over. */
  readonly now: boolean;
  /** When the oldest of its intents was written, in epoch milliseconds; never in the future. */
  readonly since: number;
  /** The names of all intents that were seen, for {@linkcode Outbox.remove}. */
  readonly files: readonly string[];
}

/** What {@linkcode Outbox.waiting} found. */
export interface Waiting {
  /** One entry a session, the one that waits longest first. */
  readonly sessions: readonly WaitingSession[];
  /** The names of files that say nothing usable; they are in the folder `damaged` now. */
  readonly damaged: readonly string[];
  /** The names of files that the disk did not give away this time; they stay where they are. */
  readonly unread: readonly string[];
}

const DAMAGED = "damaged";
/** A file that nobody finished for this long is of a killed process. */
const LEFTOVER_MS = 60 * 60_000;
/** How many files are read or removed at once. */
const WIDTH = 32;

/**
 * The intents in a folder.
 *
 * @example
 * ```ts ignore
 * const outbox = new Outbox(outboxFolder(state));
 * await outbox.write({ agent: "opencode", store: "/home/me/…/opencode.db", id: "ses_1" });
 * for (const { session, files } of (await outbox.waiting()).sessions) {
 *   await archive(session);
 *   await outbox.remove(files);
 * }
 * ```
 */
export class Outbox {
  readonly #folder: string;
  /** What the files said that were there last time. None ever says anything else. */
  #known: ReadonlyMap<string, Intent> = new Map();

  /**
   * Names an outbox and touches nothing.
   *
   * @param folder Where its files are; made by the first write.
   */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes an intent, which survives everything once the promise resolves.
   *
   * @param session What to archive.
   * @param options `now`: do not wait until the session's interval is over. `replaces`: names of
   * intents for the same session that this process wrote before; they are removed afterwards.
   * @returns The intent's file name.
   * @throws ArchiveError `Transient` on a full disk; nothing is left of it then.
   */
  async write(
    session: SessionId,
    { now = false, replaces = [] }: {
      readonly now?: boolean;
      readonly replaces?: readonly string[];
    } = {},
  ): Promise<string> {
    const hash = await hashOf(session);
    const strange = replaces.find((other) => hashIn(other) !== hash);
    if (strange !== undefined) throw notAnIntent(strange, `of session ${session.id}`);
    const name = await writeIntent(this.#folder, { session, now, writtenAt: Date.now() });
    if (replaces.length > 0) await this.remove(replaces);
    return name;
  }

  /**
   * Reads all intents. Damaged ones are moved aside and keep none of the others waiting.
   *
   * @throws ArchiveError When the folder cannot be read.
   */
  async waiting(): Promise<Waiting> {
    const names = await this.#list();
    await this.#sweep(names.filter((name) => name.startsWith(TEMPORARY)));
    const intents = new Map<string, Intent>();
    const damaged: string[] = [];
    const unread: string[] = [];
    await inParallel(names.filter(isIntent), WIDTH, async (name) => {
      const found = this.#known.get(name) ?? await this.#read(name);
      if (found === GONE) return;
      if (found === NOT_NOW) return void unread.push(name);
      if (found !== UNUSABLE) return void intents.set(name, found);
      await this.#moveAside(name);
      damaged.push(name);
    });
    this.#known = intents;
    return { sessions: grouped(intents), damaged: damaged.sort(), unread: unread.sort() };
  }

  /** The names of all intents, without a look into any. */
  async names(): Promise<readonly string[]> {
    return (await this.#list()).filter(isIntent);
  }

  /**
   * Removes intents. For the lock's holder; others have {@linkcode write} replace their own.
   *
   * @param files Their names. Those that are missing are fine.
   */
  async remove(files: readonly string[]): Promise<void> {
    const strange = files.find((name) => !isIntent(name));
    if (strange !== undefined) throw notAnIntent(strange, "in an outbox");
    try {
      await inParallel(files, WIDTH, (name) => rm(join(this.#folder, name), { force: true }));
    } catch (error) {
      throw fileError(error, "cannot remove what was archived from", this.#folder);
    }
  }

  async #list(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return [];
      throw fileError(error, "cannot look into the outbox", this.#folder);
    }
  }

  async #read(name: string): Promise<Intent | Unread> {
    const path = join(this.#folder, name);
    try {
      return await parseIntent(name, await readFile(path, "utf8")) ?? UNUSABLE;
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT") return GONE;
      if (code === "") throw error;
      return CANNOT_BE_READ.has(code) ? UNUSABLE : NOT_NOW;
    }
  }

  /** One that cannot be moved stays, is named each time, and stops nothing. */
  async #moveAside(name: string): Promise<void> {
    const folder = join(this.#folder, DAMAGED);
    await makePrivateFolder(folder)
      .then(() => rename(join(this.#folder, name), join(folder, name)))
      .catch(() => undefined);
  }

  /** What cannot be swept is in nobody's way, and the next look tries again. */
  async #sweep(names: readonly string[]): Promise<void> {
    await inParallel(names, WIDTH, async (name) => {
      const path = join(this.#folder, name);
      const left = await stat(path).catch(() => undefined);
      if (left === undefined || Date.now() - left.mtimeMs <= LEFTOVER_MS) return;
      await rm(path, { force: true }).catch(() => undefined);
    });
  }
}

const GONE = Symbol("gone");
const UNUSABLE = Symbol("unusable");
/** One bad sector, a network that is away, too many open files: it keeps no other waiting. */
const NOT_NOW = Symbol("not now");

type Unread = typeof GONE | typeof UNUSABLE | typeof NOT_NOW;

/** What systems answer about a file that will not be readable later either. */
const CANNOT_BE_READ = new Set(["EISDIR", "ELOOP", "EACCES", "EPERM"]);

function isIntent(name: string): boolean {
  return hashIn(name) !== undefined;
}

/** One entry a session, the one that waits longest first. */
function grouped(intents: ReadonlyMap<string, Intent>): readonly WaitingSession[] {
  const groups = new Map<string, WaitingSession>();
  for (const [name, { session, now, writtenAt }] of intents) {
    const key = hashIn(name) ?? name;
    const others = groups.get(key);
    const since = pastTime(writtenAt);
    groups.set(key, {
      session,
      now: now || others?.now === true,
      since: Math.min(since, others?.since ?? since),
      files: [...others?.files ?? [], name],
    });
  }
  return [...groups.values()].sort((one, two) => one.since - two.since);
}

/** A clock that was set back must not keep a session waiting until it has caught up. */
function pastTime(writtenAt: number): number {
  const now = Date.now();
  return writtenAt <= now ? writtenAt : now - 60_000;
}

function notAnIntent(name: string, where: string): ArchiveError {
  return new ArchiveError(
    "Invalid",
    `${JSON.stringify(name)} is not the name of an intent ${where}; give one that it returned`,
  );
}
