/**
 * The processes that run in a throw-away home of OpenCode.
 *
 * @module
 */
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { lockHolder } from "../../adapters/state/lock_holder.ts";
import { configPath, statePath } from "../../adapters/state/location.ts";
import { signal } from "../processes.ts";
import { until } from "../until.ts";
import type { OpenCodeHome } from "./real_opencode.ts";

/**
 * Ends whatever still runs in a home: a background process may have been started that has got no
 * lock yet. They are found by their working directory, which Linux tells.
 *
 * @param home Which.
 */
export async function endProcesses({ folder, env }: OpenCodeHome): Promise<void> {
  const where = { env, platform: process.platform };
  const lock = join(statePath({ ...where, configPath: configPath(where) }), "lock");
  const holder = await lockHolder(lock).catch(() => undefined);
  const running = new Set(await processesIn(folder));
  if (holder !== undefined) running.add(holder.pid);
  for (const pid of running) signal(pid, "SIGTERM");
  const gone = async () => (await processesIn(folder)).length === 0;
  await until("the background processes end", gone, 5_000).catch(() => killAllIn(folder));
}

/**
 * Kills every process that works in a folder, and those that these start meanwhile.
 *
 * @param folder Which.
 */
export async function killAllIn(folder: string): Promise<void> {
  await until("the processes are gone", async () => {
    const running = await processesIn(folder);
    for (const pid of running) signal(pid, "SIGKILL");
    return running.length === 0;
  }, 5_000);
}

/**
 * The processes that work in a folder or below it.
 *
 * @param folder Which.
 */
export async function processesIn(folder: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const folders = await Promise.all(
    pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")),
  );
  return pids.filter((_, index) => `${folders[index]}/`.startsWith(`${folder}/`));
}
