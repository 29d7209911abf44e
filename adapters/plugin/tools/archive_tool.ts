/**
 * What the tools have in common: read arguments first, then answer in text whatever happens.
 *
 * @module
 */
import type { ErrorJson } from "../../cli/report.ts";
import { PACKAGE_PROGRAM, typedCommand } from "../../process/typed_command.ts";
import { ChildFailure, type Ended, type RunProgram } from "../child.ts";
import type { ToolContext, ToolDefinition } from "../contract.ts";
import type { PluginHost } from "../host.ts";
import { type Arguments, readArguments, type Values, WrongArgument } from "./arguments.ts";
import { inToolWords } from "./words.ts";

/** A tool of the archive. */
export interface ArchiveTool<A extends Arguments> {
  /** Tells a model what it does and when to use it. */
  readonly description: string;
  /** What it can be given. */
  readonly args: A;
  /**
   * Does it.
   *
   * @param values The arguments, read.
   * @param call Where it was called, and what to work with.
   * @returns The answer, for a model.
   * @throws {Refusal} For what a model should be told instead.
   */
  answer(values: Values<A>, call: ToolCall): Promise<string>;
}

/** One call of a tool. */
export interface ToolCall {
  /** What OpenCode says of it. */
  readonly context: ToolContext;
  /**
   * Runs a command of the terminal's program.
   *
   * @param argv The command's name and its arguments.
   * @param time How long it may take, in milliseconds.
   */
  program(argv: readonly [string, ...string[]], time?: number): Promise<Ended>;
  /**
   * What the user types for a command of the terminal's program.
   *
   * @param name The command's name and arguments.
   */
  typed(name: string): string;
}

/** Why a tool did not do what it was asked for. Its message is for a model. */
export class Refusal extends Error {
  /** Always `"Refusal"`. */
  override readonly name = "Refusal";
}

/** How long a command may take, in milliseconds: a store that hangs is given up well before. */
const TIME = 120_000;

/**
 * A store that says nothing is asked three times, so that a model hears of it within half a minute,
 * and the lock is not held for longer. What is sent has time in proportion to its size besides.
 */
const PATIENCE = "--timeout=8";

/**
 * A tool as OpenCode calls it. What went wrong is its answer, so that the turn goes on; only what
 * OpenCode itself throws, as when the user refuses, goes through.
 *
 * @param tool Which.
 * @param host Where it runs.
 * @param run Runs the terminal's program.
 */
export function definitionOf<A extends Arguments>(
  tool: ArchiveTool<A>,
  host: PluginHost,
  run: RunProgram,
): ToolDefinition {
  const schemas = Object.entries(tool.args).map(([name, { schema }]) => [name, schema] as const);
  return {
    description: tool.description,
    args: Object.fromEntries(schemas),
    async execute(given, context) {
      if (host.problem !== undefined) return `Session archives cannot be used: ${host.problem}`;
      const common = host.configPath === undefined ? [] : [`--config=${host.configPath}`];
      try {
        return await tool.answer(readArguments(tool.args, given), {
          context,
          program: ([name, ...argv], time = TIME) =>
            run([name, ...common, PATIENCE, ...argv], { signal: context.abort, time }),
          typed: (name) => typedCommand(PACKAGE_PROGRAM, name, host.configPath),
        });
      } catch (error) {
        const isAnswer = error instanceof WrongArgument || error instanceof Refusal ||
          error instanceof ChildFailure;
        if (isAnswer) return error.message;
        throw error;
      }
    },
  };
}

/**
 * The answer of a command that must have one.
 *
 * @param ended How the command ended.
 * @throws {Refusal} With its errors when it has none.
 */
export function answerOf<T>({ answer, errors }: Ended): T {
  if (answer === undefined) throw new Refusal(errors.map(errorText).join("\n"));
  // The program and its tools are of one package, and so is what they tell each other.
  return answer as T;
}

/**
 * An error as a sentence for a model.
 *
 * @param error What the program said.
 */
export function errorText({ message, complaints = [] }: ErrorJson): string {
  const wrong = complaints.map(({ at, message }) => at === "" ? message : `${at}: ${message}`)
    .filter((complaint) => !message.includes(complaint));
  return inToolWords([message, ...wrong].join("; "));
}
