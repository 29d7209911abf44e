/**
 * The agents that can call this program when something happens in them, and where each keeps its
 * sessions. Loaded by every call: it must cost next to nothing.
 *
 * @module
 */
import { claudeCodeHome } from "../agents/claude_code/home.ts";
import { codexHome } from "../agents/codex/home.ts";
import { copilotHome } from "../agents/copilot/home.ts";
import type { Environment } from "../agents/files/format.ts";
import { geminiHome } from "../agents/gemini/home.ts";

export type { Environment };

/** By name, the folder of each. */
const HOMES = {
  "claude-code": claudeCodeHome,
  codex: codexHome,
  copilot: copilotHome,
  gemini: geminiHome,
} as const;

/** An agent that has hooks. */
export type HookAgent = keyof typeof HOMES;

/** All of them. */
export const HOOK_AGENTS: readonly HookAgent[] = ["claude-code", "codex", "copilot", "gemini"];

/** Whether a text is the name of one. */
export function isHookAgent(name: unknown): name is HookAgent {
  return HOOK_AGENTS.some((one) => one === name);
}

/**
 * The folder in which an agent keeps its settings and its sessions.
 *
 * @param agent Which.
 * @param env The environment that it runs in.
 */
export function homeOf(agent: HookAgent, env: Environment): string {
  return HOMES[agent](env);
}
