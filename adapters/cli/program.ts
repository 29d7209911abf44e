/**
 * The commands, their names and their help.
 *
 * @module
 */
import { Command, type OutputConfiguration } from "commander";
import type { Perform } from "./call.ts";
import { defineDelete } from "./commands/delete.ts";
import { defineGet } from "./commands/get.ts";
import { defineList } from "./commands/list.ts";
import { defineRestore } from "./commands/restore.ts";
import { defineRun } from "./commands/run.ts";
import { defineShow } from "./commands/show.ts";
import { defineVerify } from "./commands/verify.ts";
import { VERSION } from "./version.ts";

const COMMANDS = [
  defineRun,
  defineList,
  defineShow,
  defineGet,
  defineRestore,
  defineVerify,
  defineDelete,
];

const ABOUT = `
A copy of every AI coding session, that can be put back. Without a command: archive run.

With nothing set up, sessions are copied into a folder on this machine's own disk
($XDG_DATA_HOME/opencode-session-archiver/archives). Such a copy outlives the agent's
store, but not the disk.

A session's id may stand for KEY wherever it has one archive.`;

const EXIT_CODES = `
Exit codes: 0 done · 1 something failed or differs · 2 wrong usage or configuration`;

/**
 * Makes the program.
 *
 * @param perform Runs a command's work.
 * @param output Where help and complaints go.
 */
export function makeProgram(perform: Perform, output: OutputConfiguration): Command {
  const program = new Command("archive")
    .description(ABOUT.trim())
    .version(VERSION, "-V, --version", "print the version")
    .addHelpText("after", EXIT_CODES)
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput(output)
    .exitOverride();
  for (const define of COMMANDS) define(program, perform);
  for (const command of program.commands) {
    command
      .option("--json", "print JSON, and nothing else on standard output")
      .option("-q, --quiet", "print errors and what was asked for, and nothing else")
      .option("--debug", "print errors with everything that is known of them");
  }
  return program;
}

/** Options that every command has, and that may therefore stand before it. */
const EVERYWHERE: ReadonlySet<string> = new Set(["--json", "-q", "--quiet", "--debug"]);

/** Options that need no command. */
const OF_THE_PROGRAM: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/**
 * Puts the command first: `run` where none is named.
 *
 * @param argv The arguments as they were given.
 */
export function withCommand(argv: readonly string[]): string[] {
  const found = argv.findIndex((argument) => !EVERYWHERE.has(argument));
  const first = found < 0 ? undefined : argv[found];
  if (first !== undefined && OF_THE_PROGRAM.has(first)) return [first];
  if (first === undefined || first.startsWith("-")) return ["run", ...argv];
  return [first, ...argv.slice(0, found), ...argv.slice(found + 1)];
}
