/**
 * The intents that this process wrote and that still wait in the outbox.
 *
 * @module
 */
import type { SessionId } from "../../core/agent.ts";
import type { Outbox } from "../state/outbox.ts";

/** A session's intent of this process, and its file in the outbox. */
interface Open {
  readonly session: SessionId;
  readonly file: string;
  /** It asks to be archived without waiting for anything. */
  readonly now: boolean;
}

/** What {@linkcode OpenIntents} writes to. */
export type Outgoing = Pick<Outbox, "write" | "names">;

/** The agent whose sessions these are. */
const AGENT = "opencode";

/** Writes intents, one after the other, and knows those that are not done. */
export class OpenIntents {
  readonly #outbox: Outgoing;
  readonly #findStores: () => Promise<readonly string[]>;
  #stores?: readonly string[];
  readonly #open = new Map<string, Open>();
  /** Sessions whose intent could not be written. */
  readonly #unwritten = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  /**
   * @param outbox Where they go.
   * @param findStores Tells the databases that the sessions may be in; asked once, since a process
   * stays with its own.
   */
  constructor(outbox: Outgoing, findStores: () => Promise<readonly string[]>) {
    this.#outbox = outbox;
    this.#findStores = findStores;
  }

  /** How many sessions wait, as of the last {@linkcode refresh}. */
  get size(): number {
    return this.#open.size;
  }

  /** The ids of the sessions that wait, as of the last {@linkcode refresh}. */
  get ids(): ReadonlySet<string> {
    return new Set([...this.#open.values()].map(({ session }) => session.id));
  }

  /** The ids of sessions whose intent could not be written so far. */
  get unwritten(): readonly string[] {
    return [...this.#unwritten];
  }

  /**
   * Writes an intent in place of the session's earlier ones. It is on disk when this resolves.
   *
   * @param id The session's id.
   * @param now Whether it shall be archived without waiting for anything.
   * @throws ArchiveError When it cannot be written; it is remembered as unwritten then.
   */
  write(id: string, now = false): Promise<void> {
    return this.#inTurn(async () => {
      this.#unwritten.add(id);
      this.#stores ??= await this.#findStores();
      for (const store of this.#stores) await this.#write({ agent: AGENT, store, id }, now);
      this.#unwritten.delete(id);
    });
  }

  /** Writes all anew that wait, and do not ask to be archived without waiting for anything. */
  urge(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refresh();
      for (const { session, now } of [...this.#open.values()]) {
        if (!now) await this.#write(session, true);
      }
    });
  }

  /** Looks which are done. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  /** Waits for nothing more: the relay goes on with them by itself. */
  forget(): void {
    this.#open.clear();
  }

  async #write(session: SessionId, now: boolean): Promise<void> {
    const key = `${session.store}\n${session.id}`;
    const before = this.#open.get(key);
    const replaces = before ? [before.file] : [];
    const file = await this.#outbox.write(session, { now, replaces });
    this.#open.set(key, { session, file, now });
  }

  async #refresh(): Promise<void> {
    if (this.#open.size === 0) return;
    const there = new Set(await this.#outbox.names());
    for (const [key, { file }] of this.#open) if (!there.has(file)) this.#open.delete(key);
  }

  /** One at a time: an intent must not be replaced while it is being written. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
