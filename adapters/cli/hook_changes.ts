/**
 * Changing agents' settings for `install-hooks` and `uninstall-hooks`, and telling of it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { closest } from "../../core/closest.ts";
import { Failures } from "../../core/failures.ts";
import {
  type Environment,
  homeOf,
  HOOK_AGENTS,
  type HookAgent,
  isHookAgent,
} from "../hooks/agents.ts";
import { makeChange, type SettingsChange } from "../hooks/change.ts";
import type { Call } from "./call.ts";
import { EXIT, type ExitCode, UsageError } from "./exit.ts";

/** How a command speaks of what it does. */
export interface Words {
  /** Of what was done: `added to`. */
  readonly done: string;
  /** Of what a rehearsal would do: `would be added to`. */
  readonly wouldBe: string;
  /** Of what needs no change: `are already in`. */
  readonly unchanged: string;
}

/**
 * The agents that are meant: those that are named, else all that are on this machine.
 *
 * @param names What was named.
 * @param env The environment that they run in.
 * @throws {UsageError} For a name that is none.
 */
export function meantAgents(names: readonly string[], env: Environment): readonly HookAgent[] {
  const unknown = names.find((name) => !isHookAgent(name));
  if (unknown !== undefined) {
    const meant = closest(unknown, HOOK_AGENTS);
    throw new UsageError(
      `${unknown} is no agent with hooks${meant ? ` (did you mean ${meant}?)` : ""}; there are ` +
        `${HOOK_AGENTS.join(", ")}, and OpenCode has a plugin`,
    );
  }
  return names.length > 0
    ? HOOK_AGENTS.filter((agent) => names.includes(agent))
    : HOOK_AGENTS.filter((agent) => existsSync(homeOf(agent, env)));
}

/**
 * Makes the changes of all agents. One that fails keeps none of the others.
 *
 * @param call Who asks.
 * @param agents Whose.
 * @param change Tells what has to change in an agent's settings.
 * @param how How to speak, and whether to change anything.
 */
export async function changeAll(
  call: Call,
  agents: readonly HookAgent[],
  change: (agent: HookAgent) => Promise<SettingsChange>,
  how: { readonly words: Words; readonly dryRun: boolean },
): Promise<ExitCode> {
  const { report } = call;
  const failures = new Failures();
  const done: SettingsChange[] = [];
  for (const agent of agents) {
    try {
      const one = await change(agent);
      if (!how.dryRun) await makeChange(one);
      done.push(one);
      await tell(call, one, how);
    } catch (error) {
      failures.add(error);
    }
  }
  if (report.style.json) await report.json({ dryRun: how.dryRun, agents: done.map(changeJson) });
  else if (agents.length === 0) await report.say("none of these agents is on this machine");
  failures.throwAny();
  return EXIT.done;
}

async function tell(
  { report }: Call,
  { agent, file, before, after, events }: SettingsChange,
  { words, dryRun }: { readonly words: Words; readonly dryRun: boolean },
): Promise<void> {
  if (report.style.json) return;
  const isSame = before === after;
  if (isSame && events.length === 0) return await report.say(`${agent}: no hooks in ${file}`);
  const verb = isSame ? words.unchanged : dryRun ? words.wouldBe : words.done;
  await report.say(`${agent}: hooks for ${events.join(", ")} ${verb} ${file}`);
  if (!dryRun || isSame) return;
  for (const line of addedLines(before, after)) await report.say(`  + ${line}`);
  for (const line of addedLines(after, before)) await report.say(`  - ${line}`);
}

/** Lines that only the other text has. */
function addedLines(one = "", other = ""): readonly string[] {
  const known = new Set(one.split(/\r?\n/));
  return other.split(/\r?\n/).filter((line) => !known.has(line));
}

function changeJson({ agent, file, before, after, events }: SettingsChange) {
  return { agent, file, events, changed: before !== after };
}
