/**
 * Starts a relay in the background from inside a host: a coding agent, or anything else that wrote
 * an intent. Costs the host little: nothing that a relay needs is loaded here, no file is read while
 * the host waits, and nothing keeps the host alive.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { ArchiveError } from "../../core/errors.ts";
import { ownFile } from "../process/own_file.ts";
import { onOwnRuntime } from "../process/own_runtime.ts";
import { lockPath, relayLogPath } from "../state/layout.ts";
import { livingRelay, type LockHolder, lockHolder } from "../state/lock_holder.ts";
import { yieldTo } from "./background_priority.ts";
import { RELAY_VARIABLE } from "./variable.ts";

/** What a relay is started with. */
export interface StartOptions {
  /** The state's folder; must exist. */
  readonly state: string;
  /**
   * The configuration's absolute path, where the user named one. Left out, the relay looks for it as
   * the terminal does, in the same environment.
   */
  readonly config?: string;
  /** The environment that the relay gets; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Since when the host archives, in epoch milliseconds: where this is the first relay of a state,
   * sessions that have not changed since are from before the installation. Now by default.
   */
  readonly since?: number;
  /** How long it stays when nothing waits any more, in milliseconds; its own default otherwise. */
  readonly lingerMs?: number;
  /** More arguments for the runtime, before the script. */
  readonly flags?: readonly string[];
}

/** A relay that was started. Whether it is of use shows when it takes the lock. */
export interface StartedRelay {
  /** Resolves when it has ended, with what it failed of, if it did. */
  readonly ended: Promise<Error | undefined>;
}

/** What came of it. */
export type Started =
  /** A process was started; its number. */
  | StartedRelay & { readonly started: number }
  /** A relay is at work already. */
  | { readonly running: LockHolder }
  /** No process could be started. */
  | { readonly failed: Error };

/**
 * Starts a relay unless one is at work. Never throws.
 *
 * @param options What it is started with.
 *
 * @example
 * ```ts ignore
 * const outcome = await startRelay({ state });
 * if ("failed" in outcome) await startRelayInWorker({});
 * ```
 */
export async function startRelay(options: StartOptions): Promise<Started> {
  try {
    const running = await livingRelay(options.state);
    return running === undefined ? await spawnRelay(options) : { running };
  } catch (error) {
    return { failed: asError(error) };
  }
}

/**
 * Why a relay that was started is of no use.
 *
 * @param relay Which.
 * @param state The state's folder.
 * @returns Undefined when it has got as far as the lock, or somebody else has it, or it was not
 * needed any more.
 */
export async function failureOf(
  { ended }: StartedRelay,
  state: string,
): Promise<Error | undefined> {
  const ending = ended.then((failure) => ({ failure }));
  const until = performance.now() + UP_MS;
  while (await lockHolder(lockPath(state)) === undefined) {
    if (performance.now() >= until) return tooLate(state);
    const end = await Promise.race([ending, delay(LOOK_MS, undefined, { ref: false })]);
    if (end !== undefined) return end.failure;
  }
  return undefined;
}

/**
 * How long a relay may take to its lock, in milliseconds. It gives way to everything else, so that
 * it may well take long where the machine is busy; one that broke off is not waited for.
 */
const UP_MS = 30_000;
const LOOK_MS = 100;

/**
 * Runs a relay in a thread of this process, for hosts that may start no process. It ends with the
 * host at the latest.
 *
 * @param options What it is started with; the flags are the process's own.
 */
export async function startRelayInWorker(
  { config, since, lingerMs, env = process.env }: Omit<StartOptions, "state" | "flags">,
): Promise<StartedRelay> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(ownFile("./worker", import.meta.url), {
    workerData: { config, since, lingerMs },
    env: setIn(env),
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once("error", (error) => resolve(asError(error)));
    worker.once("exit", () => resolve(undefined));
  });
  worker.unref();
  return { ended };
}

/** The variables that are set: a thread would take what is undefined for a text. */
function setIn(env: NonNullable<StartOptions["env"]>): Readonly<Record<string, string>> {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  );
  return Object.fromEntries(variables);
}

async function spawnRelay(options: StartOptions): Promise<Started> {
  const { spawn } = await import("node:child_process");
  const { state, config, since, lingerMs, env = process.env, flags } = options;
  // Not the user's project.
  const program = onOwnRuntime(ownFile("./main", import.meta.url), { cwd: state, flags });
  const args = [
    ...program.args,
    ...(config === undefined ? [] : ["--config", config]),
    ...(since === undefined ? [] : ["--since", `${since}`]),
    ...(lingerMs === undefined ? [] : ["--linger", `${lingerMs}`]),
  ];
  const log = await openLog(state);
  try {
    const child = spawn(program.command, args, {
      detached: true,
      stdio: ["ignore", "ignore", log?.fd ?? "ignore"],
      windowsHide: true,
      cwd: state,
      env: { ...env, ...program.env, [RELAY_VARIABLE]: "1" },
    });
    const ended = endOf(child, state);
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid ?? 0));
    });
    child.unref();
    await yieldTo(pid);
    return { started: pid, ended };
  } finally {
    await log?.close();
  }
}

/** Where what a relay says stands that does not get as far as its own log. */
async function openLog(state: string): Promise<FileHandle | undefined> {
  // A relay without it is better than none; it says itself what is wrong with the folder.
  return await open(relayLogPath(state), "a", 0o600).catch(() => undefined);
}

function endOf(child: ChildProcess, state: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(code === 0 ? undefined : brokenOff(`${code ?? signal}`, state));
    });
  });
}

function brokenOff(how: string, state: string): ArchiveError {
  const log = relayLogPath(state);
  return new ArchiveError("Transient", `the background process broke off (${how}); see ${log}`);
}

function tooLate(state: string): ArchiveError {
  const said = `the background process was not at work after ${UP_MS / 1000} s`;
  return new ArchiveError("Timeout", `${said}; see ${relayLogPath(state)}`);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
