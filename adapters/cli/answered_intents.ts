/**
 * The intents that a run answers: it does the background relay's work while it has the lock, so what
 * it archived need not wait any longer.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Agent, SessionId } from "../../core/agent.ts";
import type { Archiver } from "../../core/archiver.ts";
import type { SessionOutcome } from "../../core/archiving/archiving.ts";
import { throwIfAborted } from "../../core/errors.ts";
import { Failures } from "../../core/failures.ts";
import { findSession } from "../../core/listing/find_session.ts";
import { sessionKey } from "../../core/keys/session_key.ts";
import { SETTLE_MS } from "../relay/schedule.ts";
import type { Outbox } from "../state/outbox.ts";

/** What waits while a run goes on. */
export class AnsweredIntents {
  readonly #outbox: Outbox;
  readonly #files = new Map<string, readonly string[]>();
  readonly #failed = new Set<string>();

  /** @param outbox Where they are. Only the lock's holder may answer them. */
  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Takes note of what waits now, and lets it settle: agents still write for a moment after they asked.
   * What comes later is about a state that was not looked at yet.
   *
   * @param signal Ends the wait.
   */
  async list(signal: AbortSignal): Promise<void> {
    const { sessions } = await this.#outbox.waiting();
    for (const { session, files } of sessions) this.#files.set(sessionKey(session), files);
    if (sessions.length > 0) await settle(signal);
  }

  /**
   * Removes the intents of a session that every backend of its rule has.
   *
   * @param outcome What became of it.
   */
  async ended({ session, copies }: SessionOutcome): Promise<void> {
    const key = sessionKey(session);
    if (copies.some(({ status }) => status === "failed")) this.#failed.add(key);
    else await this.#remove(key);
  }

  /**
   * Archives what still waits, unless it has just failed: what came meanwhile, and what lies in
   * stores that are not looked for.
   *
   * @param archiver Where to.
   * @param agents Where from.
   * @param how What stops it, and whether copies are read back.
   * @param gone Is told of a session that its store no longer has.
   * @returns What became of each. A store that cannot be read fails at the end.
   */
  async *others(
    archiver: Archiver,
    agents: readonly Agent[],
    how: { readonly signal: AbortSignal; readonly readBack?: boolean },
    gone: (session: SessionId) => Promise<void>,
  ): AsyncGenerator<SessionOutcome> {
    const { signal } = how;
    this.#files.clear();
    if ((await this.#outbox.names()).length === 0) return;
    await settle(signal);
    const { sessions } = await this.#outbox.waiting();
    const run = archiver.begin();
    const failures = new Failures();
    for (const { session, files } of sessions) {
      throwIfAborted(signal, "archiving");
      const agent = agents.find(({ name }) => name === session.agent);
      if (agent === undefined || this.#failed.has(sessionKey(session))) continue;
      this.#files.set(sessionKey(session), files);
      try {
        const ref = await findSession([agent], session, signal);
        if (ref !== undefined) yield await run.archive(ref, how);
        else {
          await this.#remove(sessionKey(session));
          await gone(session);
        }
      } catch (error) {
        failures.add(error);
      }
    }
    failures.throwAny();
  }

  async #remove(key: string): Promise<void> {
    const files = this.#files.get(key);
    this.#files.delete(key);
    if (files !== undefined) await this.#outbox.remove(files);
  }
}

/** A stop is noticed by whatever is done next. */
async function settle(signal: AbortSignal): Promise<void> {
  await delay(SETTLE_MS, undefined, { signal }).catch(() => undefined);
}
