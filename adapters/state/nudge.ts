/**
 * Waking a process of this machine that waits for files, where the system may not tell of new ones.
 *
 * @module
 */
import process from "node:process";
import { errorCode } from "./file_error.ts";
import { fateOf, type ProcessIdentity } from "./process_identity.ts";

/** A process that does not listen for it passes over it, and a terminal never sends it. */
const SIGNAL = "SIGURG";
const HAS_SIGNALS = process.platform !== "win32";

/** Who cannot be woken, as it has just ended or is another user's, looks by itself. */
const UNHEARD: ReadonlySet<string> = new Set(["ESRCH", "EPERM"]);

/**
 * Wakes a process, if it is of this machine and waits.
 *
 * @param other Which.
 */
export async function nudge(other: ProcessIdentity): Promise<void> {
  if (!HAS_SIGNALS || await fateOf(other, 0) !== "running") return;
  try {
    process.kill(other.pid, SIGNAL);
  } catch (error) {
    if (!UNHEARD.has(errorCode(error))) throw error;
  }
}

/**
 * Listens for being woken. Keeps no process alive.
 *
 * @param listener Is called each time.
 * @returns Ends the listening.
 */
export function onNudge(listener: () => void): () => void {
  if (!HAS_SIGNALS) return () => undefined;
  process.on(SIGNAL, listener);
  return () => process.off(SIGNAL, listener);
}
