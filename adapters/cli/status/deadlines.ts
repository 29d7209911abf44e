/**
 * The sessions that their agents will soon delete by themselves, and whether they are archived. No
 * session's file is opened but those of which no backend has what they are now.
 *
 * @module
 */
import type { Agent, SessionRef } from "../../../core/agent.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { AGENTS } from "../../config/agent_names.ts";
import { chosen } from "../../config/chosen.ts";
import type { Config } from "../../config/config.ts";
import type { Call } from "../call.ts";
import { wantedAgents } from "../open_archive.ts";
import { routesOf } from "../routes.ts";
import type { ArchivedCopies } from "./archived_copies.ts";

/** The sessions of one agent that it deletes soon. */
export interface Deadline {
  /** The agent's name. */
  readonly agent: string;
  /** How many sessions, with all that goes with each. */
  readonly sessions: number;
  /** Of how many no backend has all, as it is now. */
  readonly notArchived: number;
  /** When the first is deleted, at the earliest, ISO 8601 in UTC; may have passed. */
  readonly next: string;
}

/** How many days are soon. */
export const SOON_DAYS = 2;
const DAY_MS = 24 * 60 * 60_000;
/** Longer than this nobody waits for it, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Looks for them.
 *
 * @param call Who asks, and for which backend.
 * @param config Says which projects are archived.
 * @param copies What the backends have.
 * @param identities The backends that count.
 * @returns One an agent that deletes any soon.
 */
export async function deadlinesOf(
  call: Call,
  config: Config,
  copies: ArchivedCopies,
  identities: readonly string[],
): Promise<readonly Deadline[]> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const agents = (await wantedAgents(call)).filter(({ deletesByItself }) => deletesByItself);
  const routeOf = await routesOf(config, call.terminal);
  const isLeftAlone = ({ projectPath }: SessionRef) =>
    chosen(routeOf(projectPath).backends, call.backend).length === 0;
  const found = await Promise.all(agents.map(async (agent) => {
    const soon = await soonDeleted(agent, signal);
    const known = (state: "stored" | "deleted") => (one: SessionRef) =>
      identities.some((identity) => {
        const copy = copies.copy(one, identity);
        return copy?.state === state && copy.token === one.token;
      });
    const archived = soon.filter(known("stored"));
    const given = new Set([...archived, ...soon.filter(known("deleted"))]);
    const missing = await withProjects(agent, soon.filter((one) => !given.has(one)), signal);
    return deadline(agent, archived, missing.filter((one) => !isLeftAlone(one)));
  }));
  return found.filter((one) => one !== undefined);
}

/** What changed within the last day is not left over: it is about to be archived. */
async function soonDeleted(agent: Agent, signal: AbortSignal): Promise<SessionRef[]> {
  const now = Date.now();
  const soon: SessionRef[] = [];
  // Where they belong would have to be read from their files.
  const remembered = () => ({ projectPath: "" });
  for await (const session of allSeen(agent.sessions({ signal, remembered }))) {
    const { deletedAt, updatedAt } = session;
    if (deletedAt === undefined || Date.parse(updatedAt) > now - DAY_MS) continue;
    if (Date.parse(deletedAt) <= now + SOON_DAYS * DAY_MS) soon.push(session);
  }
  return soon;
}

async function withProjects(
  agent: Agent,
  sessions: readonly SessionRef[],
  signal: AbortSignal,
): Promise<SessionRef[]> {
  const found: SessionRef[] = [];
  if (sessions.length === 0) return found;
  const ids = sessions.map(({ id }) => id);
  for await (const session of allSeen(agent.sessions({ ids, signal }))) found.push(session);
  return found;
}

/** Of a session that lies there twice, one was seen; runs and the doctor say which not. */
async function* allSeen(sessions: AsyncIterable<SessionRef>): AsyncGenerator<SessionRef> {
  try {
    yield* sessions;
  } catch (error) {
    if (!isArchiveError(error, "AlreadyExists")) throw error;
  }
}

function deadline(
  { name: agent }: Agent,
  archived: readonly SessionRef[],
  missing: readonly SessionRef[],
): Deadline | undefined {
  const all = [...archived, ...missing];
  if (all.length === 0) return undefined;
  const times = all.map(({ deletedAt }) => Date.parse(deletedAt ?? ""));
  const next = times.reduce((one, other) => Math.min(one, other));
  return {
    agent,
    sessions: families(all),
    notArchived: families(missing),
    next: new Date(next).toISOString(),
  };
}

/** How many sessions they are, each with what it started and what lies beside it. */
function families(sessions: readonly SessionRef[]): number {
  return new Set(sessions.map(({ store, id, parentId }) => `${store}\n${parentId ?? id}`)).size;
}

/**
 * What people call an agent.
 *
 * @param name Its name.
 */
export function titleOf(name: string): string {
  return (AGENTS as Readonly<Record<string, string>>)[name] ?? name;
}
