/**
 * Which process wrote something, and whether it still lives.
 *
 * A number alone does not name a process: numbers are given again after an end or a restart, and
 * containers count on their own. Knows nothing of locks or spools, which go by it.
 *
 * @module
 */
import { readFile, readlink } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import process from "node:process";
import { webSha256Hex } from "../../core/hash.ts";
import { procStat } from "../process/proc_stat.ts";
import { errorCode } from "./file_error.ts";

/**
 * A process among all processes of all machines. An empty text means that this system does not tell.
 */
export interface ProcessIdentity {
  /** 16 hex digits that stand for the machine: of its name and its id. */
  readonly host: string;
  /** Names the machine's current run, from power-on to power-off. */
  readonly boot: string;
  /** The space in which `pid` counts: containers have their own. */
  readonly space: string;
  /** The process's number. */
  readonly pid: number;
  /** When it started, as the system writes it; opaque. */
  readonly start: string;
}

/** - `elsewhere`: it is of another machine or container, so nothing can be known from here. */
export type Fate = "running" | "gone" | "elsewhere";

/** Where a process's number counts, and until when. */
export type Run = Pick<ProcessIdentity, "boot" | "space">;

let self: Promise<ProcessIdentity> | undefined;
let run: Promise<Run> | undefined;

/** The process that runs this. */
export function thisProcess(): Promise<ProcessIdentity> {
  self ??= identify();
  return self;
}

/**
 * Whether the system itself tells if a process lives: it began in this run of this machine, and counts
 * where this one does. Of any other, how long it was silent may count.
 *
 * @param other Which.
 */
export async function isInSight({ boot, space }: ProcessIdentity): Promise<boolean> {
  const here = await thisRun();
  return boot !== "" && boot === here.boot && space === here.space;
}

/**
 * Whether a process still lives.
 *
 * @param other Which.
 * @param silentMs For how long it gave no sign of life, in milliseconds.
 */
export async function fateOf(other: ProcessIdentity, silentMs: number): Promise<Fate> {
  // First, since it is asked most and takes least.
  if (await isInSight(other)) return await fateHere(other);
  const me = await thisProcess();
  if (other.boot !== "" && other.boot === me.boot) return "elsewhere";
  if (other.host !== me.host) return "elsewhere";
  if (other.boot !== "" && me.boot !== "") return "gone";
  if (other.space !== me.space) return "elsewhere";
  // Where a machine's runs have no names, one that was silent since before this run is of another.
  if (silentMs > uptime() * 1000 + 60_000) return "gone";
  return await fateHere(other);
}

async function identify(): Promise<ProcessIdentity> {
  const [machine, here, seen] = await Promise.all([
    textOf("/etc/machine-id"),
    thisRun(),
    look(process.pid),
  ]);
  return {
    host: (await webSha256Hex(`${hostname()}\n${machine}`)).slice(0, 16),
    ...here,
    pid: process.pid,
    start: seen?.start ?? "",
  };
}

/** The machine's current run, as this process sees it. Looked at once. */
export function thisRun(): Promise<Run> {
  run ??= Promise.all([bootId(), readlink("/proc/self/ns/pid").catch(() => "")])
    .then(([boot, space]) => ({ boot, space: space.replace(/\D/g, "") }));
  return run;
}

async function bootId(): Promise<string> {
  if (process.platform === "linux") return await textOf("/proc/sys/kernel/random/boot_id");
  if (process.platform === "darwin") return await outputOf("sysctl", "-n", "kern.bootsessionuuid");
  return "";
}

async function fateHere({ pid, start }: ProcessIdentity): Promise<Fate> {
  if (!exists(pid)) return "gone";
  const seen = await look(pid);
  if (seen === undefined) return "running";
  if (seen.ended || (start !== "" && seen.start !== start)) return "gone";
  return "running";
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything else, such as EPERM, is said of a process that exists.
    return errorCode(error) !== "ESRCH";
  }
}

/** What the system shows of a process. */
interface Sight {
  readonly start: string;
  /** It has ended and only waits for its parent to take note. */
  readonly ended: boolean;
}

function look(pid: number): Promise<Sight | undefined> {
  if (process.platform === "linux") return lookInProc(pid);
  if (process.platform === "win32") return Promise.resolve(undefined);
  return lookWithPs(pid);
}

async function lookInProc(pid: number): Promise<Sight | undefined> {
  const fields = await procStat(pid).catch(() => []);
  const [state, start] = [fields[0], fields[19]];
  if (state === undefined || start === undefined) return undefined;
  return { start, ended: state === "Z" || state === "X" };
}

/**
 * What `ps` shows of a process, for systems without `/proc`.
 *
 * @param pid Its number.
 */
export async function lookWithPs(pid: number): Promise<Sight | undefined> {
  const line = await outputOf("ps", "-o", "stat=", "-o", "lstart=", "-p", `${pid}`);
  const [, state, start] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
  if (state === undefined || start === undefined) return undefined;
  return { start: start.replace(/\s+/g, " "), ended: state.startsWith("Z") };
}

async function textOf(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim();
}

/** What a command prints; empty when it fails or is not there. */
async function outputOf(command: string, ...args: readonly string[]): Promise<string> {
  const { execFile } = await import("node:child_process");
  // One language and one time zone, so that two looks at a process give the same text.
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  return await new Promise((resolve) => {
    execFile(command, args, { env, timeout: 5000 }, (error, stdout) => {
      resolve(error ? "" : stdout.trim());
    });
  });
}
