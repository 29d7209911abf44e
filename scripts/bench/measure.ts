/**
 * How the benchmarks measure: medians of several rounds taken in turn, so that a machine that
 * changes its speed changes both sides; memory and start-up as whole processes.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import { LANE_CONFIG } from "../../tests/lane_config.ts";

/** One promise about speed, and what was seen. */
export interface Finding {
  /** What is promised. */
  readonly promise: string;
  /** What is compared: a ratio, a difference. */
  readonly measure: string;
  /** What was seen. */
  readonly value: number;
  /** The bound: at most, or at least, this. */
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** The figures behind it, in milliseconds or mebibytes as their names say. */
  readonly figures: Readonly<Record<string, number>>;
}

/**
 * Tells whether a promise was kept.
 *
 * @param finding What was seen.
 */
export function isKept({ value, bound }: Finding): boolean {
  return "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;
}

/**
 * The middle one.
 *
 * @param values Some numbers.
 */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/**
 * How long something takes, in milliseconds.
 *
 * @param work What.
 */
export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Runs a module of this folder in a process of its own, with this process's flags.
 *
 * @param module Its file name.
 * @param args What it gets.
 * @param flags Deno's, beside those of the lane.
 * @returns What it printed, parsed as JSON.
 */
export async function inProcess<T>(
  module: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<T> {
  const command = childCommand(module, args, flags);
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/**
 * What this process's executable is started with to run a module of this folder.
 *
 * @param module Its file name.
 * @param args What it gets.
 * @param flags Deno's, beside those of the lane.
 */
export function childCommand(
  module: string,
  args: readonly string[],
  flags: readonly string[] = [],
): string[] {
  return [...FLAGS, ...flags, new URL(module, import.meta.url).pathname, ...args];
}

/**
 * The flags of the lane this process runs in. With its lock file, as projects run by default:
 * without one Deno reads every npm package's list of versions before it starts.
 */
const FLAGS = [
  ...["run", "-A", "-q", "--config", LANE_CONFIG],
  ...[`--lock=${LANE_CONFIG.replace(/json$/, "lock")}`, "--frozen"],
];

/** The most memory this process ever had, in MiB, as Linux counts it. */
export async function peakMemory(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
