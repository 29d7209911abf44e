/**
 * The names of the agents that are known here, as they stand in archives and configurations.
 *
 * @module
 */

/** Each by its name, and what people call it. */
export const AGENTS = {
  opencode: "OpenCode",
  "claude-code": "Claude Code",
  codex: "Codex",
  copilot: "Copilot CLI",
  gemini: "Gemini CLI",
} as const;

/** The name of an agent. */
export type AgentName = keyof typeof AGENTS;
