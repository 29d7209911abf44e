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
import type { ErrorJson } from "../cli/report.ts";
import { PROGRAM } from "./terminal_program.ts";

/** How to start the program: on this runtime, on the module of the npm package's bin. */
export interface Program {
  /** What to start. */
  readonly command: string;
  /** What comes before the program's own arguments. */
  readonly args: readonly string[];
  /** Environment variables that it needs beside its surroundings'. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory: absolute, and nobody's project. */
  readonly cwd: string;
}

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
/** How long the program may take to let go of its lock when it is asked to stop. */
const GRACE = 2000;

/**
 * Makes the runner of a program.
 *
 * @param find Tells how it is started; called for each run.
 * @param env The environment it runs in.
 */
export function runnerOf(
  find: () => Promise<Program>,
  env: Readonly<Record<string, string | undefined>>,
): RunProgram {
  return async (argv, { signal, time }) => {
    const [{ spawn }, { command, args, cwd, env: more }] = await Promise.all([
      import("node:child_process"),
      find(),
    ]);
    if (signal?.aborted) throw stopped();
    const [name, ...rest] = argv;
    const child = spawn(command, [...args, name, "--json", ...rest], {
      cwd,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const ending = new Ending(child);
    const timer = setTimeout(() => ending.begin(tooSlow(time)), time);
    const abort = () => ending.begin(stopped());
    signal?.addEventListener("abort", abort);
    try {
      const [stdout, stderr, exitCode] = await Promise.all([
        textOf(child.stdout, ending),
        textOf(child.stderr, ending),
        exitOf(child),
      ]);
      ending.throwReason();
      return ended(exitCode, stdout, stderr);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      ending.done();
    }
  };
}

/** Ends a process before its time: asks first, and makes it stop when it does not listen. */
class Ending {
  readonly #child: ChildProcess;
  #reason: ChildFailure | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Begins to end it; the first reason is the one that counts. */
  begin(reason: ChildFailure): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#send("SIGTERM");
    this.#timer = setTimeout(() => this.#send("SIGKILL"), GRACE);
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

  throwReason(): void {
    if (this.#reason) throw this.#reason;
  }

  /** The process has ended. */
  done(): void {
    clearTimeout(this.#timer);
  }
}

function stopped(): ChildFailure {
  return new ChildFailure("It was stopped before it was done.");
}

function tooSlow(time: number): ChildFailure {
  return new ChildFailure(
    `It was stopped, as it was not done after ${Math.round(time / 1000)} seconds; the store may ` +
      `be slow or down. "${PROGRAM} doctor" in a terminal shows more.`,
  );
}

async function textOf(stream: ChildProcess["stdout"], ending: Ending): Promise<string> {
  if (!stream) return "";
  stream.setEncoding("utf8");
  let text = "";
  for await (const piece of stream) {
    if (text.length < MOST_OUTPUT) text += piece;
    else ending.begin(new ChildFailure("It was stopped, as it said more than can be handled."));
  }
  return text;
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) =>
      reject(
        new ChildFailure(`The archiver's program could not be started: ${cause.message}`, {
          cause,
        }),
      ));
    child.on("close", (code, signal) => resolve(code ?? signal ?? -1));
  });
}

function ended(exitCode: number | NodeJS.Signals, stdout: string, stderr: string): Ended {
  const asides = stderr.split("\n").map((line) => fieldsOf(jsonOf(line)));
  const errors = asides.flatMap(({ error }) => isErrorJson(error) ? [error] : []);
  const notes = asides.flatMap(({ warning, note }) => [warning, note])
    .filter((one) => typeof one === "string");
  const answer = jsonOf(stdout);
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

/** What is no JSON comes from the runtime, which may say things of its own. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return { ...Object(value) };
}

function isErrorJson(value: unknown): value is ErrorJson {
  return typeof value === "object" && value !== null && "code" in value &&
    "message" in value && typeof value.message === "string";
}
