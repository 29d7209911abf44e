/**
 * The sessions that agents give, seen before the first is archived: so progress knows its end, and
 * ids that no agent has are found out. The look is cheap and is taken once.
 *
 * @module
 */
import type { Agent, SessionFilter, SessionRef } from "../../core/agent.ts";
import { ArchiveError } from "../../core/errors.ts";

/** Watches agents. */
export class SeenSessions {
  /** The same agents, watched. */
  readonly agents: readonly Agent[];
  readonly #ids = new Set<string>();
  #listener: (sessions: readonly SessionRef[]) => void = () => undefined;

  /** @param agents Which. */
  constructor(agents: readonly Agent[]) {
    this.agents = agents.map((agent) =>
      watched(agent, (sessions) => {
        for (const { id } of sessions) this.#ids.add(id);
        this.#listener(sessions);
      })
    );
  }

  /**
   * Asks to be told all sessions of an agent before it gives the first.
   *
   * @param listener Is told.
   */
  tell(listener: (sessions: readonly SessionRef[]) => void): void {
    this.#listener = listener;
  }

  /**
   * An error for every id that was named and that no agent gave.
   *
   * @param named The ids.
   */
  missing(named: readonly string[] = []): ArchiveError[] {
    const names = this.agents.map(({ name }) => name).join(", ");
    return [...new Set(named)].filter((id) => !this.#ids.has(id)).map((session) =>
      new ArchiveError(
        "NotFound",
        `no session ${session} is on this machine (looked through ${names}); "archive list" ` +
          "shows what is archived",
        { session },
      )
    );
  }
}

function watched(agent: Agent, seen: (sessions: readonly SessionRef[]) => void): Agent {
  return {
    name: agent.name,
    detect: () => agent.detect(),
    async *sessions(filter?: SessionFilter) {
      const sessions: SessionRef[] = [];
      const failures: unknown[] = [];
      try {
        for await (const session of agent.sessions(filter)) sessions.push(session);
      } catch (error) {
        failures.push(error);
      }
      seen(sessions);
      yield* sessions;
      // One store that fails must not hide the others' sessions.
      for (const failure of failures) throw failure;
    },
    load: (session, options) => agent.load(session, options),
    units: (native) => agent.units(native),
    transcript: (native) => agent.transcript(native),
  };
}
