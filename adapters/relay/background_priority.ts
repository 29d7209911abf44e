/**
 * Makes a process of the background give way: what nobody waits for must not slow what somebody
 * waits for.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import process from "node:process";
import { procStat } from "../process/proc_stat.ts";

/**
 * A quarter of a processor where it is contended for, as Linux weighs it. Less, and `opencode run` on a
 * busy machine would end before a relay that has just been started gets as far as its lock.
 */
const NICENESS = 5;

/**
 * Gives a process a low priority. Never rejects.
 *
 * @param pid Its number. It must lead a session of its own.
 */
export async function yieldTo(pid: number): Promise<void> {
  try {
    setPriority(pid, NICENESS);
    if (process.platform === "linux") await yieldAsGroup(pid);
  } catch {
    // It has ended already, or may not be changed here: it only takes turns as others do.
  }
}

/**
 * Where Linux shares the processors out among sessions first, as it does on desktops, the priority
 * above counts only inside the relay's own one, and this is the one that counts against the agent.
 */
async function yieldAsGroup(pid: number): Promise<void> {
  // A process that stayed in the session of its host would slow the host with it.
  if (await sessionOf(pid) !== pid) return;
  await writeFile(`/proc/${pid}/autogroup`, `${NICENESS}`, { flag: "r+" });
}

async function sessionOf(pid: number): Promise<number> {
  return Number((await procStat(pid))[3]);
}
