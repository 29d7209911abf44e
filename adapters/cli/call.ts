/**
 * One call of one command, and how a command is told about it.
 *
 * @module
 */
import type { Command } from "commander";
import type { ExitCode } from "./exit.ts";
import type { Report, Style } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** What a command works with. */
export interface Call {
  /** Its surroundings. */
  readonly terminal: Terminal;
  /** How it speaks. */
  readonly report: Report;
  /** Fires when the user stops it. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command's work.
 *
 * @param style What the user asked for of every command.
 * @param work The work.
 */
export type Perform = (style: Style, work: (call: Call) => Promise<ExitCode>) => Promise<void>;

/**
 * Adds a command to the program. Everything heavy is loaded by its work, not before.
 *
 * @param program To which.
 * @param perform Runs its work.
 */
export type Define = (program: Command, perform: Perform) => void;
