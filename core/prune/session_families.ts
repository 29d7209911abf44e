/**
 * Sessions with those that they started. An agent that deletes one deletes all of them.
 *
 * @module
 */
import type { SessionRef } from "../agent.ts";
import { grouped } from "../grouped.ts";
import { sessionKey } from "../keys/session_key.ts";

/**
 * A session, and all that it and they started: the first is the one that nobody started.
 *
 * @since 0.1.0
 */
export type SessionFamily = readonly [SessionRef, ...SessionRef[]];

/**
 * Puts sessions together that belong together. Each is in one family, parents before children; one
 * whose parent is not among them begins one of its own.
 *
 * @param sessions All there are, of any agents and stores.
 */
export function familiesOf(sessions: readonly SessionRef[]): SessionFamily[] {
  const known = new Set(sessions.map(sessionKey));
  const parentOf = ({ agent, store, parentId }: SessionRef) =>
    parentId === undefined ? undefined : sessionKey({ agent, store, id: parentId });
  const children = grouped(sessions, (session) => parentOf(session) ?? "");
  const taken = new Set<string>();
  const familyOf = (first: SessionRef): SessionFamily => {
    const family: [SessionRef, ...SessionRef[]] = [first];
    taken.add(sessionKey(first));
    for (const member of family) {
      for (const child of children.get(sessionKey(member)) ?? []) {
        if (taken.has(sessionKey(child))) continue;
        taken.add(sessionKey(child));
        family.push(child);
      }
    }
    return family;
  };
  const isFirst = (session: SessionRef) => !known.has(parentOf(session) ?? "");
  const families = sessions.filter(isFirst).map(familyOf);
  // What is left started each other, in a circle.
  for (const session of sessions) {
    if (!taken.has(sessionKey(session))) families.push(familyOf(session));
  }
  return families;
}
