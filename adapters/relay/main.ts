/**
 * The relay as a process of its own: `main.ts [--config PATH] [--since MS] [--linger MS]`. Without a
 * path the configuration is where the terminal would look for it.
 *
 * Started by `start.ts`, with the state's folder as working directory, since some runtimes read
 * settings from there. Says nothing on standard output. Its log is in the state's folder, and what
 * keeps it from getting that far goes to standard error, which is the same file.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { RelayLog } from "../state/relay_log.ts";
import { liveRelay } from "./life.ts";
import { bugsTo } from "./run_relay.ts";

// It makes an agent's program this process's Bun. What this process starts must be itself again.
delete process.env.BUN_BE_BUN;

/** How long what is under way may take to end after a signal, in milliseconds. */
const END_MS = 5_000;

const stop = new AbortController();
let hasLog = false;

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => end(`stopped by ${signal}`));
}

function end(why: string): void {
  if (stop.signal.aborted) return;
  stop.abort(new Error(why));
  // The lock of a process that is gone is free.
  setTimeout(() => process.exit(1), END_MS).unref();
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** A fault that shows where nothing waits for it ends the relay, and stands in its log. */
function watchFaults(log: RelayLog): void {
  hasLog = true;
  const sayBug = bugsTo(log);
  const broken = (error: unknown) => {
    process.exitCode = 1;
    sayBug(error);
    end("a fault of the program");
  };
  process.on("uncaughtException", broken);
  process.on("unhandledRejection", broken);
}

try {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      since: { type: "string" },
      linger: { type: "string" },
    },
  });
  const { config, since, linger } = values;
  const options = { config, since: numberIn(since), lingerMs: numberIn(linger) };
  await liveRelay({ ...options, signal: stop.signal }, watchFaults);
} catch (error) {
  process.exitCode = 1;
  const said = error instanceof Error ? error.message : String(error);
  if (!hasLog) process.stderr.write(`${new Date().toISOString()} cannot start: ${said}\n`);
}
process.exit();
