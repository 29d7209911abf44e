/**
 * The relay as a process of its own: `main.ts [--config PATH] [--linger MS]`. Without a path the
 * configuration is where the terminal would look for it.
 *
 * Started by `start.ts`, with the state's folder as working directory, since some runtimes read
 * settings from there. Says nothing on standard output; its log is in the state's folder.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { bugsTo, readyRelay } from "./run_relay.ts";

/** How long what is under way may take to end after a signal, in milliseconds. */
const END_MS = 5_000;

const stop = new AbortController();
let failed = false;

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => end(`stopped by ${signal}`));
}

function end(why: string): void {
  if (stop.signal.aborted) return;
  stop.abort(new Error(why));
  // The lock of a process that is gone is free.
  setTimeout(() => process.exit(1), END_MS).unref();
}

const { values } = parseArgs({
  options: { config: { type: "string" }, linger: { type: "string" } },
});
const lingerMs = values.linger === undefined ? undefined : Number(values.linger);
try {
  const relay = await readyRelay({ config: values.config, lingerMs, signal: stop.signal });
  const sayBug = bugsTo(relay.log);
  const broken = (error: unknown) => {
    failed = true;
    sayBug(error);
    end("a fault of the program");
  };
  process.on("uncaughtException", broken);
  process.on("unhandledRejection", broken);
  try {
    await relay.run();
  } catch (error) {
    failed = true;
    sayBug(error);
  }
  await relay.log.flushed();
} catch (error) {
  failed = true;
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
}
process.exit(failed ? 1 : 0);
