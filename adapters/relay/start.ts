/**
 * Starts a relay in the background from inside a host: a coding agent, or anything else that wrote
 * an intent. Costs the host little: nothing that a relay needs is loaded here, and no file is read
 * while the host waits.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { livingRelay } from "../state/handover.ts";
import { type LockHolder, lockHolder } from "../state/lock.ts";
import { ownFile } from "./own_file.ts";

/** Set in the environment of a relay, so that a plugin in it does nothing. */
export const RELAY_VARIABLE = "SESSION_ARCHIVER_RELAY";

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
  /** How long it stays when nothing waits any more, in milliseconds; its own default otherwise. */
  readonly lingerMs?: number;
  /** More arguments for the runtime, before the script. */
  readonly flags?: readonly string[];
}

/** What came of it. */
export type Started =
  /** A process was started. Whether it is of use shows when it takes the lock. */
  | { readonly started: number }
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
 * if ("failed" in outcome || !await isRelayUp(state)) await startRelayInWorker({ state });
 * ```
 */
export async function startRelay(options: StartOptions): Promise<Started> {
  try {
    const running = await livingRelay(options.state);
    if (running !== undefined) return { running };
    return { started: await spawnRelay(options) };
  } catch (error) {
    return { failed: error instanceof Error ? error : new Error(String(error)) };
  }
}

/**
 * Whether a relay that was started has got as far as the lock, or somebody else has it.
 *
 * @param state The state's folder.
 * @param withinMs How long to wait for it, in milliseconds; 5,000 by default.
 */
export async function isRelayUp(state: string, withinMs = 5_000): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (;;) {
    if (await lockHolder(join(state, "lock")) !== undefined) return true;
    if (performance.now() >= until) return false;
    await delay(LOOK_MS);
  }
}

const LOOK_MS = 100;

/** A relay in a thread of this process. */
export interface RelayThread {
  /** Resolves when it has ended, with what it failed of, if it did. */
  readonly ended: Promise<Error | undefined>;
  /** Asks it to end quickly. */
  stop(): void;
}

/**
 * Runs a relay in a thread of this process, for hosts that may start no process. It does not keep
 * the host alive.
 *
 * @param options What it is started with; environment and flags are the process's own.
 */
export async function startRelayInWorker(
  { config, lingerMs }: Pick<StartOptions, "config" | "lingerMs">,
): Promise<RelayThread> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(ownFile("worker", import.meta.url), {
    workerData: { config, lingerMs },
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once("error", (error) => {
      resolve(error instanceof Error ? error : new Error(String(error)));
    });
    worker.once("exit", () => resolve(undefined));
  });
  worker.unref();
  return { ended, stop: () => worker.postMessage("stop") };
}

async function spawnRelay(options: StartOptions): Promise<number> {
  const { spawn } = await import("node:child_process");
  const { state, config, lingerMs, env = process.env } = options;
  const args = [
    ...runtimeArgs(options.flags ?? []),
    ...(config === undefined ? [] : ["--config", config]),
    ...(lingerMs === undefined ? [] : ["--linger", `${lingerMs}`]),
  ];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: "ignore",
    windowsHide: true,
    // Not the user's project: some runtimes read settings from where they are started.
    cwd: state,
    env: { ...env, PWD: state, [RELAY_VARIABLE]: "1", BUN_BE_BUN: "1" },
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
  child.unref();
  await yieldTo(pid);
  return pid;
}

/** What is done in the background must not slow what somebody waits for. */
async function yieldTo(pid: number): Promise<void> {
  const { constants, setPriority } = await import("node:os");
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or may not be changed here: it only takes turns as others do.
  }
}

/** How this runtime runs a script. An agent that embeds Bun is told by `BUN_BE_BUN` to be one. */
function runtimeArgs(flags: readonly string[]): readonly string[] {
  const script = ownFile("main", import.meta.url);
  const file = script.protocol === "file:" ? pathOf(script) : script.href;
  if ("Deno" in globalThis) return ["run", "--quiet", "--allow-all", "--no-lock", ...flags, file];
  return [...flags, file];
}

/** A path, since not every runtime takes the URL of a script. */
function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}
