/**
 * The agents of this machine. Each is loaded when it is first asked something.
 *
 * @module
 */
import type { Agent } from "../../core/agent.ts";
import { claudeCode } from "./claude_code/mod.ts";
import { codex } from "./codex/mod.ts";
import { copilot } from "./copilot/mod.ts";
import type { Environment } from "./files/format.ts";
import { gemini } from "./gemini/mod.ts";
import type { AgentName } from "../config/agent_names.ts";
import { openCode } from "./opencode/mod.ts";

const OPEN: { readonly [name in AgentName]: (options: { env: Environment }) => Agent } = {
  opencode: openCode,
  "claude-code": claudeCode,
  codex,
  copilot,
  gemini,
};

/**
 * Makes them.
 *
 * @param env The environment to look for them in.
 * @param without Names of those that are left out.
 */
export function agentsOnMachine(env: Environment, without: readonly string[] = []): Agent[] {
  return Object.entries(OPEN)
    .filter(([name]) => !without.includes(name))
    .map(([, open]) => open({ env }));
}
