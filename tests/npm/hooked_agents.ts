/**
 * Agents that call their hooks as they are installed, and are killed right after with all that they
 * started: everything arrives.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fieldsOf } from "../../core/fields.ts";
import type { Ran } from "../../scripts/run_command.ts";
import { type MadeUpSession, writeHome } from "../agents/home.ts";
import { removeFolder } from "../remove_folder.ts";
import { until } from "../until.ts";

/** Where the hooks of each stand, and which of them it calls at the end of a turn. */
const TURNS = {
  "claude-code": { settings: ".claude/settings.json", event: "Stop" },
  codex: { settings: ".codex/hooks.json", event: "Stop" },
  copilot: { settings: ".copilot/hooks/session-archiver.json", event: "agentStop" },
  gemini: { settings: ".gemini/settings.json", event: "AfterAgent" },
};

type HookedAgent = keyof typeof TURNS;

const AGENTS = Object.keys(TURNS) as HookedAgent[];

/**
 * Shows it.
 *
 * @param program Runs the terminal's program in a home.
 */
export async function showHookedAgents(
  program: (home: string, ...args: string[]) => Promise<Ran>,
): Promise<void> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "hooked-home-")));
  try {
    const archive = async (...args: string[]) => {
      const { code, stdout, output } = await program(home, ...args);
      assert.equal(code, 0, output);
      return stdout;
    };
    await archive("install-hooks", ...AGENTS);
    const said = { project: "/home/me/project", prompt: "look", output: "a\n", answer: "an a" };
    const sessions = await writeHome(home, said);
    for (const agent of AGENTS) assert.equal(await endTurn(home, agent, sessions), "", agent);
    const ids = async (): Promise<string[]> =>
      JSON.parse(await archive("list", "--files", "--json")).map(({ id }: { id: string }) => id)
        .sort();
    const wanted = sessions.flatMap(allOf).sort();
    await until("all are archived", async () => (await ids()).length >= wanted.length, 60_000);
    assert.deepEqual(await ids(), wanted);
    await archive("verify", "--all");
  } finally {
    await removeFolder(home);
  }
}

/** A session with what belongs to it, which is found by looking for what else is there. */
function allOf({ agent, id }: MadeUpSession): string[] {
  if (agent === "claude-code") return [id, `${id}.a1b2c3`, `${id}.files`];
  return agent === "copilot" ? [id, `${id}.files`] : [id];
}

/** Calls an agent's hook, and kills what is in the agent's process group; gives what it printed. */
async function endTurn(
  home: string,
  agent: HookedAgent,
  sessions: readonly MadeUpSession[],
): Promise<string> {
  const { settings, event } = TURNS[agent];
  const { hooks } = fieldsOf(JSON.parse(await readFile(join(home, settings), "utf8")));
  const [command] = commandsIn(fieldsOf(hooks)[event]);
  const env = { PATH: process.env.PATH, HOME: home };
  const child = spawn("sh", ["-c", command], { env, cwd: home, detached: true });
  let printed = "";
  child.stdout.on("data", (data) => printed += data);
  child.stderr.on("data", (data) => printed += data);
  const session_id = sessions.find((one) => one.agent === agent)?.id;
  const named = agent === "copilot" ? { sessionId: session_id } : { session_id };
  child.stdin.end(JSON.stringify({ ...named, hook_event_name: event, cwd: home }));
  const [code] = await once(child, "exit");
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch (error) {
    // Nothing of it is left, which is as good.
    assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
  }
  assert.equal(code, 0);
  return printed;
}

/** All commands below a list of hooks. */
function commandsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(commandsIn);
  // Copilot has a command for each shell.
  const { bash, command = bash, hooks } = fieldsOf(value);
  return [...typeof command === "string" ? [command] : [], ...hooks ? commandsIn(hooks) : []];
}
