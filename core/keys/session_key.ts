/**
 * One text for one session, to keep things of sessions in maps.
 *
 * @module
 */
import type { SessionId } from "../agent.ts";

/**
 * Names a session among all of this machine. The parts hold no line feed.
 *
 * @param session Which.
 */
export function sessionKey({ agent, store, id }: SessionId): string {
  return `${agent}\n${store}\n${id}`;
}
