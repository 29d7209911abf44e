/**
 * The hooks of agents under examination: whether what they call is still there. Says nothing of
 * agents that have none.
 *
 * @module
 */
import { existsSync } from "node:fs";
import type { Finding } from "../../../core/backend.ts";
import { asArchiveError } from "../../../core/errors.ts";
import { type Environment, HOOK_AGENTS, type HookAgent } from "../../hooks/agents.ts";
import { uninstalling } from "../../hooks/change.ts";
import { pathsIn } from "../../hooks/command.ts";
import { foundHooks } from "../../hooks/found_hooks.ts";
import type { Call } from "../call.ts";

/**
 * Looks at the settings of all agents.
 *
 * @param call Who asks.
 * @returns A finding for each that calls this program, or whose settings cannot be read.
 */
export async function examineHooks(call: Call): Promise<readonly Finding[]> {
  const { env } = call.terminal;
  const found = await Promise.all(HOOK_AGENTS.map((agent) => examineAgent(agent, env, call)));
  return found.flat();
}

async function examineAgent(
  agent: HookAgent,
  env: Environment,
  { command }: Call,
): Promise<readonly Finding[]> {
  try {
    const { file, before = "{}", events } = await uninstalling(agent, env);
    if (events.length === 0) return [];
    const commands = foundHooks(before).flatMap((hook) => hook.commands);
    const gone = commands.flatMap((one) => pathsIn(one.command)).find((path) => !existsSync(path));
    const detail = `tells of ${events.join(", ")} by ${file}`;
    if (gone === undefined) return [{ check: agent, status: "ok", detail }];
    const advice = `type "${command(`install-hooks ${agent}`)}", or uninstall-hooks in its place`;
    return [{ check: agent, status: "failed", detail: `${gone} in ${file} is gone`, advice }];
  } catch (thrown) {
    const error = asArchiveError(thrown);
    return [{ check: agent, status: "limited", detail: error.message, error }];
  }
}
