/**
 * One call of one command, and how a command is told about it.
 *
 * @module
 */
import type { Command } from "commander";
import type { Config } from "../config/config.ts";
import type { ExitCode } from "./exit.ts";
import type { Report, Style } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** What the user can ask of every command. */
export interface CommonOptions extends Style {
  /** The configuration file in place of the usual one. */
  readonly config?: string;
  /** The only backend to work with. */
  readonly backend?: string;
  /** How long a store may say nothing before a request is given up, in seconds. */
  readonly timeout?: number;
}

/** What a command works with. */
export interface Call {
  /** Its surroundings. */
  readonly terminal: Terminal;
  /** How it speaks. */
  readonly report: Report;
  /** Fires when the user stops it. */
  readonly signal: AbortSignal;
  /** The only backend to work with, where the user named one. {@linkcode config} checks it. */
  readonly backend?: string;
  /** How long a store may say nothing before a request is given up, where the user said so. */
  readonly timeoutMs?: number;
  /**
   * What to type for another command on the same configuration.
   *
   * @param name The command's name and arguments.
   */
  command(name: string): string;
  /**
   * The configuration. It is read once, and what it warns of is shown then.
   *
   * @throws {UsageError} When it is wrong, or has no backend of the name that the user gave.
   */
  config(): Promise<Config>;
}

/**
 * Runs a command's work.
 *
 * @param options What the user asked for of every command.
 * @param work The work.
 */
export type Perform = (
  options: CommonOptions,
  work: (call: Call) => Promise<ExitCode>,
) => Promise<void>;

/**
 * Adds a command to the program. Everything heavy is loaded by its work, not before.
 *
 * @param program To which.
 * @param perform Runs its work.
 */
export type Define = (program: Command, perform: Perform) => void;
