/**
 * All sessions that wait, in step with the outbox: what comes in is seen, what is done or shall not
 * be is taken out. When one is due, and what becomes of it, is the relay's business.
 *
 * @module
 */
import type { SessionId, SessionRef } from "../../core/agent.ts";
import { inParallel } from "../../core/parallel.ts";
import { sessionKey } from "../../core/keys/session_key.ts";
import type { Outbox, WaitingSession } from "../state/outbox.ts";
import { type Found, PendingSession } from "./pending_session.ts";

/** What lies outside. */
export interface PendingOutside {
  /** What waits. */
  readonly outbox: Pick<Outbox, "waiting" | "names" | "write" | "remove">;
  /** The relay's own clock: milliseconds since any time, never set. */
  now(): number;
  /** Epoch milliseconds. */
  date(): number;
  /** Writes a line into the log. */
  say(line: string): void;
}

/** How many intents are written at once. */
const WIDTH = 32;

/** The sessions that wait, or were archived a short while ago. */
export class PendingSessions {
  readonly #outside: PendingOutside;
  readonly #sessions = new Map<string, PendingSession>();
  /** The intents that were seen and are not done. */
  #names = new Set<string>();
  /** Those of them that could not be read yet. */
  #unread: readonly string[] = [];
  /** The intents that are done, as long as they may still be listed. */
  readonly #leaving = new Set<string>();
  /** What the intents said that are left may differ from what they said all together. */
  #isDated = false;
  /** Somebody has asked not to wait, and that was not followed yet. */
  #isUrged = false;
  /** The states of sessions that were missed, by session, each as its change token. */
  readonly #missed = new Map<string, string>();

  /** @param outside What lies outside. */
  constructor(outside: PendingOutside) {
    this.#outside = outside;
  }

  /** All of them. */
  [Symbol.iterator](): IterableIterator<PendingSession> {
    return this.#sessions.values();
  }

  /**
   * Takes note of what is in the outbox.
   *
   * @returns Whether anything had changed.
   */
  async look(): Promise<boolean> {
    const { outbox, say } = this.#outside;
    const names = this.#staying(await outbox.names());
    const isSame = names.size === this.#names.size && !this.isNews([...names]);
    if (isSame && !this.#isDated && this.#unread.length === 0) return false;
    this.#isDated = false;
    const { sessions, damaged, unread } = await outbox.waiting();
    this.#names = this.#staying([...names, ...sessions.flatMap(({ files }) => files)]);
    const waiting = sessions.map(({ files, ...session }) => ({
      ...session,
      files: files.filter((file) => this.#names.has(file)),
    })).filter(({ files }) => files.length > 0);
    for (const file of damaged) say(`the intent ${file} is unreadable and was put aside`);
    const fresh = unread.filter((file) => !this.#unread.includes(file));
    for (const file of fresh) say(`the intent ${file} cannot be read for now, and waits`);
    this.#unread = unread;
    const asked = new Set(waiting.map(({ session }) => sessionKey(session)));
    for (const [name, pending] of this.#sessions) if (!asked.has(name)) pending.unasked();
    for (const session of waiting) this.#see(session);
    return true;
  }

  /** Those of some listed names that are not done. What is listed no more is gone for good. */
  #staying(names: readonly string[]): Set<string> {
    const staying = new Set(names);
    for (const name of this.#leaving) if (!staying.delete(name)) this.#leaving.delete(name);
    return staying;
  }

  #see({ session, files, now: isUrgent, since }: WaitingSession): void {
    const now = this.#outside.now();
    // A clock that was set back since must not make it wait.
    const age = Math.max(0, this.#outside.date() - since);
    const isNew = this.of(session).see({ files, isUrgent, since: now - age, date: since }, now);
    this.#isUrged ||= isNew && isUrgent;
  }

  /** Whether somebody has asked not to wait since this was last called. */
  takeUrge(): boolean {
    const isUrged = this.#isUrged;
    this.#isUrged = false;
    return isUrged;
  }

  /**
   * Whether intents came that are not known yet.
   *
   * @param names All that there are.
   */
  isNews(names: readonly string[]): boolean {
    return names.some((name) => !this.#names.has(name) && !this.#leaving.has(name));
  }

  /**
   * What is known of a session; it begins to be, if nothing was.
   *
   * @param session Which.
   */
  of({ agent, store, id }: SessionId): PendingSession {
    const name = sessionKey({ agent, store, id });
    const known = this.#sessions.get(name);
    if (known) return known;
    const fresh = new PendingSession({ agent, store, id });
    this.#sessions.set(name, fresh);
    return fresh;
  }

  /**
   * Takes note that a session changed, where no intent tells of it.
   *
   * @param session Which, and its state.
   * @param date Since when it waits for that, epoch milliseconds.
   * @returns Whether that was not known. The same state counts once, or looking again and again
   * would keep a relay alive for what it cannot bring anywhere.
   */
  missed(session: SessionRef, date: number): boolean {
    const name = sessionKey(session);
    const isKnown = this.#missed.get(name) === session.token;
    if (isKnown || (this.#sessions.get(name)?.files.length ?? 0) > 0) return false;
    this.#missed.set(name, session.token);
    const found: Found = { changedAt: Date.parse(session.updatedAt), date };
    this.of(session).changed(found, this.#outside.now());
    return true;
  }

  /**
   * Takes note that a copy of a session is lost, whose state may well be known as archived.
   *
   * @param session Which.
   */
  lost(session: SessionId): void {
    const date = this.#outside.date();
    this.of(session).changed({ changedAt: date, date }, this.#outside.now());
  }

  /**
   * Writes intents for sessions that wait without any, so that others see them wait, and can ask for
   * them, also when this process is gone.
   *
   * @param backends The names of all that count.
   * @param before Only for those of which word came before, by the relay's own clock.
   */
  async putDown(backends: readonly string[], before = Infinity): Promise<void> {
    const unasked = [...this].filter((pending) =>
      pending.files.length === 0 && pending.lastWordAt < before && pending.isWaiting(backends)
    );
    await inParallel(unasked, WIDTH, async (pending) => {
      const file = await this.#outside.outbox.write(pending.session);
      this.#names.add(file);
      pending.asked(file);
      // It may have been archived meanwhile.
      await this.finish(pending, backends);
    });
  }

  /**
   * Other rules are in force: see {@linkcode PendingSession.rulesChanged}.
   *
   * @param isForgiven Failures are forgotten too, and what was missed counts anew.
   * @param reopened The names of backends that were opened again, since they may be mended.
   */
  rulesChanged(isForgiven: boolean, reopened: ReadonlySet<string>): void {
    if (isForgiven) this.#missed.clear();
    for (const pending of this) pending.rulesChanged(isForgiven, reopened);
  }

  /**
   * Forgets a session.
   *
   * @param pending Which.
   */
  forget(pending: PendingSession): void {
    this.#sessions.delete(sessionKey(pending.session));
  }

  /**
   * Removes the intents that all backends have done with.
   *
   * @param pending Whose.
   * @param backends The names of all that count.
   */
  async finish(pending: PendingSession, backends: readonly string[]): Promise<void> {
    const done = pending.takeDone(backends);
    // One that said `now` may be among the done.
    this.#isDated ||= done.length > 0 && pending.files.length > 0;
    await this.#remove(done);
    if (done.length > 0 && !pending.isTakenByAny(backends)) {
      this.#outside.say(`left ${pending.session.id} alone: the rules say that it is not archived`);
    }
    if (!pending.isWaiting(backends)) pending.lastSaid = undefined;
  }

  /**
   * Removes intents that nothing shall come of, and says why.
   *
   * @param pending Whose.
   * @param files Which.
   * @param backends The names of all that count.
   * @param why Why.
   */
  async drop(
    pending: PendingSession,
    files: readonly string[],
    backends: readonly string[],
    why: string,
  ): Promise<void> {
    await this.#remove(files);
    pending.dismiss(files, backends);
    if (files.length > 0) this.#outside.say(`left ${pending.session.id} alone: ${why}`);
  }

  async #remove(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    for (const file of files) {
      this.#names.delete(file);
      this.#leaving.add(file);
    }
    try {
      await this.#outside.outbox.remove(files);
    } catch (error) {
      for (const file of files) this.#leaving.delete(file);
      throw error;
    }
  }
}
