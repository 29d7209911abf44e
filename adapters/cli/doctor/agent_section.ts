/**
 * The agents of this machine under examination: where their stores are, and whether they open.
 *
 * @module
 */
import type { Agent, Detection } from "../../../core/agent.ts";
import type { Finding } from "../../../core/backend.ts";
import { asArchiveError } from "../../../core/errors.ts";
import { sessionOfFiles } from "../../../core/keys/files_of.ts";
import { countText } from "../amounts.ts";

/** An agent and what was found. */
export interface ExaminedAgent {
  /** Its name. */
  readonly name: string;
  /** The stores that exist. */
  readonly stores: readonly string[];
  /** How many sessions they hold; null when that could not be found out. */
  readonly sessions: number | null;
  /** What its user should hear. */
  readonly notes: readonly string[];
  /** All of it as findings. */
  readonly findings: readonly Finding[];
}

/**
 * Looks at an agent without loading any session.
 *
 * @param agent Which.
 * @param signal Stops it.
 */
export async function examineAgent(agent: Agent, signal: AbortSignal): Promise<ExaminedAgent> {
  const { name } = agent;
  try {
    const { stores, looked, notes } = await agent.detect();
    if (stores.length === 0) {
      const findings = [nothing(name, looked), ...asides(name, notes)];
      return { name, stores, sessions: 0, notes, findings };
    }
    const sessions = await count(agent, signal);
    const detail = `${countText(sessions, "session")} in ${stores.join(", ")}`;
    const findings: Finding[] = [{ check: name, status: "ok", detail }, ...asides(name, notes)];
    return { name, stores, sessions, notes, findings };
  } catch (thrown) {
    const error = asArchiveError(thrown);
    // These say themselves what to do.
    const advice = ["NotSupported", "Unauthorized", "AlreadyExists"].includes(error.code)
      ? undefined
      : "close the agent and try again; if it stays, run this with --debug and report it";
    const findings: Finding[] = [
      { check: name, status: "failed", detail: error.message, advice, error },
    ];
    return { name, stores: [], sessions: null, notes: [], findings };
  }
}

async function count(agent: Agent, signal: AbortSignal): Promise<number> {
  let sessions = 0;
  // Where they belong does not matter here, and would have to be read.
  const remembered = () => ({ projectPath: "" });
  for await (const { id } of agent.sessions({ signal, remembered })) {
    if (sessionOfFiles(id) === undefined) sessions++;
  }
  return sessions;
}

function nothing(check: string, looked: Detection["looked"]): Finding {
  const where = looked.length === 0 ? "" : ` (looked at ${looked.join(", ")})`;
  return { check, status: "limited", detail: `has no sessions on this machine${where}` };
}

function asides(check: string, notes: readonly string[]): Finding[] {
  return notes.map((detail) => ({ check, status: "limited", detail }));
}
