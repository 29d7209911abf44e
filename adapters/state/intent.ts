/**
 * An intent: the wish to have one session archived, as the name and the content of a small file.
 * Touches no file; `outbox.ts` does.
 *
 * ```
 * 3f1c…9a~0b6e….json  {"version":1,"agent":"opencode","store":"/…/opencode.db","id":"ses_…",
 *                      "now":true,"writtenAt":"2026-01-15T12:34:56.789Z"}
 * ```
 *
 * @module
 */
import { isAbsolute } from "node:path";
import type { SessionId } from "../../core/agent.ts";
import { ArchiveError, isArchiveError } from "../../core/errors.ts";
import { webSha256Hex } from "../../core/hash.ts";
import { checkSessionId } from "../../core/keys/session_id.ts";
import { sessionKey } from "../../core/keys/session_key.ts";

/** What an intent says. */
export interface Intent {
  /** What to archive. */
  readonly session: SessionId;
  /** Whether not to wait until the session's interval is over. */
  readonly now: boolean;
  /** When it was written, in epoch milliseconds. */
  readonly writtenAt: number;
}

const VERSION = 1;
const NAME = /^([0-9a-f]{16})~[\w-]+\.json$/;

/**
 * A name that no other intent has.
 *
 * @param session What it is about.
 */
export async function intentName(session: SessionId): Promise<string> {
  return `${await hashOf(session)}~${crypto.randomUUID()}.json`;
}

/**
 * What the names of a session's intents begin with.
 *
 * @param name A file name.
 * @returns 16 hex digits; undefined when the name is no intent's.
 */
export function hashIn(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/**
 * The content of an intent's file.
 *
 * @param intent What it says.
 * @throws ArchiveError `Invalid` for what could not be read back.
 */
export function intentText({ session, now, writtenAt }: Intent): string {
  const { agent, store, id } = checkSession(session);
  const at = new Date(writtenAt).toISOString();
  return JSON.stringify({
    version: VERSION,
    agent,
    store,
    id,
    ...(now && { now }),
    writtenAt: at,
  }) + "\n";
}

/**
 * What an intent's file says.
 *
 * @param name Its name, which must fit what it says.
 * @param text Its content.
 * @returns Undefined when it is damaged, or of a version that is not known here.
 */
export async function parseIntent(name: string, text: string): Promise<Intent | undefined> {
  const found = membersOf(text);
  if (found === undefined || found.version !== VERSION) return undefined;
  const { agent, store, id, now = false, writtenAt } = found;
  if (typeof agent !== "string" || typeof store !== "string" || typeof id !== "string") {
    return undefined;
  }
  if (typeof now !== "boolean" || typeof writtenAt !== "string") return undefined;
  const time = Date.parse(writtenAt);
  const session = { agent, store, id };
  if (Number.isNaN(time) || !isSound(session)) return undefined;
  // The name is a checksum of the session too: what a failing disk changed is not what was meant.
  if (await hashOf(session) !== hashIn(name)) return undefined;
  return { session, now, writtenAt: time };
}

function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

function isSound(session: SessionId): boolean {
  try {
    checkSession(session);
    return true;
  } catch (error) {
    if (isArchiveError(error)) return false;
    throw error;
  }
}

function checkSession(session: SessionId): SessionId {
  const { agent, store, id } = session;
  checkSessionId(id);
  if (agent === "") throw unsound(id, "has no agent's name; give one, as opencode");
  if (!isAbsolute(store) || store.includes("\0")) {
    throw unsound(id, `is said to be in ${JSON.stringify(store)}; give an absolute path`);
  }
  return session;
}

function unsound(id: string, why: string): ArchiveError {
  return new ArchiveError("Invalid", `the session ${id} ${why}`, { session: id });
}

/**
 * What the names of a session's intents begin with; see {@linkcode hashIn}.
 *
 * @param session Which.
 */
export async function hashOf(session: SessionId): Promise<string> {
  return (await webSha256Hex(sessionKey(session))).slice(0, 16);
}
