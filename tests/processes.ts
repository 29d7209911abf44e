/**
 * What tests do with processes that they started and that may be gone.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";

/**
 * Sends a signal to a process that may be gone.
 *
 * @param pid Its number.
 * @param name The signal.
 */
export function signal(pid: number, name: NodeJS.Signals): void {
  // Others than these mean whole groups of processes.
  if (pid <= 1) throw new Error(`${pid} is no process of these tests`);
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Whether a process is there. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes from a background process that it gives way: tests run beside many others, and have no time
 * for that.
 *
 * @param pid Its number.
 */
export async function hurry(pid: number): Promise<void> {
  if (process.platform !== "linux") return;
  // Where that is not possible, or it has ended, it only takes longer.
  await writeFile(`/proc/${pid}/autogroup`, "0", { flag: "r+" }).catch(() => undefined);
}
