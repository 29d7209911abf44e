/**
 * A program with all that it starts: the one that was asked for may be a script before the real one,
 * which would go on alone when only the script is ended.
 *
 * @module
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** What it takes at most to end when it is told to, in milliseconds. */
const TOLD_MS = 30_000;
/** What it takes at most to end when it is killed, in milliseconds. */
const KILLED_MS = 5_000;

/**
 * Sees to it that a program ends with this process, whatever ends that.
 *
 * @param child The program, in a process group of its own.
 * @returns Ends it, and all that it started.
 */
export function endsWithUs(child: ChildProcess): () => Promise<void> {
  const closed = new Promise<boolean>((resolve) => child.once("close", () => resolve(true)));
  const kill = () => signalTree(child, "SIGKILL");
  // Its own group is not told when the terminal goes away.
  const onHangUp = () => {
    kill();
    process.off("SIGHUP", onHangUp);
    if (process.listenerCount("SIGHUP") === 0) process.kill(process.pid, "SIGHUP");
  };
  process.on("exit", kill);
  process.on("SIGHUP", onHangUp);
  const hasEnded = (ms: number) => Promise.race([closed, delay(ms, false, { ref: false })]);
  return async () => {
    signalTree(child, "SIGTERM");
    if (!await hasEnded(TOLD_MS)) {
      kill();
      await hasEnded(KILLED_MS);
    }
    process.off("exit", kill);
    process.off("SIGHUP", onHangUp);
    // Whoever still holds them has left the group, and is not waited for.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
}

function signalTree({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && GONE.has(error.code))) throw error;
  }
}

/** What is said of a group of which nobody is left, or nobody who still runs. */
const GONE: ReadonlySet<unknown> = new Set(["ESRCH", "EPERM"]);
