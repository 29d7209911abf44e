/**
 * The commands, their names and their help.
 *
 * @module
 */
import { Command, type OutputConfiguration } from "commander";
import type { Perform } from "./call.ts";
import { defineDelete } from "./commands/delete.ts";
import { defineDoctor } from "./commands/doctor.ts";
import { defineExplain } from "./commands/explain.ts";
import { defineGet } from "./commands/get.ts";
import { defineInit } from "./commands/init.ts";
import { defineInstallHooks } from "./commands/install_hooks.ts";
import { defineList } from "./commands/list.ts";
import { definePruneLocal } from "./commands/prune_local.ts";
import { definePruneVersions } from "./commands/prune_versions.ts";
import { defineRebuildLedger } from "./commands/rebuild_ledger.ts";
import { defineRepair } from "./commands/repair.ts";
import { defineRestore } from "./commands/restore.ts";
import { defineRetry } from "./commands/retry.ts";
import { defineRun } from "./commands/run.ts";
import { defineService } from "./commands/service.ts";
import { defineShow } from "./commands/show.ts";
import { defineStatus } from "./commands/status.ts";
import { defineSync } from "./commands/sync.ts";
import { defineUninstallHooks } from "./commands/uninstall_hooks.ts";
import { defineVerify } from "./commands/verify.ts";
import { wholeNumber } from "./option_values.ts";
import { VERSION } from "./version.ts";

const COMMANDS = [
  defineRun,
  defineStatus,
  defineRetry,
  defineList,
  defineShow,
  defineGet,
  defineRestore,
  defineVerify,
  defineRepair,
  defineRebuildLedger,
  defineSync,
  defineDelete,
  definePruneVersions,
  definePruneLocal,
  defineExplain,
  defineDoctor,
  defineInit,
  defineInstallHooks,
  defineUninstallHooks,
  defineService,
];

const ABOUT = `
A copy of every AI coding session, that can be put back. Without a command: run.

With nothing set up, sessions are copied into a folder on this machine's own disk
($XDG_DATA_HOME/opencode-session-archiver/archives). Such a copy outlives the agent's
store, but not the disk. Other places are named in
$XDG_CONFIG_HOME/opencode/opencode-session-archiver.yaml, or the file of --config.

A session's id may stand for KEY wherever it has one archive.`;

const EXIT_CODES = `
Exit codes: 0 done · 1 something failed or differs · 2 wrong usage or configuration`;

/**
 * Makes the program.
 *
 * @param name What its user types to run it.
 * @param perform Runs a command's work.
 * @param output Where help and complaints go.
 */
export function makeProgram(name: string, perform: Perform, output: OutputConfiguration): Command {
  const program = new Command(name)
    .description(ABOUT.trim())
    .version(VERSION, "-V, --version", "print the version")
    .addHelpText("after", EXIT_CODES)
    .helpCommand("help [command]", "show the options of a command")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput(output)
    .exitOverride();
  for (const define of COMMANDS) define(program, perform);
  for (const command of program.commands) {
    command
      .option("--config <file>", "use this configuration")
      .option("--backend <name>", "use no backend but this one")
      .option(
        "--timeout <seconds>",
        "how long a store may say nothing before it is asked again, and given up (30)",
        wholeNumber("--timeout", 1, 600),
      )
      .option("--json", "print JSON, and nothing else on standard output")
      .option("-q, --quiet", "print errors and what was asked for, and nothing else")
      .option("--debug", "print errors with everything that is known of them");
  }
  return program;
}

/** Options that every command has, and that may therefore stand before it. */
const EVERYWHERE: ReadonlySet<string> = new Set(["--json", "-q", "--quiet", "--debug"]);

/** Those of them that take a value: in the next argument, or behind a `=`. */
const WITH_VALUE: ReadonlySet<string> = new Set(["--config", "--backend", "--timeout"]);

/** Options that need no command. */
const OF_THE_PROGRAM: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/**
 * Puts the command first: `run` where none is named.
 *
 * @param argv The arguments as they were given.
 * @param commands The names of all commands.
 */
export function withCommand(argv: readonly string[], commands: readonly string[]): string[] {
  const found = commandIndex(argv);
  const first = argv[found];
  if (first === undefined) return ["run", ...argv];
  if (OF_THE_PROGRAM.has(first)) return [first];
  if (first.startsWith("-")) return ["run", ...argv];
  const rest = [...argv.slice(0, found), ...argv.slice(found + 1)];
  if (first === "help") return helpFor(argv[found + 1], commands);
  // What else an unknown command was given must not hide that it is unknown.
  return commands.includes(first) ? [first, ...rest] : [first];
}

/** Where the first argument is that is no option of every command. */
function commandIndex(argv: readonly string[]): number {
  let index = 0;
  for (; index < argv.length; index++) {
    if (WITH_VALUE.has(argv[index])) index++;
    else if (!EVERYWHERE.has(argv[index]) && !WITH_VALUE.has(argv[index].split("=")[0])) break;
  }
  return index;
}

function helpFor(command: string | undefined, commands: readonly string[]): string[] {
  if (command === undefined || command.startsWith("-")) return ["--help"];
  return commands.includes(command) ? [command, "--help"] : [command];
}
