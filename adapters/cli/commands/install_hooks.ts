/**
 * `archive install-hooks`: has agents call this program when a turn or a session of theirs ends.
 *
 * @module
 */
import process from "node:process";
import type { Command } from "commander";
import type { Call, CommonOptions, Perform } from "../call.ts";
import type { ExitCode } from "../exit.ts";
import { checkPlace } from "../lasting_place.ts";

interface InstallOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

/** See {@linkcode Define}. */
export function defineInstallHooks(program: Command, perform: Perform): void {
  program.command("install-hooks")
    .summary("have other agents tell when a session changed")
    .description(
      "Adds to the settings of Claude Code, Codex, Copilot CLI and Gemini CLI that they call this " +
        "program when a turn or a session ends, so that it is archived by itself. All else in their " +
        "settings stays as it is; uninstall-hooks takes it out again.",
    )
    .argument(
      "[agent...]",
      "claude-code, codex, copilot, gemini; all on this machine when left out",
    )
    .option("--dry-run", "say what would be changed, and change nothing")
    .action((agents: string[], options: InstallOptions) =>
      perform(options, (call) => install(call, agents, options))
    );
}

const WORDS = { done: "added to", wouldBe: "would be added to", unchanged: "are already in" };

async function install(
  call: Call,
  names: readonly string[],
  { dryRun = false, config: named }: InstallOptions,
): Promise<ExitCode> {
  const [{ changeAll, meantAgents }, { installing }, { configFile }] = await Promise.all([
    import("../hook_changes.ts"),
    import("../../hooks/change.ts"),
    import("../../config/locate.ts"),
  ]);
  const { report, terminal } = call;
  const { env, platform, runtime = process } = terminal;
  const agents = meantAgents(names, env);
  await checkPlace(call, runtime, "install-hooks");
  const { path } = configFile({ env, platform, cwd: () => terminal.cwd(), path: named });
  // Agents call from anywhere.
  const place = { platform, config: named === undefined ? undefined : path, runtime };
  const change = (agent: (typeof agents)[number]) => installing(agent, env, place);
  if (!dryRun && agents.length > 0) {
    const { noteInstallation } = await import("../../state/known_stores.ts");
    await noteInstallation({ env, platform, configPath: path });
  }
  const code = await changeAll(call, agents, change, { words: WORDS, dryRun });
  if (agents.includes("codex") && !dryRun) {
    await report.note(
      "Codex runs hooks that you have trusted: it asks at its next start, or /hooks",
    );
  }
  return code;
}
