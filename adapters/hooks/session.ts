/**
 * Which session an agent's hook is about.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import type { SessionId } from "../../core/agent.ts";
import { fieldsOf, jsonIn } from "../../core/fields.ts";
import type { Environment } from "../agents/files/format.ts";
import { homeOf, type HookAgent } from "./agents.ts";

/** What agents make ids of. Whatever else comes is no id, and no name of a file. */
const ID = /^[A-Za-z0-9][\w.-]{0,199}$/;

/**
 * The session that changed.
 *
 * @param agent Who tells.
 * @param payload What it says: JSON, if all is well.
 * @param env The environment that it runs in.
 * @returns Undefined when it names none, or one at whose beginning nothing has been said yet: then
 * there is only to look what was missed.
 */
export function sessionIn(
  agent: HookAgent,
  payload: string,
  env: Environment,
): SessionId | undefined {
  const fields = fieldsOf(jsonIn(payload));
  const store = homeOf(agent, env);
  // Only of a beginning they say what it came from.
  if (fields.source !== undefined || !isAbsolute(store)) return undefined;
  // What a sub-agent of Copilot says is in its session's file, and so found when that ends.
  if (agent === "copilot" && fields.agentId !== undefined) return undefined;
  const id = agent === "gemini" ? idByPath(fields.transcript_path) : idIn(fields);
  return id !== undefined && ID.test(id) ? { agent, store, id } : undefined;
}

function idIn(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { session_id, sessionId = session_id, agent_id, hook_event_name } = fields;
  if (typeof sessionId !== "string") return undefined;
  // A subagent's session is one of its own.
  if (hook_event_name !== "SubagentStop" || typeof agent_id !== "string") return sessionId;
  return `${sessionId}.${agent_id}`;
}

const GEMINI = /[/\\]([a-z0-9-]{1,64})[/\\]chats[/\\](session-[\w-]{1,56})\.jsonl?$/;

/** Gemini CLI's sessions go by their paths; what is longer is found by looking. */
function idByPath(path: unknown): string | undefined {
  const [, folder, name] = typeof path === "string" ? GEMINI.exec(path) ?? [] : [];
  return name && `${folder}.${name}`;
}
