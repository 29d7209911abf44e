/**
 * In which order sessions are archived: those that their agents delete first, first.
 *
 * @module
 */
import type { Agent, SessionFilter, SessionRef } from "../agent.ts";
import type { Failures } from "../failures.ts";

/**
 * Looks at the sessions of all agents.
 *
 * @param agents Which.
 * @param filter What they are asked for.
 * @param failures Gets what kept an agent from giving all of its sessions.
 * @returns The nearest deadline first; then those without one, as their agents gave them.
 */
export async function sessionsByDeadline(
  agents: readonly Agent[],
  filter: SessionFilter,
  failures: Failures,
): Promise<readonly SessionRef[]> {
  const due: { session: SessionRef; at: number }[] = [];
  const others: SessionRef[] = [];
  for (const agent of agents) {
    try {
      for await (const session of agent.sessions(filter)) {
        const { deletedAt } = session;
        if (deletedAt === undefined) others.push(session);
        else due.push({ session, at: Date.parse(deletedAt) });
      }
    } catch (error) {
      failures.add(error);
    }
  }
  due.sort((one, other) => one.at - other.at);
  return [...due.map(({ session }) => session), ...others];
}
