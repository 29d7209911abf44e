/**
 * What the program knows of the terminal it runs in: streams, environment, signals, a question.
 * Handed in, so that tests can be the terminal. {@linkcode processTerminal} is the real one.
 *
 * @module
 */
import type { WriteStream } from "node:tty";
import type { Agent } from "../../core/agent.ts";
import type { Runtime } from "../process/own_runtime.ts";
import type { Started, StartOptions } from "../relay/start.ts";
import type { Ask } from "./question.ts";

/** A stream to write to. */
export interface Output {
  /**
   * Writes all of it, and waits until the reader has taken it.
   *
   * @throws {ClosedPipe} When the reader has gone away.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Whether a person is looking at it. */
  readonly isTerminal: boolean;
  /** How many columns it has, when it is a terminal that tells. */
  readonly columns: number | undefined;
}

/** The signals that ask the program to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** The surroundings of one run of the program. */
export interface Terminal {
  /** What its user types to run the program. */
  readonly program: string;
  /** For what was asked for. */
  readonly stdout: Output;
  /** For errors, notes and progress. */
  readonly stderr: Output;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  cwd(): string;
  /** `linux`, `darwin`, `win32`, … */
  readonly platform: string;
  /**
   * Asks for a stop signal to be told instead of ending the process. The second one ends it.
   *
   * @param listener Is told.
   * @returns Ends the asking.
   */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Asks a person yes or no; absent when there is none to ask. No answer in time is a no. */
  readonly confirm?: (question: string, signal: AbortSignal) => Promise<boolean>;
  /** Asks a person for an answer; absent when there is none to ask. */
  readonly ask?: Ask;
  /** Agents to use in place of those that this program knows. */
  readonly agents?: readonly Agent[];
  /** The runtime that agents' hooks begin, in place of this process's own. */
  readonly runtime?: Runtime;
  /** Starts a relay in place of a process in the background. */
  readonly startRelay?: (options: StartOptions) => Promise<Started>;
}

/** Whoever read the output has gone away, as `head` does: nothing is left to do, nothing is wrong. */
export class ClosedPipe extends Error {
  /** Always `"ClosedPipe"`. */
  override readonly name = "ClosedPipe";
}

/**
 * The terminal of this process.
 *
 * @param program What its user types to run the program.
 */
export function processTerminal(program: string): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    program,
    stdout: outputOf(stdout),
    stderr: outputOf(stderr),
    env: process.env,
    cwd: () => process.cwd(),
    platform: process.platform,
    onStop: onSignals,
    ...(stdin.isTTY && stderr.isTTY && { confirm, ask }),
  };
}

function outputOf(stream: WriteStream): Output {
  // Failed writes are told to whoever wrote; without a listener they would end the process too.
  stream.on("error", () => {});
  return {
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          if (!error) resolve();
          else reject(isClosedPipe(error) ? new ClosedPipe("nobody reads any more") : error);
        });
      }),
    isTerminal: stream.isTTY === true,
    get columns() {
      // Some terminals say 0 when they do not know.
      return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
    },
  };
}

function isClosedPipe(error: Error & { readonly code?: string }): boolean {
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}

/** What a shell reports of a process that a signal ended. */
const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Within this many milliseconds, signals are one: a task runner may hand on what we heard too. */
const ONE_PRESS = 500;

function onSignals(listener: (signal: StopSignal) => void): () => void {
  let told: number | undefined;
  const hear = (signal: StopSignal) => {
    const now = performance.now();
    if (told === undefined) listener(signal);
    else if (now - told > ONE_PRESS) process.exit(EXIT_CODES[signal]);
    told ??= now;
  };
  const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM"];
  const listeners = signals.map((signal) => [signal, () => hear(signal)] as const);
  for (const [signal, own] of listeners) process.on(signal, own);
  return () => {
    for (const [signal, own] of listeners) process.off(signal, own);
  };
}

const ask: Ask = async (question, signal) =>
  await (await import("./person.ts")).askPerson(question, signal);

const confirm: Terminal["confirm"] = async (message, signal) =>
  await ask({ kind: "decision", message }, signal) === "yes";
