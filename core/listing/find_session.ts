/**
 * From a session's id back to the session.
 *
 * @module
 */
import type { Agent, SessionId, SessionRef } from "../agent.ts";
import { ArchiveError } from "../errors.ts";

/**
 * Finds a session in its agent's store.
 *
 * @param agents Those that are known here.
 * @param session Which.
 * @param signal Stops it.
 * @returns Undefined when its store opens and lacks it.
 * @throws {ArchiveError} `NotSupported` for a session of an agent that is not known; whatever the
 * agent throws when the store does not open.
 */
export async function findSession(
  agents: readonly Agent[],
  session: SessionId,
  signal?: AbortSignal,
): Promise<SessionRef | undefined> {
  return await withSession(agents, session, (ref) => Promise.resolve(ref), signal);
}

/**
 * Does something with a session in its agent's store. The look at the store goes on meanwhile, so
 * that an agent which opens one for a look need not open it again to load the session.
 *
 * @param agents Those that are known here.
 * @param session Which.
 * @param work Gets the session; undefined when its store opens and lacks it.
 * @param signal Stops the look.
 * @throws {ArchiveError} As {@linkcode findSession}.
 */
export async function withSession<T>(
  agents: readonly Agent[],
  { agent: name, store, id }: SessionId,
  work: (ref: SessionRef | undefined) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const agent = agents.find((one) => one.name === name);
  if (agent === undefined) {
    const known = agents.map((one) => one.name).join(", ") || "none";
    const message = `there is no agent named "${name}" here; there are: ${known}`;
    throw new ArchiveError("NotSupported", message, { session: id });
  }
  for await (const ref of agent.sessions({ ids: [id], stores: [store], signal })) {
    if (ref.id === id) return await work(ref);
  }
  return await work(undefined);
}
