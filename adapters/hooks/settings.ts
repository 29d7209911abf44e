/**
 * How each agent is told in its settings what to call: in which file, at which events, and how a call
 * is written there. `docs/hooks.md` says what was seen of that.
 *
 * @module
 */
import { join } from "node:path";
import { type Environment, homeOf, type HookAgent } from "./agents.ts";
import { type CommandPlace, hookCommand, shellOf } from "./command.ts";

/** What is to stand in an agent's settings below `hooks`: by event, the entry. */
export type WantedHooks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Longer than a call ever takes, in seconds: it waits for no store. */
const TIMEOUT = 10;
/** Codex gives the end of a session no more, and complains of more. */
const TIMEOUT_AT_END = 3;

const EVENTS: Readonly<Record<HookAgent, readonly string[]>> = {
  "claude-code": ["SessionStart", "Stop", "SubagentStop", "SessionEnd"],
  codex: ["SessionStart", "Stop", "SessionEnd"],
  copilot: ["sessionStart", "agentStop", "sessionEnd"],
  gemini: ["AfterAgent", "SessionEnd"],
};

/**
 * The file of an agent's settings that hooks stand in.
 *
 * @param agent Which.
 * @param env The environment that it runs in.
 */
export function settingsFile(agent: HookAgent, env: Environment): string {
  const home = homeOf(agent, env);
  if (agent === "codex") return join(home, "hooks.json");
  // Copilot reads all files of the folder.
  if (agent === "copilot") return join(home, "hooks", "session-archiver.json");
  return join(home, "settings.json");
}

/**
 * What has to stand in it.
 *
 * @param agent Which.
 * @param place What its command lines depend on.
 */
export function wantedHooks(agent: HookAgent, place: CommandPlace): WantedHooks {
  return Object.fromEntries(
    EVENTS[agent].map((event) => [event, entryOf(agent, event, place)]),
  );
}

function entryOf(agent: HookAgent, event: string, place: CommandPlace) {
  const shell = shellOf(agent, place.platform);
  const command = hookCommand(agent, shell, place);
  if (agent === "copilot") {
    const field = shell === "sh" ? "bash" : shell;
    return { type: "command", [field]: command, timeoutSec: TIMEOUT };
  }
  return { hooks: [{ ...handlerOf(agent, event), command }] };
}

function handlerOf(agent: HookAgent, event: string) {
  // Milliseconds there, and a name for its list of hooks.
  if (agent === "gemini") {
    return { name: "session-archiver", type: "command", timeout: TIMEOUT * 1_000 };
  }
  const isShort = agent === "codex" && event === "SessionEnd";
  return { type: "command", timeout: isShort ? TIMEOUT_AT_END : TIMEOUT };
}

/**
 * Settings that hold nothing else.
 *
 * @param agent Whose.
 * @param wanted What has to stand in them.
 */
export function newSettings(agent: HookAgent, wanted: WantedHooks): string {
  const hooks = Object.fromEntries(Object.entries(wanted).map(([event, one]) => [event, [one]]));
  const settings = agent === "copilot" ? { version: 1, hooks } : { hooks };
  return `${JSON.stringify(settings, null, 2)}\n`;
}
