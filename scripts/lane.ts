/**
 * Prints the Deno flags with which a command resolves this project's imports on this machine.
 *
 * There are two registry lanes over one source tree: `jsr` (deno.json, the real thing) and `npm`
 * (deno.npm.json, for networks that reach an npm registry and nothing else). `LANE=jsr|npm` picks
 * one; else Deno itself is asked whether a `jsr:` import resolves. Tasks put the flags in with
 * `$(deno task -q lane SUBCOMMAND)`, so that no process of ours stands between the task and its
 * command: arguments, signals, exit codes and streams are Deno's own business.
 *
 * @module
 */
import { existsSync } from "node:fs";

/** A registry lane. */
export type Lane = "jsr" | "npm";

/** How long JSR has to answer, in milliseconds. */
const PATIENCE = 3_000;

/** Subcommands whose outcome can differ between the lanes, so that people should know which. */
const WORTH_SAYING: ReadonlySet<string> = new Set(["check", "test"]);

const FILES = {
  jsr: { config: "deno.json", lock: "deno.lock" },
  npm: { config: "deno.npm.json", lock: "deno.npm.lock" },
} as const;

/** What of the environment matters here. */
export interface LaneEnvironment {
  /** Set by every CI: the lock file must be in step and is not written. */
  readonly CI?: string;
  /** Where `deno test` shall write a JUnit report; a path without white space. */
  readonly JUNIT?: string;
}

/**
 * Whether something resolves in time.
 *
 * @param attempt Starts the look; a rejection means that it does not resolve.
 * @param patience How long to wait, in milliseconds.
 */
export async function resolvesInTime(
  attempt: () => Promise<unknown>,
  patience: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patience);
  });
  const answer = attempt().then(() => true, () => false);
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/**
 * The flags of one subcommand in one lane.
 *
 * @param lane Which lane.
 * @param subcommand `run`, `test`, `check`, …
 * @param environment What of the environment matters.
 * @returns One flag or value an element.
 */
export function flags(lane: Lane, subcommand: string, environment: LaneEnvironment): string[] {
  const { config, lock } = FILES[lane];
  // `deno doc` takes no notice of --config, but reads the import map inside it.
  if (subcommand === "doc") return ["--import-map", config];
  const result = ["--config", config];
  // The configs turn the lock off, for without it `deno task` alone would write one in any lane.
  if (subcommand !== "lint") result.push(`--lock=${lock}`);
  if (subcommand !== "lint" && environment.CI && existsSync(lock)) result.push("--frozen");
  if (subcommand === "test" && environment.JUNIT) result.push(`--junit-path=${environment.JUNIT}`);
  return result;
}

async function jsrResolves(): Promise<boolean> {
  // In a variable, so that Deno looks for it now and not while it starts.
  const specifier = "jsr:@std/path@^1";
  return await resolvesInTime(() => import(specifier), PATIENCE);
}

async function main(subcommand: string): Promise<number> {
  const wanted = Deno.env.get("LANE");
  if (wanted && wanted !== "jsr" && wanted !== "npm") {
    console.error(`LANE is "${wanted}"; it can be "jsr" or "npm", or be left out`);
    // The task goes on with what is printed here; a config that is not there stops it.
    console.log(`--config deno.LANE-must-be-jsr-or-npm.json`);
    return 2;
  }
  const lane = wanted || (await jsrResolves() ? "jsr" : "npm");
  if (!wanted && lane === "npm" && WORTH_SAYING.has(subcommand)) {
    console.error("npm lane: JSR does not answer here (LANE=npm skips asking)");
  }
  console.log(flags(lane as Lane, subcommand, Deno.env.toObject()).join(" "));
  return 0;
}

// An import that never ends would keep the process alive.
if (import.meta.main) Deno.exit(await main(Deno.args[0] ?? "run"));
