/**
 * Runs the terminal's program in a process of its own, so that the host loads no backend, no SDK
 * and no session.
 *
 * What this module never does: read what the program says for more than its form. The tools know
 * what it means.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { fieldsOf, jsonIn } from "../../core/fields.ts";
import { oneLine, shortened } from "../../core/one_line.ts";
import type { ErrorJson } from "../cli/report.ts";
import type { Program } from "../process/own_runtime.ts";
import { PACKAGE_PROGRAM } from "../process/typed_command.ts";
import { errorCode } from "../state/file_error.ts";

/** What a call of the program may take. */
export interface Limits {
  /** Ends it when it fires. */
  readonly signal?: AbortSignal;
  /** How long it may take, in milliseconds. */
  readonly time: number;
}

/** How a call of the program ended by itself. */
export interface Ended {
  /** 0 done, 1 something failed, 2 wrong usage or configuration. */
  readonly exitCode: number;
  /** What `--json` printed; undefined when that is no JSON. */
  readonly answer: unknown;
  /** What went wrong, in the order it was said. */
  readonly errors: readonly ErrorJson[];
  /** What is good to know, warnings among it. */
  readonly notes: readonly string[];
}

/**
 * Runs the program once.
 *
 * @param argv The command's name and its arguments; `--json` is added.
 * @param limits What it may take.
 * @throws {ChildFailure} When it could not be run to its end.
 */
export type RunProgram = (argv: readonly [string, ...string[]], limits: Limits) => Promise<Ended>;

/** The program could not be run to its end. Its message is a sentence. */
export class ChildFailure extends Error {
  /** Always `"ChildFailure"`. */
  override readonly name = "ChildFailure";
}

/** What is kept of either stream, in characters; pages and lists are far smaller. */
const MOST_OUTPUT = 4 << 20;
/** How long the program may take to let go of its lock when it is asked to stop, in milliseconds. */
const GRACE_MS = 2_000;
/** How long to read on when the program has ended and others hold its streams, in milliseconds. */
const DRAIN_MS = 1_000;

/**
 * Makes the runner of a program.
 *
 * @param find Tells how it is started; called for each run.
 * @param env The environment it runs in.
 */
export function runnerOf(
  find: () => Program,
  env: Readonly<Record<string, string | undefined>>,
): RunProgram {
  return async (argv, { signal, time }) => {
    const { spawn } = await import("node:child_process");
    if (signal?.aborted) throw stopped();
    const child = started(spawn, find(), argv, env);
    const ending = new Ending(child);
    const timer = setTimeout(() => ending.begin(tooSlow(time)), time);
    const abort = () => ending.begin(stopped());
    signal?.addEventListener("abort", abort);
    try {
      const texts = Promise.all([textOf(child.stdout, ending), textOf(child.stderr, ending)]);
      const exitCode = await Promise.race([exitOf(child), ending.killed]);
      ending.drain();
      const [stdout, stderr] = await texts;
      ending.throwReason();
      return ended(exitCode, stdout, stderr);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      ending.done();
    }
  };
}

function started(
  spawn: typeof import("node:child_process").spawn,
  { command, args, cwd, env: more }: Program,
  [name, ...rest]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): ChildProcess {
  try {
    return spawn(command, [...args, name, "--json", ...rest], {
      cwd,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (error) {
    throw notStarted(error);
  }
}

/** Ends a process before its time: asks first, and makes it stop when it does not listen. */
class Ending {
  readonly #child: ChildProcess;
  #reason: ChildFailure | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #kill = () => {};

  /** Resolves when it was made to stop: nothing of it is waited for any more. */
  readonly killed = new Promise<NodeJS.Signals>((resolve) => {
    this.#kill = () => {
      this.#send("SIGKILL");
      resolve("SIGKILL");
    };
  });

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Begins to end it; the first reason is the one that counts. */
  begin(reason: ChildFailure): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#send("SIGTERM");
    this.#timer = setTimeout(this.#kill, GRACE_MS);
  }

  /** The process has ended; one that it left running may hold its streams for ever. */
  drain(): void {
    clearTimeout(this.#timer);
    // Not before what has come meanwhile is read, should the host have been busy until now.
    this.#timer = setTimeout(() => setImmediate(() => this.#letGo()), DRAIN_MS);
  }

  throwReason(): void {
    if (this.#reason) throw this.#reason;
  }

  /** Nothing more is wanted of it. */
  done(): void {
    clearTimeout(this.#timer);
    this.#letGo();
  }

  #letGo(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** On Deno, `child.kill` sends one signal only. */
  #send(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended just now. In a timer of the host nothing else could be done about it either.
    }
  }
}

function stopped(): ChildFailure {
  return new ChildFailure("It was stopped before it was done.");
}

function tooSlow(time: number): ChildFailure {
  return new ChildFailure(
    `It was stopped, as it was not done after ${Math.round(time / 1000)} seconds; the store may ` +
      `be slow or down. The user can check it in a terminal: ${PACKAGE_PROGRAM} doctor`,
  );
}

/** All that comes until the stream's end, however that comes. */
function textOf(stream: ChildProcess["stdout"], ending: Ending): Promise<string> {
  if (!stream) return Promise.resolve("");
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece) => {
    if (text.length < MOST_OUTPUT) text += piece;
    else ending.begin(new ChildFailure("It was stopped, as its answer is too long; ask for less."));
  });
  return new Promise((resolve) => {
    for (const end of ["end", "close", "error"]) stream.on(end, () => resolve(text));
  });
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(notStarted(cause)));
    child.on("exit", (code, signal) => resolve(code ?? signal ?? -1));
  });
}

/** What runtimes and systems say in codes of what a model may have written. */
const NOT_STARTED: Readonly<Record<string, string>> = {
  ERR_INVALID_ARG_VALUE: "one of its arguments holds a NUL character; leave that out",
  E2BIG: "its arguments are too long; give shorter ones",
};

function notStarted(cause: unknown): ChildFailure {
  const message = cause instanceof Error ? cause.message : String(cause);
  const why = NOT_STARTED[errorCode(cause)] ?? shortened(oneLine(message), 200);
  return new ChildFailure(`The archiver's program could not be started: ${why}`, { cause });
}

function ended(exitCode: number | NodeJS.Signals, stdout: string, stderr: string): Ended {
  const asides = stderr.split("\n").map((line) => fieldsOf(jsonIn(line)));
  const errors = asides.flatMap(({ error }) => isErrorJson(error) ? [error] : []);
  const notes = asides.flatMap(({ warning, note }) => [warning, note])
    .filter((one) => typeof one === "string");
  const answer = jsonIn(stdout);
  const isExpected = exitCode === 0 || exitCode === 1 || exitCode === 2;
  if (!isExpected || (answer === undefined && errors.length === 0)) {
    const why = lastWords(stderr);
    throw new ChildFailure(`The archiver's program broke off (${exitCode})${why && `: ${why}`}.`);
  }
  return { exitCode, answer, errors, notes };
}

/** What says most of a crash, without the stack around it. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(Boolean);
  const words = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "";
  return words.slice(0, 300);
}

function isErrorJson(value: unknown): value is ErrorJson {
  return typeof value === "object" && value !== null && "code" in value &&
    "message" in value && typeof value.message === "string";
}
