/**
 * Where a session belonged when it was archived: as long as its token is the same, it still does, and
 * nobody has to open it for that.
 *
 * @module
 */
import type { SessionFilter } from "../agent.ts";
import type { Ledger } from "./ledger.ts";

/**
 * What a ledger tells of sessions.
 *
 * @param ledger The ledger.
 * @param backends The identities of the backends that count.
 */
export function rememberedIn(
  ledger: Pick<Ledger, "get">,
  backends: readonly string[],
): NonNullable<SessionFilter["remembered"]> {
  return (session) => {
    for (const backend of backends) {
      const entry = ledger.get(session, backend);
      if (entry?.token === session.token) return { projectPath: entry.facts.projectPath };
    }
    return undefined;
  };
}
