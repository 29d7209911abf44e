/**
 * The sessions that agents give, seen before the first is archived: so progress knows its end, and
 * ids that no agent has are found out. The look is cheap and is taken once.
 *
 * @module
 */
import type { Agent, SessionFilter, SessionRef } from "../../core/agent.ts";
import { ArchiveError } from "../../core/errors.ts";

/** Watches agents, and lets through what is wanted of their sessions. */
export class SeenSessions {
  /** The same agents, watched. */
  readonly agents: readonly Agent[];
  readonly #ids = new Set<string>();
  readonly #isWanted: (session: SessionRef) => boolean;
  #sawAll = true;
  #listener: (count: number) => void = () => undefined;

  /**
   * @param agents Which.
   * @param isWanted Which of their sessions shall be archived.
   */
  constructor(agents: readonly Agent[], isWanted: (session: SessionRef) => boolean) {
    this.agents = agents.map((agent) => ({
      name: agent.name,
      layouts: agent.layouts,
      layout: agent.layout && ((name) => agent.layout!(name)),
      detect: () => agent.detect(),
      sessions: (filter) => this.#look(agent, filter),
      load: (session, options) => agent.load(session, options),
      units: (native) => agent.units(native),
      transcript: (native) => agent.transcript(native),
    }));
    this.#isWanted = isWanted;
  }

  /**
   * Asks to be told how many sessions an agent has to archive, before it gives the first.
   *
   * @param listener Is told.
   */
  tell(listener: (count: number) => void): void {
    this.#listener = listener;
  }

  /**
   * Whether an agent gave a session.
   *
   * @param id Its id.
   */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * An error for every id that was named and that no agent gave. None where an agent could not be
   * looked through: it may have them.
   *
   * @param list What to type to see what is archived.
   * @param named The ids.
   */
  missing(list: string, named: readonly string[] = []): ArchiveError[] {
    if (!this.#sawAll) return [];
    const names = this.agents.map(({ name }) => name).join(", ");
    return [...new Set(named)].filter((id) => !this.#ids.has(id)).map((session) =>
      new ArchiveError(
        "NotFound",
        `no session ${session} is on this machine (looked through ${names}); "${list}" ` +
          "shows what is archived",
        { session },
      )
    );
  }

  async *#look(agent: Agent, filter?: SessionFilter): AsyncGenerator<SessionRef> {
    const sessions: SessionRef[] = [];
    const failures: unknown[] = [];
    try {
      for await (const session of agent.sessions(filter)) {
        this.#ids.add(session.id);
        if (this.#isWanted(session)) sessions.push(session);
      }
    } catch (error) {
      this.#sawAll = false;
      failures.push(error);
    }
    this.#listener(sessions.length);
    yield* sessions;
    // One store that fails must not hide the others' sessions.
    for (const failure of failures) throw failure;
  }
}
