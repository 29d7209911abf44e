/**
 * `archive uninstall-hooks`: takes out of agents' settings what `install-hooks` added.
 *
 * @module
 */
import type { Command } from "commander";
import type { Call, CommonOptions, Perform } from "../call.ts";
import type { ExitCode } from "../exit.ts";

interface UninstallOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

/** See {@linkcode Define}. */
export function defineUninstallHooks(program: Command, perform: Perform): void {
  program.command("uninstall-hooks")
    .summary("have other agents tell no longer")
    .description(
      "Takes out of the settings of Claude Code, Codex, Copilot CLI and Gemini CLI what install-hooks " +
        "added, and nothing else. Archives and what waits stay as they are.",
    )
    .argument(
      "[agent...]",
      "claude-code, codex, copilot, gemini; all on this machine when left out",
    )
    .option("--dry-run", "say what would be changed, and change nothing")
    .action((agents: string[], options: UninstallOptions) =>
      perform(options, (call) => uninstall(call, agents, options))
    );
}

const WORDS = { done: "taken out of", wouldBe: "would be taken out of", unchanged: "stay in" };

async function uninstall(
  call: Call,
  names: readonly string[],
  { dryRun = false }: UninstallOptions,
): Promise<ExitCode> {
  const [{ changeAll, meantAgents }, { uninstalling }] = await Promise.all([
    import("../hook_changes.ts"),
    import("../../hooks/change.ts"),
  ]);
  const { env } = call.terminal;
  const agents = meantAgents(names, env);
  const change = (agent: (typeof agents)[number]) => uninstalling(agent, env);
  return await changeAll(call, agents, change, { words: WORDS, dryRun });
}
