/**
 * What a call by an agent's hook takes as a whole process while a relay is at work, beside a process
 * that does nothing, on each runtime: from the npm package as it is built, on Deno from the sources. Both are
 * called by the words that `install-hooks` writes.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { onOwnRuntime, type Runtime } from "../../adapters/process/own_runtime.ts";
import { lockPath, outboxFolder } from "../../adapters/state/layout.ts";
import { configPath, stateFolder } from "../../adapters/state/location.ts";
import { tryLock } from "../../adapters/state/lock.ts";
import { Outbox } from "../../adapters/state/outbox.ts";
import { configStamp } from "../../adapters/state/stamps.ts";
import type { Status } from "../../adapters/state/status.ts";
import { writeStatus } from "../../adapters/state/status_writing.ts";
import { homeFolders } from "../../tests/throwaway_home.ts";
import { buildPackage } from "../npm/build.ts";
import { javaScriptOf } from "../npm/package.ts";
import { run } from "../run_command.ts";
import { RUNTIMES } from "../runtimes.ts";
import { type Called, callProgram } from "./hook_call.ts";
import { type Finding, median } from "./measure.ts";

const ROUNDS = 20;
const PROGRAM = "adapters/cli/bin.ts";
/** What is taken for granted, in milliseconds, beside the half of an empty process. */
const ALLOWED_MS = 30;

/** What is measured. */
interface Side {
  readonly name: string;
  readonly runtime: Runtime;
  /** The program's script. */
  readonly program: URL;
}

/**
 * Measures it.
 *
 * @param folder An empty folder.
 */
export async function benchHook(folder: string): Promise<Finding[]> {
  const sides = await sidesIn(folder);
  const env = { PATH: process.env.PATH, ...homeFolders(join(folder, "home")) };
  const where = { env, platform: process.platform };
  const state = await stateFolder({ ...where, configPath: configPath(where) });
  const lock = await tryLock(lockPath(state), { purpose: "a benchmark", kind: "relay" });
  if ("refusal" in lock) throw lock.refusal;
  try {
    await writeStatus(state, await statusOf(configPath(where)));
    const empty = pathToFileURL(join(folder, "empty.mjs"));
    await writeFile(empty, "");
    const findings: Finding[] = [];
    for (const side of sides) findings.push(await compare(side, empty, env));
    const { sessions } = await new Outbox(outboxFolder(state)).waiting();
    if (sessions.length !== 1) throw new Error(`${sessions.length} sessions wait instead of one`);
    return findings;
  } finally {
    await lock.release();
  }
}

/** What a relay at work has told of itself. */
async function statusOf(path: string): Promise<Status> {
  const stamp = await configStamp(path);
  const updatedAt = new Date().toISOString();
  const config = { path, stamp, auto: true, waitOnExitMs: 5_000 };
  return { version: 1, updatedAt, config, backends: {}, waiting: 0 };
}

async function sidesIn(folder: string): Promise<readonly Side[]> {
  const [built, tools] = [join(folder, "built"), join(folder, "tools")];
  await buildPackage(built);
  await mkdir(tools);
  const { node24, bun } = RUNTIMES;
  const packages = [node24, bun].map(({ install }) => install);
  const { code, output } = await run("npm", ["install", "--prefix", tools, ...packages], tools);
  if (code !== 0) throw new Error(output);
  const root = new URL("../../", import.meta.url);
  const program = pathToFileURL(join(built, javaScriptOf(PROGRAM)));
  const { execPath, versions } = process;
  return [
    ...[node24, bun].map(({ name, binary }) => {
      const runtime = { execPath: join(tools, "node_modules", binary), versions: {} };
      return { name, runtime, program };
    }),
    { name: "Deno", runtime: { execPath, versions }, program: new URL(PROGRAM, root) },
  ];
}

async function compare(
  { name, runtime, program }: Side,
  empty: URL,
  env: Called["env"],
): Promise<Finding> {
  const call = (script: URL, ...more: string[]) => {
    const { command, args } = onOwnRuntime(script, { cwd: "/", runtime });
    return callProgram({ command, args: [...args, ...more], env });
  };
  const nothing: number[] = [];
  const hook: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const without = await call(empty);
    const withIt = await call(program, "hook", "claude-code");
    // The first round fills caches.
    if (round === 0) continue;
    nothing.push(without);
    hook.push(withIt);
  }
  const figures = { emptyMs: median(nothing), hookMs: median(hook) };
  return {
    promise: `a call by a hook on ${name} ≤ 1.5 × an empty process + ${ALLOWED_MS} ms`,
    measure: "× what is allowed",
    value: figures.hookMs / (1.5 * figures.emptyMs + ALLOWED_MS),
    bound: { atMost: 1 },
    figures,
  };
}
